"""One view per noun: GET shows the dialog, POST makes it so."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Tier, User
from escalation.trail.models import Entry
from incidents.models import Incident

from . import forms, pickers, receivers
from .cards import clock_time
from .connected import parts_left
from .dialogs import dialog, either, form_of, seen_in, user_of, workable
from .incident import Page
from .incident import answer as page_answer
from .record import as_line

# --- taking it --------------------------------------------------------------------------------


@either
def acknowledgement(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.acknowledge(by=user_of(request), seen=seen_in(request))
        return _("You hold %(ref)s now.") % {"ref": incident.ref}

    return dialog(request, incident, form_of(request, forms.Sure), do, title=_("Acknowledge"), button=_("Acknowledge"))


@either
def answer(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.answer(by=user_of(request))
        return _("Everybody can see that you are on it.")

    return dialog(
        request, incident, form_of(request, forms.Sure), do, title=_("Answer: I am on it"), button=_("Answer")
    )


# --- passing it on ----------------------------------------------------------------------------


def calling(incident: Incident) -> str:
    """Whom the last call of the functional track reached: "Calling Ana Ruiz at L1 Service desk"."""
    run = incident.run
    if run is not None and run.quiet_until:
        return left_in_peace(run.quiet_until)
    last = Entry.objects.filter(trail=incident.trail_id, kind="called", run=run.pk if run else None)
    found = last.order_by("-seq").first()
    if found is None:
        return _("Nobody is there to be called. The last-resort contact is told.")
    line = as_line(found)
    return _("Calling %(names)s at %(tier)s.") % {"names": line.people, "tier": line.data.get("to", "")}


def left_in_peace(until: datetime) -> str:
    at = clock_time(until, clock.now())
    return _("Maintenance until %(at)s: nobody is called until then.") % {"at": at}


def severity_now(incident: Incident, said: str) -> str:
    """What the severity is now, and if that is the worst and calls nobody, that too."""
    words = said % {"severity": incident.severity}
    until = incident.run.quiet_until if incident.run else None
    return f"{words} {left_in_peace(until)}" if until and incident.severity == 1 else words


@either
def refusal(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.decline(by=user_of(request), text=data["text"], seen=seen_in(request))
        return _("Declined. The giver holds it and is told.")

    return dialog(
        request, incident, form_of(request, forms.DeclineForm), do, title=_("Decline the offer"), button=_("Decline")
    )


@either
def withdrawal(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.take_back(by=user_of(request), seen=seen_in(request))
        return _("The offer is withdrawn; you hold it.")

    form = form_of(request, forms.Sure)
    return dialog(request, incident, form, do, title=_("Take the offer back"), button=_("Take back"))


@either
def reassignment(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    user, query = user_of(request), one_line(request.POST.get("q") or request.GET.get("q") or "", limit=80)
    if not incident.may_reassign(user):
        raise Refused(_("Only a supervisor can reassign. You can hand over what you hold."), code="not-allowed")

    def do(data: dict[str, Any]) -> str:
        to = data["to"]
        tier = to if isinstance(to, Tier) else None
        incident.reassign(by=user, to=None if tier else to, tier=tier, text=data["text"], seen=seen_in(request))
        return _("Reassigned to %(name)s. The clocks keep their time.") % {"name": to}

    return dialog(
        request,
        incident,
        form_of(request, forms.ReassignForm),
        do,
        title=_("Reassign"),
        button=_("Reassign"),
        lead=_("It moves at once, and both sides are told. The clocks keep the time they have left."),
        fields="desk/dialogs/reassign.html",
        steps=pickers.tiers(incident),
        people=receivers.offered(incident, user, query),
        chosen=request.POST.get("to", ""),
        q=query,
        holds=True,
    )


# --- waiting and ending -----------------------------------------------------------------------


@either
def hold(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.hold(by=user_of(request), until=data["until"], text=data["text"], seen=seen_in(request))
        return _("On hold. The clocks stand still.")

    return dialog(
        request,
        incident,
        form_of(request, forms.HoldForm),
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
        incident.resume(by=user_of(request), seen=seen_in(request))
        return _("Resumed. The clocks go on with what they had left.")

    return dialog(request, incident, form_of(request, forms.Sure), do, title=_("Resume"), button=_("Resume"))


@either
def resolution(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.resolve(by=user_of(request), cause=data["cause"], text=data["text"], seen=seen_in(request))
        return _("%(ref)s is resolved.") % {"ref": incident.ref}

    form, lead = form_of(request, forms.ResolveForm), parts_left(incident, user_of(request))
    return dialog(request, incident, form, do, title=_("Resolve"), button=_("Resolve"), lead=lead)


@either
def reopening(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.reopen(by=user_of(request), text=data["text"], seen=seen_in(request))
        return calling(incident)

    return dialog(
        request,
        incident,
        form_of(request, forms.ReopenForm),
        do,
        title=_("Re-open"),
        button=_("Re-open"),
        lead=_("The path begins again at its first step, on the policy as it is now."),
    )


# --- hands on, and off ------------------------------------------------------------------------


@either
def work(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.begin_work(by=user_of(request))
        return _("Your hands-on time runs. Leaving the page does not stop it.")

    return dialog(
        request, incident, form_of(request, forms.Sure), do, title=_("I work on it"), button=_("I work on it")
    )


@either
def work_end(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.stop_work(by=user_of(request))
        return _("Your hands-on time stands still. Who holds %(ref)s has not changed.") % {"ref": incident.ref}

    form, title = form_of(request, forms.Sure), _("I stopped working on it")
    return dialog(request, incident, form, do, title=title, button=_("I stopped"))


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
        _write_down(incident, user_of(request), form.cleaned_data)
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
        known = {name: data[name] for name in ("text", "outcome", "hypothesis", "minutes")}
        incident.attempt(by=user, **known)


def _compose_again(request: HttpRequest, incident: Incident, form: forms.ComposeForm, status: int) -> HttpResponse:
    part = "compose" if request.htmx else None  # type: ignore[attr-defined]
    return page_answer(request, Page(incident, request.user, compose=form), part=part, status=status)


# --- facts ------------------------------------------------------------------------------------


@either
def facts(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    stated = {name: getattr(incident, name) for name in ("people_affected", "impact", "urgency")}
    form = form_of(request, forms.FactsForm, **stated)

    def do(data: dict[str, Any]) -> str:
        incident.state(by=user_of(request), **{name: data[name] for name in form.changed_data})
        return severity_now(incident, _("Recorded. Severity is SEV%(severity)d."))

    return dialog(
        request,
        incident,
        form,
        do,
        title=_("What is known"),
        button=_("Record"),
        lead=_("Severity follows from these facts."),
    )


@either
def severity(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.set_severity(by=user_of(request), severity=data["severity"], text=data["text"])
        return severity_now(incident, _("Severity is SEV%(severity)d."))

    return dialog(
        request,
        incident,
        form_of(request, forms.SeverityForm, severity=incident.severity_override or ""),
        do,
        title=_("Severity"),
        button=_("Record"),
        fields="desk/dialogs/severity.html",
        lead=_("Overrule the table, with a reason, or give it back to the table."),
    )
