"""One view per noun: GET shows the dialog, POST makes it so.

The same address serves the dialog (htmx) and the full page (without script). A refusal comes
back with the typed text and the sentence that explains it; only then is a stale form renewed,
so that whoever presses again knows what happened meanwhile.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.kit.errors import Refused
from escalation.people.models import Tier, User
from escalation.trail.models import Entry
from incidents.models import Incident

from . import forms, pickers
from .incident import Page, visible_incident
from .incident import answer as page_answer
from .record import as_line

either = require_http_methods(["GET", "HEAD", "POST"])
F = TypeVar("F", bound=django_forms.Form)
Do = Callable[[dict[str, Any]], str]  # carries the verb out and returns what to say about it


def workable(request: HttpRequest, number: int) -> Incident:
    """An incident this person may see and act on."""
    incident = visible_incident(request, number)
    if not incident.may_act(_user(request)):
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": incident.ref}, code="not-allowed")
    return incident


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _seen(request: HttpRequest) -> str | None:
    return request.POST.get("seen") or None


def dialog(
    request: HttpRequest,
    incident: Incident,
    form: django_forms.Form,
    do: Do,
    *,
    title: str,
    button: str,
    lead: str = "",
    fields: str = "desk/dialogs/fields.html",
    undo: str = "",
    **more: Any,
) -> HttpResponse:
    """Show the form, or carry out what it says."""
    status, refusal, seen = 200, "", incident.state_token
    if request.method == "POST" and "find" not in request.POST:
        if form.is_valid():
            try:
                said = do(form.cleaned_data)
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                if _is_direct(request):
                    return _refused_at_once(incident, refused)
                status, refusal, seen = 409, str(refused), incident.state_token
            else:
                return _done(request, incident, said, undo)
        else:
            status = 422
    if status != 409:
        seen = _seen(request) or seen
    context = {
        "incident": incident,
        "form": form,
        "title": title,
        "button": button,
        "lead": lead,
        "fields": fields,
        "refusal": refusal,
        "seen": seen,
        "action": request.path,
        **more,
    }
    part = "#sheet" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"desk/dialogs/dialog.html{part}", context, status=status)


def _is_direct(request: HttpRequest) -> bool:
    """A button's own form, sent by htmx from the page: there is no dialog to answer into."""
    return bool(request.htmx) and request.htmx.target != "dialog"  # type: ignore[attr-defined]


