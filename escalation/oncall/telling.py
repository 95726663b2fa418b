"""What people are told about swaps, and that they are on call again. The outbox, upstairs, registers here when ready.

A teller only writes rows, in the verb's own transaction; what it queues leaves after the commit. Who must know of
other changes is found in ``turnover``, what comes of a request that nobody answers in ``unanswered``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse

from escalation.kit import clock
from escalation.people.models import User

from . import verbs
from .spans import Span
from .spans import asked as in_utc
from .unsaid import Change, Unsaid, facts_of
from .wall import shown

if TYPE_CHECKING:
    from .models import Override, Schedule, SwapRequest


NOTHING = Change()


@dataclass(frozen=True)
class Word:
    """One message to one person: its kind, and the facts of which it is made.

    ``in_time``: when they are on call by it; so much earlier they have to know that it may not wait for a quiet night.
    ``outside``: else it only stands on the desk.
    """

    person: User
    kind: str
    facts: dict
    in_time: datetime | None = None
    outside: bool = True


@dataclass(frozen=True)
class Telling:
    """What is to be said, and of which earlier causes nothing is to be said any more: to anybody, or to one person."""

    cause: str
    words: list[Word] = field(default_factory=list)
    no_longer: tuple[str, ...] = ()
    no_longer_to: tuple[tuple[str, int], ...] = ()


Teller = Callable[[Telling, datetime], None]
Reader = Callable[[int, Iterable[int]], list[Unsaid]]
_tellers: list[Teller] = []
_readers: list[Reader] = []


def teller(one: Teller) -> Teller:
    """Register who puts such messages into the outbox."""
    if one not in _tellers:
        _tellers.append(one)
    return one


def reader(one: Reader) -> Reader:
    """Register who knows what has not left yet, of a schedule and for some people; it stays so until the commit."""
    if one not in _readers:
        _readers.append(one)
    return one


def unsaid(schedule: "Schedule", people: Iterable[int]) -> list[Unsaid]:
    return [found for one in _readers for found in one(schedule.pk, people)]


def tell(telling: Telling, now: datetime) -> None:
    """For whoever has something to say that belongs to no climb."""
    for one in _tellers:
        one(telling, now)


def asked(swap: "SwapRequest", now: datetime) -> None:
    """To the one who was asked, or to everybody who could take it."""
    people = [swap.asked] if swap.asked else verbs.who_may_cover(swap.schedule).exclude(pk=swap.giver_id)
    facts = {"from": swap.giver.name, "text": swap.text, "until": swap.closes_at.isoformat()}
    tell(Telling(_cause(swap, "asked"), [_of_swap(swap, person, "swap_asked", facts) for person in people]), now)


def accepted(swap: "SwapRequest", now: datetime) -> None:
    """To the giver, and to whoever covers now, except the one who just said so."""
    assert swap.accepted_by is not None
    begins = {swap.accepted_by: swap.starts_at, swap.giver: swap.return_starts_at}
    people = [person for person in (swap.giver, swap.accepted_by) if person != swap.decided_by]
    facts = {"to": swap.accepted_by.name, "from": swap.giver.name, "by": swap.decided_by and swap.decided_by.name}
    given, back = [in_utc(swap.starts_at, swap.ends_at)], []
    if swap.return_starts_at and swap.return_ends_at:
        back = [in_utc(swap.return_starts_at, swap.return_ends_at)]
    changes = {swap.accepted_by: Change(given, back), swap.giver: Change(back, given)}
    words = [
        _of_swap(swap, person, "swap_accepted", facts, in_time=begins[person], change=changes[person])
        for person in people
    ]
    tell(Telling(_cause(swap, "accepted"), words, _no_longer(swap)), now)


def declined(swap: "SwapRequest", now: datetime) -> None:
    facts = {"by": swap.decided_by and swap.decided_by.name}
    people = [swap.giver] if swap.giver != swap.decided_by else []
    words = [_of_swap(swap, person, "swap_declined", facts, in_time=swap.starts_at) for person in people]
    tell(Telling(_cause(swap, "declined"), words, _no_longer(swap)), now)


def withdrawn(swap: "SwapRequest", now: datetime) -> None:
    """Nobody is told: it only stops what has not been sent."""
    tell(Telling(_cause(swap, "withdrawn"), no_longer=_no_longer(swap)), now)


def waiting(swap: "SwapRequest", now: datetime) -> None:
    """To the giver, while there is time to ask somebody else."""
    facts = {"to": swap.asked and swap.asked.name, "until": swap.closes_at.isoformat(), **_by_its_return(swap)}
    word = _of_swap(swap, swap.giver, "swap_waiting", facts, in_time=swap.starts_at)
    tell(Telling(_cause(swap, "waiting"), [word]), now)


def unanswered(swap: "SwapRequest", now: datetime, *, theirs: bool) -> None:
    """It is over. The giver has the shift, unless meanwhile somebody else does, and is told of it once more."""
    facts = {"to": swap.asked and swap.asked.name, **_by_its_return(swap)}
    word = _of_swap(swap, swap.giver, "swap_unanswered", facts, in_time=swap.starts_at)
    tell(Telling(_cause(swap, "unanswered"), [word] if theirs else [], _no_longer(swap)), now)


def _by_its_return(swap: "SwapRequest") -> dict:
    """Whether it is over before its shift begins, because the time in return does."""
    return {"by_return": True} if swap.closes_at < swap.starts_at else {}


def on_again(
    override: "Override",
    again: Mapping[int, Sequence[Span]],
    by: User,
    now: datetime,
    *,
    other: "Override | None" = None,
) -> set[int]:
    """To whoever is on call ``again`` because a cover was taken back: they may have counted on it.

    Returns whom it told. ``other`` is the half of a swap that ended with it: whoever had it has to know that too.
    """
    words = []
    for person in may_be_told(again).exclude(pk=by.pk):
        first, *more = again[person.pk]
        facts = {"by": by.name, "from": override.person and override.person.name, "more": len(more) or ""}
        freed = []
        if other is not None and other.person_id == person.pk:
            freed = [in_utc(max(other.starts_at, now), other.ends_at)]
            facts["free"] = span_for(person, *freed[0])
        facts["tag"] = f"override:{override.pk}"
        change = Change(again[person.pk], freed)
        words.append(word(override.schedule, person, "cover_ended", first, facts, in_time=first.start, change=change))
    tell(Telling(f"override:{override.pk}:cancelled", words), now)
    return {one.person.pk for one in words}


def may_be_told(people: Iterable[int]) -> QuerySet[User]:
    """Those of them whom a message reaches at all."""
    return User.objects.filter(pk__in=people, is_active=True, is_auditor=False).order_by("id")


def _cause(swap: "SwapRequest", what: str) -> str:
    return f"swap:{swap.pk}:{what}"


def _no_longer(swap: "SwapRequest") -> tuple[str, ...]:
    """What is not to be said any more once it is decided."""
    return _cause(swap, "asked"), _cause(swap, "waiting")


def _of_swap(
    swap: "SwapRequest",
    person: User,
    kind: str,
    facts: dict,
    *,
    in_time: datetime | None = None,
    change: Change = NOTHING,
) -> Word:
    back = ""
    if swap.return_starts_at and swap.return_ends_at:
        back = span_for(person, swap.return_starts_at, swap.return_ends_at)
    said = {"back": back, "tag": f"swap:{swap.pk}", **facts}
    shift = Span(swap.starts_at, swap.ends_at)
    return word(swap.schedule, person, kind, shift, said, in_time=in_time, change=change)


def word(
    schedule: "Schedule",
    person: User,
    kind: str,
    shift: Span,
    facts: dict,
    *,
    in_time: datetime | None = None,
    change: Change = NOTHING,
    outside: bool = True,
) -> Word:
    """About a shift. ``begins`` is for who carries it; of two with one ``tag`` the newer takes the older's place.

    ``change``: what it says of who is on call, in whole; a later one may take it back before it leaves.
    """
    page = reverse("oncall") if schedule.archived_at else reverse("schedule", args=[schedule.pk])
    about = {"kind": kind, "title": schedule.name, "link": page}
    about |= {"shift": span_for(person, *shift), "begins": shift.start.isoformat()}
    about |= facts_of(schedule.pk, in_utc(*shift), change)
    return Word(person, kind, facts | about, in_time, outside)


def span_for(person: User, start: datetime, end: datetime) -> str:
    """On the person's own clock, with the zone's short name, as every message says times.

    Both ends have theirs where the clock is changed between them, or 02:30 until 02:30 would be an hour; and a year
    where it is another one than before.
    """
    try:
        zone = ZoneInfo(person.time_zone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    first, last = shown(start, zone), shown(end, zone)
    name, until = start.astimezone(zone).tzname(), end.astimezone(zone).tzname()
    begins = f"{_day(first, shown(clock.nearly(), zone).year)} {first:%H:%M}" + ("" if name == until else f" {name}")
    ends = f"{last:%H:%M}" if first.date() == last.date() else f"{_day(last, first.year)} {last:%H:%M}"
    return f"{begins} – {ends} {until}"


def _day(wall: datetime, year: int) -> str:
    """``Sun 25 Oct``; with its year if that is not ``year``."""
    return f"{wall:%a} {wall.day} {wall:%b}" + ("" if wall.year == year else f" {wall.year}")
