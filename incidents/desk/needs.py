"""What an incident needs of whoever works on it: said in a dialog; its service and the last escalation propose it."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.several import Several
from escalation.people.models import Skill
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.passing import Reason

from .dialogs import dialog, either, user_of, workable
from .words import names

_KINDS = {
    Reason.EXPERTISE: Skill.Kind.ABILITY,
    Reason.AUTHORITY: Skill.Kind.AUTHORITY,
    Reason.ACCESS: Skill.Kind.ACCESS,
}


class NeedsForm(forms.Form):
    needs = Several(
        Skill.objects.all(),
        label=gettext_lazy("Whoever works on it needs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("One of these is gone. Choose again.")},
    )

    def __init__(self, *args: Any, first: str = "", **kwargs: Any):
        """``first``: the kind that comes first."""
        super().__init__(*args, **kwargs)
        kinds = sorted(Skill.Kind, key=lambda kind: kind != first)
        skills = sorted(Skill.objects.all(), key=lambda one: (kinds.index(Skill.Kind(one.kind)), one.name))
        self.fields["needs"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.name} ({one.get_kind_display()})") for one in skills
        ]


@either
def needs(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    reason = _last_reason(incident)
    service = incident.service
    by_service = service is not None and incident.needs_stated_at is None and bool(needed := incident.needed())
    lead = []
    if by_service and service is not None:
        what = names(one.name for one in needed)
        lead.append(_("%(service)s needs %(what)s.") % {"service": service.name, "what": what})
    if reason in _KINDS:
        lead.append(_("The last escalation said: %(reason)s.") % {"reason": Reason(reason).label})

    def do(data: dict[str, Any]) -> str:
        incident.state_needs(by=user_of(request), skills=data["needs"])
        what = names(one.name for one in data["needs"])
        return _("Recorded: it needs %(what)s.") % {"what": what} if what else _("Recorded: it needs nothing special.")

    first = _KINDS[Reason(reason)] if reason in _KINDS else ""
    form = _form(request, first, [one.pk for one in incident.needed()])
    return dialog(request, incident, form, do, title=_("Skills needed"), button=_("Record"), lead=" ".join(lead))


def _form(request: HttpRequest, first: str, chosen: list[int]) -> NeedsForm:
    if request.method == "POST":
        return NeedsForm(request.POST, first=first)
    return NeedsForm(initial={"needs": chosen}, first=first)


def _last_reason(incident: Incident) -> str:
    called = (
        Entry.objects.filter(trail=incident.trail_id, kind="called").order_by("-seq").values_list("data", flat=True)
    )
    return str(json.loads(called[0]).get("reason") or "") if called else ""
