"""One view per noun: GET shows the dialog, POST makes it so."""

import json
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Tier, User
from escalation.people.once import once
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.verb import policy_of

from . import forms, pickers, receivers
from .cards import clock_time
from .connected import parts_left
from .dialogs import Asked, dialog, either, form_of, seen_in, user_of, verb, workable
from .incident import Page
from .incident import answer as page_answer
from .record import as_line
from .undoing import way_back
from .versions import version_for

# --- taking it --------------------------------------------------------------------------------


@verb(forms.Sure, title=gettext_lazy("Acknowledge"), button=gettext_lazy("Acknowledge"))
def acknowledgement(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.acknowledge(by=asked.user, seen=asked.seen)
    return _("You hold %(ref)s now.") % {"ref": asked.incident.ref}


@verb(forms.Sure, title=gettext_lazy("Answer: I am on it"), button=gettext_lazy("Answer"))
def answer(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.answer(by=asked.user)
    return _("Everybody can see that you are on it.")


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


@verb(forms.DeclineForm, title=gettext_lazy("Decline the offer"), button=gettext_lazy("Decline"))
def refusal(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.decline(by=asked.user, text=data["text"], seen=asked.seen)
    return _("Declined. The giver holds it and is told.")


@verb(forms.Sure, title=gettext_lazy("Take the offer back"), button=gettext_lazy("Take back"))
def withdrawal(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.take_back(by=asked.user, seen=asked.seen)
    return _("The offer is withdrawn; you hold it.")


@either
def reassignment(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    user, query = user_of(request), one_line(request.POST.get("q") or request.GET.get("q") or "", limit=80)
    if not incident.rights_as_read(user).reassign:
        raise Refused(_("Only a supervisor can reassign. You can hand over what you hold."), code="not-allowed")
    version_for(request, user)  # before anything is kept by it

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
        steps=pickers.tiers(incident, user),
        people=receivers.offered(incident, user, query),
        chosen=request.POST.get("to", ""),
        q=query,
        holds=True,
        undo="reassigned",
    )


# --- waiting and ending -----------------------------------------------------------------------


@verb(
    forms.HoldForm,
    title=gettext_lazy("Put on hold"),
    button=gettext_lazy("Hold"),
    lead=gettext_lazy("The clocks stand still and go on with what they had left."),
    fields="desk/dialogs/hold.html",
    undo="held",
)
def hold(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.hold(by=asked.user, until=data["until"], text=data["text"], seen=asked.seen)
    return _("On hold. The clocks stand still.")


@verb(forms.Sure, title=gettext_lazy("Resume"), button=gettext_lazy("Resume"))
def resumption(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.resume(by=asked.user, seen=asked.seen)
    return _("Resumed. The clocks go on with what they had left.")


def _first_tier(incident: Incident) -> str:
    """Whom its policy, as it is now, would call first."""
    steps = policy_of(incident.service).steps.filter(tier__track=Tier.Track.FUNCTIONAL)
    return steps.order_by("position").values_list("tier__name", flat=True).first() or ""


@verb(
    forms.ResolveForm,
    title=gettext_lazy("Resolve"),
    button=gettext_lazy("Resolve"),
    warn=lambda asked: parts_left(asked.incident, asked.user),
)
def resolution(asked: Asked, data: dict[str, Any]) -> str:
    """Not undone: to re-open is to call again, and the answer says whom."""
    incident = asked.incident
    incident.resolve(by=asked.user, cause=data["cause"], text=data["text"], seen=asked.seen)
    said = {"ref": incident.ref, "tier": _first_tier(incident)}
    if not said["tier"]:
        return _("%(ref)s is resolved.") % said
    return _("%(ref)s is resolved. To re-open it would call %(tier)s again.") % said


@verb(
    forms.ReopenForm,
    title=gettext_lazy("Re-open"),
    button=gettext_lazy("Re-open"),
    lead=gettext_lazy("The path begins again at its first step, on the policy as it is now."),
)
def reopening(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.reopen(by=asked.user, text=data["text"], seen=asked.seen)
    return calling(asked.incident)


# --- hands on, and off ------------------------------------------------------------------------


@verb(forms.Sure, title=gettext_lazy("I work on it"), button=gettext_lazy("I work on it"))
def work(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.begin_work(by=asked.user)
    return _("Your hands-on time runs. Leaving the page does not stop it.")


@verb(forms.Sure, title=gettext_lazy("I stopped working on it"), button=gettext_lazy("I stopped"))
def work_end(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.stop_work(by=asked.user)
    return _("Your hands-on time stands still. Who holds %(ref)s has not changed.") % {"ref": asked.incident.ref}


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
    user = user_of(request)
    try:
        said = once(request, partial(_write_down, incident, user, form.cleaned_data))
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        form.add_error(None, str(refused))
        return _compose_again(request, incident, form, 409)
    # There is no way back from an attempt: it counts, and is told to whoever is called.
    noted = form.cleaned_data["kind"] == "note"
    undo = way_back(incident, user, "note") if noted else ""
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, said, extra_tags=undo)
        return redirect(incident)
    fresh = forms.ComposeForm(only_notes=only_notes, kind=form.cleaned_data["kind"])
    response = _compose_again(request, incident, fresh, 200)
    toast = {"toast": {"text": said, "level": "success", "undo": undo}} if undo else {}
    response["HX-Trigger"] = json.dumps({"done": {"ids": [incident.number]}, **toast})
    return response


def _write_down(incident: Incident, user: User, data: dict[str, Any]) -> str:
    if data["kind"] == "note":
        incident.note(by=user, text=data["text"])
        return _("Noted.")
    known = {name: data[name] for name in ("text", "outcome", "hypothesis", "minutes")}
    incident.attempt(by=user, **known)
    return _("The attempt is on record.")


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


@verb(
    forms.SeverityForm,
    title=gettext_lazy("Severity"),
    button=gettext_lazy("Record"),
    lead=gettext_lazy("Overrule the table, with a reason, or give it back to the table."),
    fields="desk/dialogs/severity.html",
    initial=lambda incident: {"severity": incident.severity_override or ""},
)
def severity(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.set_severity(by=asked.user, severity=data["severity"], text=data["text"])
    return severity_now(asked.incident, _("Severity is SEV%(severity)d."))
