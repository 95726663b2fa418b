"""My cues: what one person must do next, why them, why now, by when, and what happens if they do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.engine.models import EscalationRun
from escalation.kit.text import one_line
from escalation.notify.message import WHY, cause_of
from escalation.oncall import cues as oncall
from escalation.people.models import Membership, User
from escalation.policies import proving
from incidents.models import Incident

from . import chores, pages
from .asks import ORDER, Ask, asks_of
from .cards import Card, cards, clock_time, otherwise, with_last_word
from .queries import of_teams, team_ids
from .versions import live, memberships, now_of

TEAM_ROWS = 8
MOST = 50  # cues on the page: whoever has more is told how many, and finds them in the queue
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Act:
    """A button. ``post`` does it at once; otherwise the address is a dialog or a page."""

    label: str
    url: str
    post: bool = False
    primary: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    kind: str
    card: Card
    title: str
    why: str
    due: datetime | None
    then: str
    acts: list[Act] = field(default_factory=list)


@live
def page(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now = now_of(request)
    teams = team_ids(user)
    visible = Incident.objects.visible_to(user).open()
    first = (of_teams(visible, teams) if teams else visible).most_urgent_first().values_list("pk", flat=True)
    ids = list(first[: pages.MOST + 1])
    request.desk_open = len(ids)  # type: ignore[attr-defined]
    request.desk_cues = asks = asks_of(user, now)  # type: ignore[attr-defined]
    request.desk_rota = rota = rota_of(user, now)  # type: ignore[attr-defined]
    request.desk_test = test = proving.cue_of(user, now)  # type: ignore[attr-defined]
    request.desk_chores = tasks = chores.chores_of(user, now)  # type: ignore[attr-defined]
    pressing = most_pressing(asks)
    found = loaded(user, pressing, now, ids[:TEAM_ROWS])
    by_id = {incident.pk: card for incident, card in found}
    cues = said(pressing, found, now)
    context = {
        "cues": cues,
        "hidden": len(asks) - len(pressing),
        "rota": rota,
        "test": test,
        "chores": tasks,
        "total": len(asks) + len(rota) + bool(test) + len(tasks),
        "rows": [by_id[pk] for pk in ids[:TEAM_ROWS] if pk in by_id],
        "more": len(ids) > TEAM_ROWS,
        "teams": bool(teams),
    }
    return render(request, "desk/cues.html#region" if request.htmx else "desk/cues.html", context)  # type: ignore[attr-defined]


def rota_of(user: User, now: datetime) -> list[oncall.Cue]:
    """What waits on schedules: swaps to answer, gaps to fill."""
    roles = {team: role for team, _name, role in memberships(user)}
    supervised = [team for team, role in roles.items() if role == Membership.Role.SUPERVISOR]
    return oncall.cues_of(user, roles, supervised, now)


# --- what is asked --------------------------------------------------------------------------


def most_pressing(asks: list[Ask]) -> list[Ask]:
    """Those a page has room for: by what is asked, then by the clock, then by severity."""
    if len(asks) <= MOST:
        return asks
    return sorted(asks, key=lambda ask: (ORDER.index(ask.kind), _ends(ask.run), ask.run.severity))[:MOST]


def _ends(run: EscalationRun) -> datetime:
    return run.offer_ends or run.held_until or run.thawed(run.standing.deadline) or FAR


# --- what is said ---------------------------------------------------------------------------


def cues_for(user: User, now: datetime) -> list[Cue]:
    """What this person must do next, the most urgent first."""
    asks = asks_of(user, now)
    return said(asks, loaded(user, asks, now), now)


def loaded(user: User, asks: Sequence[Ask], now: datetime, others: Sequence[int] = ()) -> list[tuple[Incident, Card]]:
    """The incidents that ask for something, and others by id, as cards: all in one go."""
    wanted = Q(trail__in=[ask.run.trail_id for ask in asks]) | Q(pk__in=others)
    rows = with_last_word(Incident.objects.visible_to(user).filter(wanted).for_cards())
    incidents = list(rows)
    return list(zip(incidents, cards(incidents, now), strict=True))


def said(asks: Sequence[Ask], found: Sequence[tuple[Incident, Card]], now: datetime) -> list[Cue]:
    by_trail = {ask.run.trail_id: ask for ask in asks}
    cues = [
        SAYING[ask.kind](ask, incident, card, now)
        for incident, card in found
        if (ask := by_trail.get(incident.trail_id)) is not None
    ]
    return sorted(cues, key=lambda cue: (cue.due or FAR, cue.card.severity, cue.card.opened_at))


def ended(text: str) -> str:
    """What somebody wrote, on one line, as a sentence."""
    line = one_line(text, limit=200)
    return f"{line[0].upper()}{line[1:]}{'' if line[-1] in '.!?…' else '.'}" if line else ""


def _url(noun: str, card: Card) -> str:
    return reverse(noun, args=[card.number])


def _quietly(ask: Ask, now: datetime) -> str:
    """What happens by itself in maintenance: nothing."""
    until = ask.run.quiet_until
    return _("Nothing happens before %(at)s (maintenance).") % {"at": clock_time(until, now)} if until else ""


def _acknowledge(card: Card) -> Act:
    return Act(_("Acknowledge"), _url("acknowledgement", card), post=True, primary=True, key="a")


def _offer(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    giver = ask.run.offered_by.name if ask.run.offered_by else ""
    said = ended(ask.message.get("text", ""))
    words = {"giver": giver, "title": card.title, "said": said}
    why = _("%(giver)s hands you “%(title)s”. %(said)s") if said else _("%(giver)s hands you “%(title)s”.")
    return Cue(
        "offer",
        card,
        _("Take or decline %(ref)s") % {"ref": card.ref},
        why % words,
        ask.run.offer_ends,
        _("Without an answer it goes back to %(giver)s.") % words,
        [_acknowledge(card), Act(_("Decline"), _url("refusal", card))],
    )


def _call(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    words = {"title": card.title, "tier": card.tier, "because": because(ask.message)}
    why = (
        _("“%(title)s” is at %(tier)s and calls you, because %(because)s.")
        if words["because"]
        else _("“%(title)s” is at %(tier)s and calls you.")
    )
    then = _("If nobody acknowledges, %(then)s.") % {"then": otherwise(ask.run)} if card.due else ""
    then = _quietly(ask, now) or then
    return Cue(
        "call", card, _("Acknowledge %(ref)s") % {"ref": card.ref}, why % words, card.due, then, [_acknowledge(card)]
    )


def _assigned(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    words = {"title": card.title, "by": ask.message.get("by") or _("A supervisor")}
    then = _("If you do not acknowledge, %(then)s.") % {"then": otherwise(ask.run)} if card.due else ""
    then = _quietly(ask, now) or then
    return Cue(
        "assigned",
        card,
        _("Acknowledge %(ref)s") % {"ref": card.ref},
        _("%(by)s gave you “%(title)s”.") % words,
        card.due,
        then,
        [_acknowledge(card)],
    )


def _decision(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    tier = ask.run.tier.name if ask.run.tier else ""
    words = {"title": card.title, "tier": tier, "holder": card.who}
    due = ask.run.thawed(ask.run.standing.deadline)
    then = _("Without an answer, %(then)s.") % {"then": otherwise(ask.run)} if due else ""
    return Cue(
        "decision",
        card,
        _("Answer %(ref)s") % {"ref": card.ref},
        _("“%(title)s” asks for you as %(tier)s. Working on it: %(holder)s.") % words,
        due,
        then,
        [Act(_("Answer"), _url("answer", card), post=True, primary=True, key="a")],
    )


def _work(card: Card) -> list[Act]:
    return [Act(_("Escalate"), _url("escalation", card), key="e"), _resolve(card)]


def _resolve(card: Card) -> Act:
    return Act(_("Resolve"), _url("resolution", card), key="r")


def _returned(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    then = _("When the time is over, %(then)s.") % {"then": otherwise(ask.run)} if card.due else ""
    return Cue(
        "returned",
        card,
        _("%(ref)s came back to you") % {"ref": card.ref},
        _("Nobody answered your offer of “%(title)s”; you still hold it.") % {"title": card.title},
        card.due,
        then,
        [Act(_("Hand over"), _url("handover", card), key="h"), *_work(card)],
    )


def _wakes(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    at = clock_time(ask.run.held_until, now) if ask.run.held_until else ""
    return Cue(
        "wakes",
        card,
        _("%(ref)s goes on soon") % {"ref": card.ref},
        _("“%(title)s” is on hold until %(at)s.") % {"title": card.title, "at": at},
        ask.run.held_until,
        _("Then its clocks go on with the time they had left."),
        [Act(_("Resume now"), _url("resumption", card), post=True), _resolve(card)],
    )


def _holding(ask: Ask, incident: Incident, card: Card, now: datetime) -> Cue:
    since = ask.run.acknowledged_at
    words = {"title": card.title, "at": clock_time(since, now) if since else ""}
    why = _("You have “%(title)s” since %(at)s.") if since else _("You have “%(title)s”.")
    then = _("It has no time limit.")
    if card.due:
        then = _quietly(ask, now) or _("When the time is over, %(then)s.") % {"then": otherwise(ask.run)}
    if ask.run.offered_to_id:
        then = _("It is offered to somebody; until they accept it is yours.")
    return Cue("holding", card, _("Work on %(ref)s") % {"ref": card.ref}, why % words, card.due, then, _work(card))


SAYING: dict[str, Callable[[Ask, Incident, Card, datetime], Cue]] = {
    "offer": _offer,
    "call": _call,
    "assigned": _assigned,
    "decision": _decision,
    "returned": _returned,
    "wakes": _wakes,
    "holding": _holding,
}


def because(message: dict) -> str:
    """Half a sentence from a call's facts, to follow "because"; empty if there are no words for it."""
    phrase = WHY.get(cause_of(message))
    if phrase is None or (message.get("why") == "not_acknowledged" and not message.get("from")):
        return ""
    words = {
        "from": message.get("from") or _("nobody"),
        "by": message.get("by") or _("somebody"),
        "unreached": message.get("unreached", ""),
        "about": message.get("service") or _("its service"),
        "severity": f"SEV{message.get('severity', '')}",
    }
    return str(phrase) % words