def _done(request: HttpRequest, incident: Incident, said: str, undo: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _trigger(204, {"ids": [incident.number]}, said, undo=undo)
    messages.success(request, said)
    return redirect(incident)


def _refused_at_once(incident: Incident, refused: Refused) -> HttpResponse:
    response = _trigger(409, {"ids": [incident.number]}, str(refused), level="error")
    response["HX-Reswap"] = "none"
    return response


def _trigger(status: int, done: dict, text: str, *, level: str = "success", undo: str = "") -> HttpResponse:
    toast = {"text": text, "level": level, **({"undo": undo} if undo else {})}
    response = HttpResponse(status=status)
    response["HX-Trigger"] = json.dumps({"done": done, "toast": toast})  # ASCII, as a header must be
    return response


# --- taking it --------------------------------------------------------------------------------


@either
def acknowledgement(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.acknowledge(by=_user(request), seen=_seen(request))
        return _("You hold %(ref)s now.") % {"ref": incident.ref}

    return dialog(request, incident, _form(request, forms.Sure), do, title=_("Acknowledge"), button=_("Acknowledge"))


@either
def acceptance(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.accept(by=_user(request), seen=_seen(request))
        return _("You hold %(ref)s now.") % {"ref": incident.ref}

    return dialog(request, incident, _form(request, forms.Sure), do, title=_("Take the baton"), button=_("Acknowledge"))


@either
def answer(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.answer(by=_user(request))
        return _("Everybody can see that you are on it.")

    return dialog(request, incident, _form(request, forms.Sure), do, title=_("Answer: I am on it"), button=_("Answer"))


# --- passing it on ----------------------------------------------------------------------------


@either
def escalation(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    return _pass(request, incident, title=_("Escalate"), button=_("Escalate"), people_first=False)


@either
def handover(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    return _pass(request, incident, title=_("Hand over"), button=_("Hand over"), people_first=True)


def _pass(request: HttpRequest, incident: Incident, *, title: str, button: str, people_first: bool) -> HttpResponse:
    """Escalate and hand over share one dialog and one picker; what is picked decides which it is."""
    user, query = _user(request), (request.POST.get("q") or request.GET.get("q") or "").strip()[:80]
    holds = bool(incident.run and incident.run.holder_id == user.pk)
    steps = pickers.steps(incident)
    people = pickers.people(incident, user, query) if holds else []
    chosen = request.POST.get("to") or request.GET.get("to") or _first_choice(steps, people_first)
    form = _form(request, forms.PassForm, text=_draft(incident) if people_first else "")

    def do(data: dict[str, Any]) -> str:
        if isinstance(data["to"], User):
            incident.hand_over(by=user, to=data["to"], text=data["text"], seen=_seen(request))
            return _("Offered to %(name)s. It stays yours until they take it.") % {"name": data["to"].name}
        incident.escalate(by=user, reason=data["reason"], text=data["text"], to=data["to"], seen=_seen(request))
        return calling(incident)

    return dialog(
        request,
        incident,
        form,
        do,
        title=title,
        button=button,
        fields="desk/dialogs/pass.html",
        steps=steps,
        people=people,
        people_first=people_first,
        chosen=chosen,
        q=query,
        holds=holds,
        other_open=chosen.startswith("step:" if people_first else "person:") or (bool(query) and not people_first),
        holder=incident.run.holder if incident.run else None,
    )


def _form(request: HttpRequest, kind: type[F], **initial: Any) -> F:
    """The form with what was typed. Looking for somebody is no attempt to send: no error shows, the text stays."""
    if request.method != "POST":
        return kind(initial=initial)
    if "find" in request.POST:
        return kind(initial=request.POST.dict())
    return kind(request.POST)


def _first_choice(steps: list[pickers.Choice], people_first: bool) -> str:
    return "" if people_first else next((step.value for step in steps if not step.disabled), "")


def _draft(incident: Incident) -> str:
    tried = Entry.objects.filter(trail=incident.trail_id, kind="attempt").select_related("said").order_by("-seq")
    return pickers.draft(incident, [as_line(entry) for entry in tried[:5]])


def calling(incident: Incident) -> str:
    """Whom the last call of the functional track reached: "Calling Ana Ruiz at L1 Service desk"."""
    run = incident.run
    last = Entry.objects.filter(trail=incident.trail_id, kind="called", run=run.pk if run else None)
    found = last.order_by("-seq").first()
    if found is None:
        return _("Nobody is there to be called. The last-resort contact is told.")
    line = as_line(found)
    return _("Calling %(names)s at %(tier)s.") % {"names": line.people, "tier": line.data.get("to", "")}


@either
def refusal(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.decline(by=_user(request), text=data["text"], seen=_seen(request))
        return _("Declined. The giver holds it and is told.")

    return dialog(
        request, incident, _form(request, forms.DeclineForm), do, title=_("Decline the offer"), button=_("Decline")
    )


@either
def withdrawal(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.take_back(by=_user(request), seen=_seen(request))
        return _("The offer is withdrawn; you hold it.")

    form = _form(request, forms.Sure)
    return dialog(request, incident, form, do, title=_("Take the offer back"), button=_("Take back"))


@either
def reassignment(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    user, query = _user(request), (request.POST.get("q") or request.GET.get("q") or "").strip()[:80]
    if not incident.may_reassign(user):
        raise Refused(_("Only a supervisor can reassign. You can hand over what you hold."), code="not-allowed")

    def do(data: dict[str, Any]) -> str:
        to = data["to"]
        tier = to if isinstance(to, Tier) else None
        incident.reassign(by=user, to=None if tier else to, tier=tier, text=data["text"], seen=_seen(request))
        return _("Reassigned to %(name)s. The clocks keep their time.") % {"name": to}

    return dialog(
        request,
        incident,
        _form(request, forms.ReassignForm),
        do,
        title=_("Reassign"),
        button=_("Reassign"),
        lead=_("It moves at once, and both sides are told. The clocks keep the time they have left."),
        fields="desk/dialogs/reassign.html",
        steps=pickers.tiers(incident),
        people=pickers.people(incident, user, query),
        chosen=request.POST.get("to", ""),
        q=query,
        holds=True,
    )


# --- waiting and ending -----------------------------------------------------------------------


@either
def hold(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.hold(by=_user(request), until=data["until"], text=data["text"], seen=_seen(request))
        return _("On hold. The clocks stand still.")

    return dialog(
        request,
        incident,
        _form(request, forms.HoldForm),
        do,
        title=_("Put on hold"),
        button=_("Hold"),
        lead=_("The clocks stand still and go on with what they had left."),
        fields="desk/dialogs/hold.html",
        undo=reverse("resumption", args=[number]),
    )


@either
def resumption(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.resume(by=_user(request), seen=_seen(request))
        return _("Resumed. The clocks go on with what they had left.")

    return dialog(request, incident, _form(request, forms.Sure), do, title=_("Resume"), button=_("Resume"))


@either
def resolution(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.resolve(by=_user(request), cause=data["cause"], text=data["text"], seen=_seen(request))
        return _("%(ref)s is resolved.") % {"ref": incident.ref}

    return dialog(request, incident, _form(request, forms.ResolveForm), do, title=_("Resolve"), button=_("Resolve"))


@either
def reopening(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.reopen(by=_user(request), text=data["text"])
        return calling(incident)

    return dialog(
        request,
        incident,
        _form(request, forms.ReopenForm),
        do,
        title=_("Re-open"),
        button=_("Re-open"),
        lead=_("A new climb begins at the first step, on the policy as it is now."),
    )


# --- writing things down ----------------------------------------------------------------------


@either
def notes(request: HttpRequest, number: int) -> HttpResponse:
    return _compose(request, number, kind="note")


@either
def attempts(request: HttpRequest, number: int) -> HttpResponse:
    return _compose(request, number, kind="attempt")


def _compose(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """The form's own choice of kind wins, so that one form serves both nouns without script."""
    incident = workable(request, number)
    if request.method != "POST":
        return redirect(incident)
    only_notes = incident.resolved_at is not None
    form = forms.ComposeForm({**request.POST.dict(), "kind": request.POST.get("kind", kind)})
    if not form.is_valid():
        return _compose_again(request, incident, form, 422)
    try:
        _write_down(incident, _user(request), form.cleaned_data)
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        form.add_error(None, str(refused))
        return _compose_again(request, incident, form, 409)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(incident)
    fresh = forms.ComposeForm(only_notes=only_notes, kind=form.cleaned_data["kind"])
    response = _compose_again(request, incident, fresh, 200)
    response["HX-Trigger"] = json.dumps({"done": {"ids": [incident.number]}})
    return response


def _write_down(incident: Incident, user: User, data: dict[str, Any]) -> None:
    if data["kind"] == "note":
        incident.note(by=user, text=data["text"])
    else:
        incident.attempt(by=user, text=data["text"], outcome=data["outcome"])


def _compose_again(request: HttpRequest, incident: Incident, form: forms.ComposeForm, status: int) -> HttpResponse:
    part = "compose" if request.htmx else None  # type: ignore[attr-defined]
    return page_answer(request, Page(incident, request.user, compose=form), part=part, status=status)


# --- facts ------------------------------------------------------------------------------------


@either
def facts(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    stated = {name: getattr(incident, name) for name in ("people_affected", "impact", "urgency")}

    def do(data: dict[str, Any]) -> str:
        incident.state(by=_user(request), **data)
        return _("Recorded. Severity is SEV%(severity)d.") % {"severity": incident.severity}

    return dialog(
        request,
        incident,
        _form(request, forms.FactsForm, **stated),
        do,
        title=_("What is known"),
        button=_("Record"),
        lead=_("Severity follows from these facts."),
    )


@either
def severity(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.set_severity(by=_user(request), severity=data["severity"], text=data["text"])
        return _("Severity is SEV%(severity)d.") % {"severity": incident.severity}

    return dialog(
        request,
        incident,
        _form(request, forms.SeverityForm, severity=incident.severity_override or ""),
        do,
        title=_("Severity"),
        button=_("Record"),
        fields="desk/dialogs/severity.html",
        lead=_("Overrule the table, with a reason, or give it back to the table."),
    )
