"""Escalate and hand over: one dialog, with a brief from the record and one picker for tiers and people."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.text import one_line
from escalation.people.models import Skill, User
from incidents.models import Alert, Incident
from incidents.models.needing import needed_by
from incidents.models.passing import Reason

from . import briefs, duty, forms, hands, pickers, receivers, sofar, tried
from .brief_form import initial_of
from .dialogs import dialog, either, form_of, seen_in, user_of, workable
from .verbs import calling
from .versions import version_for
from .words import names, spelt

_REASONS = {
    Skill.Kind.AUTHORITY: Reason.AUTHORITY,
    Skill.Kind.ACCESS: Reason.ACCESS,
    Skill.Kind.ABILITY: Reason.EXPERTISE,
}


@either
def escalation(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    return _pass(request, incident, title=_("Escalate"), button=_("Escalate"), people_first=False)


@either
def handover(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    return _pass(request, incident, title=_("Hand over"), button=_("Hand over"), people_first=True)


def _pass(request: HttpRequest, incident: Incident, *, title: str, button: str, people_first: bool) -> HttpResponse:
    """What is picked decides which of the two it is."""
    user, query = user_of(request), one_line(request.POST.get("q") or request.GET.get("q") or "", limit=80)
    holds = bool(incident.run and incident.run.holder_id == user.pk)
    if people_first and not holds and request.method != "POST":
        return _not_yours(request, incident, title)
    version_for(request, user)  # before anything is kept by it
    there, story = duty.of_paths([incident], user, clock.now()), sofar.read(incident)
    needed = needed_by([incident], holder=user)[incident.pk]
    steps = pickers.steps(incident, there.roster)
    people = []
    if holds:
        people = receivers.offered(incident, user, query, there=there, needed=needed, entries=story.entries)
    asked = request.POST.get("to") or request.GET.get("to")
    chosen = asked or _first_choice(people if people_first else steps, sure=people_first)
    attempts, missing = story.attempts, [skill for skill in needed if not skill.held]  # type: ignore[attr-defined]
    brief = briefs.drafted(known_of(incident, attempts, [skill.name for skill in missing]))
    form = form_of(request, forms.PassForm, reason=_reason(missing), **initial_of(brief))

    def do(data: dict[str, Any]) -> str:
        if isinstance(data["to"], User):
            incident.hand_over(by=user, to=data["to"], text=data["brief"], seen=seen_in(request))
            return _("Offered to %(name)s. It stays yours until they take it.") % {"name": data["to"].name}
        incident.escalate(by=user, reason=data["reason"], text=data["brief"], to=data["to"], seen=seen_in(request))
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
        attempts=attempts,
        along=", ".join(filter(None, [tried.tally_of(incident), _hands_on(story)])),
        other_open=chosen.startswith("step:" if people_first else "person:") or (bool(query) and not people_first),
        needed=names(one.name for one in needed) if holds else "",
        holder=incident.run.holder if incident.run else None,
        undo="offered",
    )


def _not_yours(request: HttpRequest, incident: Incident, title: str) -> HttpResponse:
    """Whoever does not hold it has nothing to hand over: why not, and the way that is open."""
    holder = incident.run.holder if incident.run and incident.run.ended_at is None else None
    over = _("%(ref)s is resolved. Re-open it first.") % {"ref": incident.ref} if incident.resolved_at else ""
    return dialog(
        request,
        incident,
        forms.Sure(),
        _nothing,
        title=title,
        button="",
        fields="desk/dialogs/not_yours.html",
        holder=holder,
        over=over,
        onward=incident.onward(),
    )


def _nothing(data: dict[str, Any]) -> str:
    raise AssertionError("there is no button")


def _hands_on(story: sofar.SoFar) -> str:
    spent = hands.total_of(story.effort, clock.now())
    return _("%(spent)s hands-on") % {"spent": spent} if spent else ""


def _first_choice(choices: list[pickers.Choice], *, sure: bool) -> str:
    """Chosen beforehand: the next step of the path, or a person only if they fit and are there (``sure``)."""
    first = next((one for one in choices if not one.disabled), None)
    return first.value if first is not None and (first.fits or not sure) else ""


def _reason(missing: list[Skill]) -> str:
    """What the holder lacks says why it goes on."""
    return next((str(reason) for kind, reason in _REASONS.items() if any(one.kind == kind for one in missing)), "")


def known_of(incident: Incident, attempts: list[tried.Tried], missing: list[str]) -> briefs.Known:
    """What the record says of it now, for the draft."""
    firing = 0
    if incident.source_id is not None:
        firing = Alert.objects.filter(key__incident=incident, state=Alert.State.FIRING).count()
    return briefs.Known(
        severity=incident.severity,
        service=incident.service.name if incident.service else "",
        tier=incident.run.tier.name if incident.run and incident.run.tier else "",
        affected=incident.people_affected,
        open_for=spelt(clock.now() - incident.opened_at),
        firing=firing,
        symptom=incident.symptom,
        attempts=[
            briefs.Made(one.action, one.data.get("outcome", ""), one.outcome, one.hypothesis) for one in attempts
        ],
        tried=incident.attempts,
        helped=incident.attempts - incident.failed_attempts,
        missing=missing,
    )
