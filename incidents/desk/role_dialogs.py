"""The dialogs of roles: take, pass on, decline or keep, leave; and all of them in one."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from escalation.kit.text import one_line
from escalation.people.models import User
from incidents.models import Incident, IncidentRole
from incidents.models.role_plans import Role

from . import receivers
from .dialogs import Do, dialog, either, form_of, user_of, workable
from .forms import Sure, _person, words
from .roles import MEANS, of_incident


class WhyForm(forms.Form):
    text = words(gettext_lazy("Why"), required=False)


class AskForm(forms.Form):
    to = forms.CharField(error_messages={"required": gettext_lazy("Choose somebody.")})
    text = words(gettext_lazy("What they should know"), required=False)

    def clean_to(self) -> User:
        kind, _colon, rest = self.cleaned_data["to"].partition(":")
        return _person(kind, [int(rest)] if rest.isdecimal() and len(rest) < 10 else [])


@dataclass(frozen=True)
class _Asked:
    request: HttpRequest
    incident: Incident
    row: IncidentRole

    @classmethod
    def of(cls, request: HttpRequest, number: int, role: str) -> "_Asked":
        incident = workable(request, number)
        if role not in Role.values:
            raise Http404
        return cls(request, incident, incident.role(role))

    @property
    def user(self) -> User:
        return user_of(self.request)

    @property
    def name(self) -> str:
        return self.row.get_role_display()

    @property
    def was(self) -> str | None:
        return self.request.GET.get("was") or None

    @property
    def means(self) -> str:
        return str(MEANS[self.row.role])

    def show(self, form: type[forms.Form], do: Do, **how: Any) -> HttpResponse:
        """Whoever presses again, after somebody was faster, presses as of what they have read by then."""

        def address() -> str:
            return f"{self.request.path}?was={self.incident.role(self.row.role).token}"

        first = self.request.get_full_path() if self.was else f"{self.request.path}?was={self.row.token}"
        action = lazy(address, str)() if self.request.method == "POST" else first
        return dialog(self.request, self.incident, form_of(self.request, form), do, action=action, **how)


@require_safe
def listed(request: HttpRequest, number: int) -> HttpResponse:
    """All of them with what each asks, and everything that can be done."""
    incident, user = workable(request, number), user_of(request)
    found = of_incident(incident, user, may_change=incident.resolved_at is None)

    def nothing(data: dict[str, Any]) -> str:
        return ""

    return dialog(
        request,
        incident,
        Sure(),
        nothing,
        title=_("Roles"),
        button="",
        fields="desk/dialogs/roles.html",
        roles=found,
    )


@either
def taking(request: HttpRequest, number: int, role: str) -> HttpResponse:
    asked = _Asked.of(request, number, role)
    who = asked.incident.has_role(asked.row)

    def do(data: dict[str, Any]) -> str:
        asked.incident.take_role(role, by=asked.user, was=asked.was)
        return _("You are the %(role)s of %(ref)s.") % {"role": asked.name, "ref": asked.incident.ref}

    lead = asked.means
    if who is not None:
        lead += " " + _("%(name)s has it now, and is told.") % {"name": who.name}
    title = _("Be the %(role)s") % {"role": asked.name}
    fields = "desk/dialogs/nothing.html"
    return asked.show(Sure, do, title=title, button=_("Take"), lead=lead, fields=fields, undo="role_taken")


@either
def passing(request: HttpRequest, number: int, role: str) -> HttpResponse:
    asked = _Asked.of(request, number, role)
    query = one_line(request.POST.get("q") or request.GET.get("q") or "", limit=80)
    who = asked.incident.has_role(asked.row)

    def do(data: dict[str, Any]) -> str:
        asked.incident.pass_role(role, by=asked.user, to=data["to"], text=data["text"], was=asked.was)
        said = {"name": data["to"].name, "role": asked.name}
        if who is None:
            return _("%(name)s is asked to be the %(role)s.") % said
        return _("%(name)s is asked to be the %(role)s. Until they take it, it stays where it is.") % said

    return asked.show(
        AskForm,
        do,
        title=_("Pass on: %(role)s") % {"role": asked.name} if who else _("Ask for: %(role)s") % {"role": asked.name},
        button=_("Ask"),
        lead=asked.means,
        fields="desk/dialogs/let_in.html",
        people=receivers.offered(asked.incident, asked.user, query),
        chosen=request.POST.get("to", ""),
        q=query,
        holds=True,
        undo="role_offered",
    )


@either
def refusal(request: HttpRequest, number: int, role: str) -> HttpResponse:
    asked = _Asked.of(request, number, role)
    declines = asked.row.offered_to_id == asked.user.pk

    def do(data: dict[str, Any]) -> str:
        asked.incident.refuse_role(role, by=asked.user, text=data["text"], was=asked.was)
        return _("Declined.") if declines else _("It stays where it is; nobody else is asked.")

    title = _("Decline: %(role)s") if declines else _("Keep: %(role)s")
    button = _("Decline") if declines else _("Keep")
    return asked.show(WhyForm, do, title=title % {"role": asked.name}, button=button, lead=asked.means)


@either
def leaving(request: HttpRequest, number: int, role: str) -> HttpResponse:
    asked = _Asked.of(request, number, role)

    def do(data: dict[str, Any]) -> str:
        asked.incident.leave_role(role, by=asked.user, text=data["text"], was=asked.was)
        return _("You are not the %(role)s any more.") % {"role": asked.name}

    lead = _("Nobody has it then. Who is on call for it is asked, and supervisors see that it is open.")
    if asked.row.of_baton:
        lead = _("Whoever has the baton has it then.")
    title = _("Leave: %(role)s") % {"role": asked.name}
    return asked.show(WhyForm, do, title=title, button=_("Leave"), lead=lead, undo="role_left")
