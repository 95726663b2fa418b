"""What climbs ask for in words, with the incident that each is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.engine.models import Delivery, EscalationRun
from escalation.kit.text import one_line
from escalation.notify.message import WHY, cause_of
from escalation.people.models import User
from incidents.advising import rules
from incidents.models import Incident

from ..asks import Ask
from ..cards import Card, cards, clock_time, otherwise, with_last_word
from .cue import Act, Cue

Found = tuple[Incident, Card]


def loaded(user: User, asks: Sequence[Ask], now: datetime, others: Sequence[int] = ()) -> list[Found]:
    """The incidents that ask for something, and others by id, as cards: all in one go."""
    wanted = Q(trail__in=[ask.climb.trail_id for ask in asks]) | Q(pk__in=others)
    rows = with_last_word(Incident.objects.visible_to(user).filter(wanted).for_cards(), user)
    incidents = list(rows)
    return list(zip(incidents, cards(incidents, now), strict=True))


@dataclass(frozen=True, slots=True)
class Put:
    """An ask to be put into words: with its run as the card has it, and the message that told of it."""

    ask: Ask
    run: EscalationRun
    message: dict[str, Any]

    @property
    def due(self) -> datetime | None:
        return self.ask.due


def said(asks: Sequence[Ask], found: Sequence[Found], now: datetime) -> list[tuple[Ask, Cue]]:
    """Each with its cue, but for an incident that has gone out of sight meanwhile. One query if messages are told."""
    shown = {run.pk: (run, card) for one, card in found for run in (one.run, one.authority_run) if run}
    told = _told([ask.told for ask in asks if ask.told is not None and ask.kind in TELLING])
    pairs = [(ask, *shown[ask.climb.id]) for ask in asks if ask.climb.id in shown]
    return [(ask, SAYING[ask.kind](Put(ask, run, told.get(ask.told or 0, {})), card, now)) for ask, run, card in pairs]


def _told(messages: Sequence[int]) -> dict[int, dict[str, Any]]:
    return dict(Delivery.objects.filter(pk__in=messages).values_list("pk", "message")) if messages else {}


def _cue(ask: Put, card: Card, *, title: str, why: str, then: str, acts: Sequence[Act]) -> Cue:
    return Cue(
        kind=ask.ask.kind,
        id=f"cue-{card.number}",
        title=title % {"ref": card.ref},
        url=card.url,
        why=why,
        then=then,
        when=ask.ask.when,
        acts=tuple(acts),
        severity=card.severity,
        seen=card.seen,
        promise=card.promise,
    )


def ended(text: str) -> str:
    """What somebody wrote, on one line, as a sentence."""
    line = one_line(text, limit=200)
    return f"{line[0].upper()}{line[1:]}{'' if line[-1] in '.!?…' else '.'}" if line else ""


def _url(noun: str, card: Card) -> str:
    return reverse(noun, args=[card.number])


def _quietly(ask: Put, now: datetime) -> str:
    """What happens by itself in maintenance: nothing."""
    until = ask.run.quiet_until
    return _("Nothing happens before %(at)s (maintenance).") % {"at": clock_time(until, now)} if until else ""


def _by_itself(ask: Put, words: str) -> str:
    return words % {"then": otherwise(ask.run)} if ask.due else _("Nothing more happens by itself.")


def _acknowledge(card: Card) -> Act:
    return Act(_("Acknowledge"), _url("acknowledgement", card), post=True, primary=True, key="a")


def _offer(ask: Put, card: Card, now: datetime) -> Cue:
    giver = ask.run.offered_by.name if ask.run.offered_by else ""
    said = ended(ask.message.get("text", ""))
    words = {"giver": giver, "title": card.title, "said": said}
    why = _("%(giver)s hands you “%(title)s”. %(said)s") if said else _("%(giver)s hands you “%(title)s”.")
    return _cue(
        ask,
        card,
        title=_("Take or decline %(ref)s"),
        why=why % words,
        then=_("Without an answer it goes back to %(giver)s.") % words,
        acts=[_acknowledge(card), Act(_("Decline"), _url("refusal", card), dialog=True)],
    )


def _call(ask: Put, card: Card, now: datetime) -> Cue:
    words = {"title": card.title, "tier": card.tier, "because": because(ask.message)}
    why = (
        _("“%(title)s” is at %(tier)s and calls you, because %(because)s.")
        if words["because"]
        else _("“%(title)s” is at %(tier)s and calls you.")
    )
    then = _quietly(ask, now) or _by_itself(ask, _("If nobody acknowledges, %(then)s."))
    return _cue(ask, card, title=_("Acknowledge %(ref)s"), why=why % words, then=then, acts=[_acknowledge(card)])


def _assigned(ask: Put, card: Card, now: datetime) -> Cue:
    words = {"title": card.title, "by": ask.message.get("by") or _("A supervisor")}
    then = _quietly(ask, now) or _by_itself(ask, _("If you do not acknowledge, %(then)s."))
    why = _("%(by)s gave you “%(title)s”.") % words
    return _cue(ask, card, title=_("Acknowledge %(ref)s"), why=why, then=then, acts=[_acknowledge(card)])


def _decision(ask: Put, card: Card, now: datetime) -> Cue:
    tier = ask.run.tier.name if ask.run.tier else ""
    words = {"title": card.title, "tier": tier, "holder": card.who}
    then = _by_itself(ask, _("Without an answer, %(then)s."))
    return _cue(
        ask,
        card,
        title=_("Answer %(ref)s"),
        why=_("“%(title)s” asks for you as %(tier)s. Working on it: %(holder)s.") % words,
        then=then,
        acts=[Act(_("Answer"), _url("answer", card), post=True, primary=True, key="a")],
    )


def _work(card: Card) -> list[Act]:
    return [Act(_("Escalate"), _url("escalation", card), dialog=True, key="e"), _resolve(card)]


def _resolve(card: Card) -> Act:
    return Act(_("Resolve"), _url("resolution", card), dialog=True, key="r")


def _returned(ask: Put, card: Card, now: datetime) -> Cue:
    then = _by_itself(ask, _("When the time is over, %(then)s."))
    return _cue(
        ask,
        card,
        title=_("%(ref)s came back to you"),
        why=_("Nobody answered your offer of “%(title)s”; you still hold it.") % {"title": card.title},
        then=then,
        acts=[Act(_("Hand over"), _url("handover", card), dialog=True, key="h"), *_work(card)],
    )


def _wakes(ask: Put, card: Card, now: datetime) -> Cue:
    at = clock_time(ask.run.held_until, now) if ask.run.held_until else ""
    return _cue(
        ask,
        card,
        title=_("%(ref)s goes on soon"),
        why=_("“%(title)s” is on hold until %(at)s.") % {"title": card.title, "at": at},
        then=_("Then its clocks go on with the time they had left."),
        acts=[Act(_("Resume now"), _url("resumption", card), post=True), _resolve(card)],
    )


def _holding(ask: Put, card: Card, now: datetime) -> Cue:
    since = ask.run.acknowledged_at
    words = {"title": card.title, "at": clock_time(since, now) if since else ""}
    why = _("You have “%(title)s” since %(at)s.") if since else _("You have “%(title)s”.")
    then = _("It has no time limit.")
    if ask.due:
        then = _quietly(ask, now) or _("When the time is over, %(then)s.") % {"then": otherwise(ask.run)}
    if ask.run.offered_to_id:
        then = _("It is offered to somebody; until they accept it is yours.")
    why = f"{why % words} {rules.advice_in_words(ask.run)}".rstrip()
    return _cue(ask, card, title=_("Work on %(ref)s"), why=why, then=then, acts=_work(card))


TELLING = ("offer", "call", "assigned")  # that say what the message said
SAYING: dict[str, Callable[[Put, Card, datetime], Cue]] = {
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
        "rule": message.get("rule", ""),
        "about": message.get("service") or _("its service"),
        "severity": f"SEV{message.get('severity', '')}",
    }
    return str(phrase) % words
