"""Who must be told about a swap, or that a cover has ended. The outbox, upstairs, registers here when apps are ready.

A teller only writes rows, in the verb's own transaction; what it queues leaves after the commit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.urls import reverse

from escalation.people.models import User

from . import verbs
from .spans import Span
from .wall import shown

if TYPE_CHECKING:
    from .models import Override, Schedule, SwapRequest


@dataclass(frozen=True)
class Word:
    """One message to one person: its kind, and the facts of which it is made."""

    person: User
    kind: str
    facts: dict


@dataclass(frozen=True)
class Telling:
    """What is to be said, and of which earlier causes nothing is to be said any more."""

    cause: str
    words: list[Word] = field(default_factory=list)
    no_longer: str = ""


Teller = Callable[[Telling, datetime], None]
_tellers: list[Teller] = []


def teller(one: Teller) -> Teller:
    """Register who puts such messages into the outbox."""
    if one not in _tellers:
        _tellers.append(one)
    return one


def tell(telling: Telling, now: datetime) -> None:
    """For whoever has something to say that belongs to no climb."""
    for one in _tellers:
        one(telling, now)


def asked(swap: "SwapRequest", now: datetime) -> None:
    """To the one who was asked, or to everybody who could take it."""
    people = [swap.asked] if swap.asked else verbs.who_may_cover(swap.schedule).exclude(pk=swap.giver_id)
    facts = {"from": swap.giver.name, "text": swap.text, "until": swap.starts_at.isoformat()}
    tell(Telling(_cause(swap, "asked"), _words(swap, people, "swap_asked", facts)), now)


def accepted(swap: "SwapRequest", now: datetime) -> None:
    """To the giver, and to whoever covers now, except the one who just said so."""
    assert swap.accepted_by is not None
    people = [person for person in (swap.giver, swap.accepted_by) if person != swap.decided_by]
    facts = {"to": swap.accepted_by.name, "from": swap.giver.name, "by": swap.decided_by and swap.decided_by.name}
    tell(Telling(_cause(swap, "accepted"), _words(swap, people, "swap_accepted", facts), _cause(swap, "asked")), now)


def declined(swap: "SwapRequest", now: datetime) -> None:
    facts = {"by": swap.decided_by and swap.decided_by.name}
    people = [swap.giver] if swap.giver != swap.decided_by else []
    tell(Telling(_cause(swap, "declined"), _words(swap, people, "swap_declined", facts), _cause(swap, "asked")), now)


def withdrawn(swap: "SwapRequest", now: datetime) -> None:
    """Nobody is told: it only stops what has not been sent."""
    tell(Telling(_cause(swap, "withdrawn"), no_longer=_cause(swap, "asked")), now)


def on_again(
    override: "Override",
    again: Mapping[int, Sequence[Span]],
    by: User,
    now: datetime,
    *,
    other: "Override | None" = None,
) -> None:
    """To whoever is on call ``again`` because a cover was taken back: they may have counted on it.

    ``other`` is the half of a swap that ended with it: whoever had it has to know that too.
    """
    words = []
    for person in User.objects.filter(pk__in=again, is_active=True, is_auditor=False).exclude(pk=by.pk).order_by("id"):
        first, *more = again[person.pk]
        facts = {"by": by.name, "from": override.person and override.person.name, "more": len(more) or ""}
        if other is not None and other.person_id == person.pk:
            facts["free"] = span_for(person, max(other.starts_at, now), other.ends_at)
        words.append(_word(override.schedule, person, "cover_ended", span_for(person, *first), facts))
    tell(Telling(f"override:{override.pk}:cancelled", words), now)


def _cause(swap: "SwapRequest", what: str) -> str:
    return f"swap:{swap.pk}:{what}"


def _words(swap: "SwapRequest", people: Iterable[User], kind: str, facts: dict) -> list[Word]:
    found = []
    for person in people:
        shift = span_for(person, swap.starts_at, swap.ends_at)
        back = ""
        if swap.return_starts_at and swap.return_ends_at:
            back = span_for(person, swap.return_starts_at, swap.return_ends_at)
        found.append(_word(swap.schedule, person, kind, shift, {"back": back, **facts}))
    return found


def _word(schedule: "Schedule", person: User, kind: str, shift: str, facts: dict) -> Word:
    link = reverse("schedule", args=[schedule.pk])
    return Word(person, kind, {"kind": kind, "title": schedule.name, "link": link, "shift": shift, **facts})


def span_for(person: User, start: datetime, end: datetime) -> str:
    """On the person's own clock, with the zone's short name, as every message says times."""
    try:
        zone = ZoneInfo(person.time_zone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    first, last = shown(start, zone), shown(end, zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%a} {last.day} {last:%b} {last:%H:%M}"
    return f"{first:%a} {first.day} {first:%b} {first:%H:%M} – {until} {end.astimezone(zone).tzname()}"
