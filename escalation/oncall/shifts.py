"""Who is on call, when: a plan's layers and overrides made into concrete shifts. Pure: no clock, no database.

Everything is in UTC and half-open. ``final`` is the truth; the other functions ask it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .rotation import Layer, Seat, Unit, pieces
from .spans import Span, asked, common, outside, union

__all__ = ["Layer", "Override", "Plan", "Seat", "Shift", "Span", "Unit", "final", "gaps", "next_change", "on_call"]

_INSTANT = timedelta(microseconds=1)
_LOOKS = tuple(timedelta(days=days) for days in (2, 14, 60, 400))  # ahead, each time further


@dataclass(frozen=True)
class Override:
    """In [start, end) it is this person, or nobody, whatever the layers say."""

    id: int
    start: datetime
    end: datetime
    person: int | None


@dataclass(frozen=True)
class Plan:
    """A schedule as plain values. The first layer is the highest, and the last override that which was made last."""

    zone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Shift:
    """Somebody's time on call; without a person, an override that wants nobody there.

    ``turn`` is where the turn or the override begins by itself: the same however it is cut or asked for.
    """

    start: datetime
    end: datetime
    person: int | None
    layer: int | None
    override: int | None
    turn: datetime


def final(schedule: Plan, since: datetime, until: datetime) -> list[Shift]:
    """The shifts of [since, until) in order, cut to it. They never overlap, and leave out only where nobody is.

    Each turn is a shift of its own, also if the same person has two in a row: it has its own identity.
    """
    whole = asked(since, until)
    free, shifts = [whole] if whole.start < whole.end else [], []
    for source in _highest_first(schedule, whole):
        if not free:
            break
        taken, free = _carve(free, source)
        shifts += taken
    return sorted(shifts, key=lambda shift: shift.start)


def _highest_first(schedule: Plan, whole: Span) -> Iterator[Iterable[Shift]]:
    for override in reversed(schedule.overrides):
        start, end = asked(override.start, override.end)
        if start < whole.end and end > whole.start:
            yield [Shift(start, end, override.person, None, override.id, start)]
    for layer in schedule.layers:
        found = pieces(layer, schedule.zone, *whole)
        yield (Shift(piece.start, piece.end, piece.person, layer.id, None, piece.turn) for piece in found)


def _carve(free: list[Span], source: Iterable[Shift]) -> tuple[list[Shift], list[Span]]:
    """What of ``source`` falls into ``free``, and what is still free then. Both are in order, without overlaps."""
    taken: list[Shift] = []
    left: list[Span] = []
    waiting = iter(free)
    span = next(waiting, None)
    for shift in source:
        while span is not None and span.end <= shift.start:
            left.append(span)
            span = next(waiting, None)
        while span is not None and span.start < shift.end:
            start, end = max(span.start, shift.start), min(span.end, shift.end)
            taken.append(replace(shift, start=start, end=end))
            if span.start < start:
                left.append(Span(span.start, start))
            span = Span(end, span.end) if end < span.end else next(waiting, None)
        if span is None:
            break
    return taken, [*left, *([span] if span else []), *waiting]


def on_call(plan: Plan, at: datetime) -> tuple[int, ...]:
    """Who is on call at that instant."""
    return tuple(shift.person for shift in final(plan, at, at + _INSTANT) if shift.person is not None)


def shift_at(plan: Plan, at: datetime) -> Shift | None:
    """The shift under way, with the instant at which it really ends (or more than a year ahead)."""
    shift: Shift | None = None
    for ahead in _LOOKS:
        found = final(plan, at, at + ahead)
        if not found or found[0].start > at or found[0].person is None:
            return None
        shift = found[0]
        if shift.end < at + ahead:
            break
    return shift


def next_change(plan: Plan, at: datetime) -> datetime | None:
    """When somebody else will be on call, or nobody, or at last somebody. None: not within a year."""
    here = on_call(plan, at)
    for ahead in _LOOKS:
        end = (at + ahead).astimezone(UTC)
        found = _change(final(plan, at, end), here, at.astimezone(UTC), end)
        if found is not None:
            return found
    return None


def _change(shifts: list[Shift], here: tuple[int, ...], at: datetime, end: datetime) -> datetime | None:
    for shift in shifts:
        if here and shift.start > at:
            return at  # a gap
        people = () if shift.person is None else (shift.person,)
        if people != here:
            return shift.start
        at = shift.end
    return at if here and at < end else None


def gained(before: Plan, after: Plan, since: datetime, until: datetime) -> dict[int, list[Span]]:
    """Who is on call by the one plan when they are not by the other, and at which times."""
    whole = asked(since, until)
    had, has = (_by_person(final(plan, since, until)) for plan in (before, after))
    found = {person: common(union(spans), outside(whole, had.get(person, []))) for person, spans in has.items()}
    return {person: spans for person, spans in found.items() if spans}


def _by_person(shifts: Iterable[Shift]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for shift in shifts:
        if shift.person is not None:
            found.setdefault(shift.person, []).append(Span(shift.start, shift.end))
    return found


def gaps(plan: Plan, since: datetime, until: datetime) -> list[Span]:
    """When nobody is on call."""
    there = [Span(shift.start, shift.end) for shift in final(plan, since, until) if shift.person is not None]
    whole = asked(since, until)
    return outside(whole, there) if whole.start < whole.end else []
