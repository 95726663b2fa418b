"""What a calendar shows of one schedule: final shifts, covers with whom they cover for, gaps, and the layers below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from escalation.people.models import User

from . import coverage, shifts
from .models import Layer, Override, Schedule, Seat, overrides_of, plans_of, seats_of
from .spans import Span

_AROUND = tuple(timedelta(days=days) for days in (2, 14, 100))  # where what runs into a period begins and ends

T = TypeVar("T", shifts.Shift, coverage.Gap)


@dataclass(frozen=True)
class Piece:
    """One stretch of the calendar. Without a person nobody is on call."""

    start: datetime
    end: datetime
    person: User | None = None
    gone: User | None = None  # has this shift, and no account any more
    override: Override | None = None
    instead: tuple[User, ...] = ()  # who would be on call without the override
    layer: Layer | None = None

    @property
    def gap(self) -> bool:
        return self.person is None

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Shown:
    """The final line, the layers from the highest, and who has a part in it."""

    final: list[Piece]
    layers: list[tuple[Layer, list[Piece]]] = field(default_factory=list)


def shown_between(
    schedule: Schedule, since: datetime, until: datetime, *, layers: bool = False, seats: Sequence[Seat] | None = None
) -> Shown:
    """What is in the period, shifts with where they begin and end. One query, and one for its seats if they are not
    known; one more if layers go by holidays."""
    seats = seats_of([schedule.pk]) if seats is None else seats
    covers = overrides_of([schedule.pk], since=since - _AROUND[-1])
    plan = plans_of({schedule.pk: schedule.time_zone}, seats, covers)[schedule.pk]
    named = [*(seat.person for seat in seats), *(cover.person for cover in covers)]
    people = {person.pk: person for person in named if person is not None}
    overrides = {cover.pk: cover for cover in covers}
    final = _final(plan, since, until, people, overrides)
    if not layers:
        return Shown(final)
    by_id = {seat.layer_id: seat.layer for seat in seats}
    below = [
        (by_id[one.id], _alone(one, by_id[one.id], plan, since, until, people))
        for one in plan.layers
        if one.id in by_id
    ]
    return Shown(final, below)


def _final(
    plan: shifts.Plan, since: datetime, until: datetime, people: dict[int, User], overrides: dict[int, Override]
) -> list[Piece]:
    gone = {pk: person for pk, person in people.items() if not person.is_active or person.is_auditor}
    around = _around(plan, since, until)
    found = [_gap(gap, around, since, until) for gap in _touching(coverage.gaps_of(plan, *around, gone), since, until)]
    without = replace(plan, overrides=())
    for shift in _touching(shifts.final(plan, *around), since, until):
        if shift.person is None or shift.person in gone:
            continue
        piece = Piece(shift.start, shift.end, people.get(shift.person))
        if shift.override is not None:
            piece = replace(
                piece,
                override=overrides.get(shift.override),
                instead=_instead(without, shift, people),
            )
        found.append(piece)
    found = [_of_override(piece, overrides.values()) if piece.gap else piece for piece in found]
    return sorted(found, key=lambda piece: piece.start)


def _touching(spans: Iterable[T], since: datetime, until: datetime) -> list[T]:
    return [span for span in spans if span.start < until and span.end > since]


def _around(plan: shifts.Plan, since: datetime, until: datetime) -> Span:
    """So far before and after that no shift of the period is cut; one of many months is."""
    around = Span(since, until)
    for more in _AROUND:
        around = Span(since - more, until + more)
        found = _touching(shifts.final(plan, *around), since, until)
        if not found or (found[0].start > around.start and found[-1].end < around.end):
            break
    return around


def _gap(gap: coverage.Gap, around: Span, since: datetime, until: datetime) -> Piece:
    """One that goes on and on is as long as the period."""
    start = gap.start if gap.start > around.start else since
    return Piece(start, gap.end if gap.end < around.end else until, gone=gap.gone)


def _of_override(gap: Piece, overrides) -> Piece:
    """Somebody wants nobody there: the gap says so, and can be taken back."""
    for one in reversed(list(overrides)):
        if one.person_id is None and one.starts_at <= gap.start and gap.end <= one.end:
            return replace(gap, override=one)
    return gap


def _instead(without: shifts.Plan, shift: shifts.Shift, people: dict[int, User]) -> tuple[User, ...]:
    theirs = shifts.final(without, shift.start, shift.end)
    names = dict.fromkeys(one.person for one in theirs if one.person not in (None, shift.person))
    return tuple(people[pk] for pk in names if pk is not None and pk in people)


def _alone(
    layer: shifts.Layer, row: Layer, plan: shifts.Plan, since: datetime, until: datetime, people: dict[int, User]
) -> list[Piece]:
    alone = replace(plan, layers=(layer,), overrides=())
    found: Sequence[shifts.Shift] = shifts.final(alone, since, until)
    return [Piece(one.start, one.end, people.get(one.person), layer=row) for one in found if one.person is not None]
