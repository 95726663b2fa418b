"""One layer by itself: its turns, who has each of them, and the hours at which it is on. Pure.

The turns are counted from the layer's start, so any of them is found by arithmetic. Who has a
turn depends on who holds a seat when it begins; between two such changes the order simply
repeats, so only the changes are walked through, and there are few.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import restrictions
from .restrictions import OnHolidays, Window
from .spans import Span, common
from .wall import instant, shown


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True)
class Seat:
    """A place in the order; nobody's seat leaves its turn to the layers below.

    It takes the turns that begin at ``since`` or later and before ``until``.
    """

    person: int | None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, begins: datetime) -> bool:
        return (self.since is None or self.since <= begins) and (self.until is None or begins < self.until)


@dataclass(frozen=True)
class Layer:
    """A rotation: ``seats`` take turns of ``every`` ``unit``, the first of which begins at the wall's ``start``."""

    id: int
    start: datetime  # naive: its time of day is the hand-off, its weekday or day of the month the day of it
    seats: tuple[Seat, ...]
    unit: Unit = Unit.WEEKS
    every: int = 1
    windows: tuple[Window, ...] = ()  # none: always
    ends: datetime | None = None
    on_holidays: OnHolidays = OnHolidays.TOO
    holidays: tuple[Span, ...] = ()  # of the schedule: in order, without overlaps


class Piece(NamedTuple):
    """Somebody's time on a layer. ``turn`` is where it begins, whatever cuts it later."""

    start: datetime
    end: datetime
    person: int
    turn: datetime


class _Era(NamedTuple):
    """From ``turn`` on, until the next era, these seats follow each other in this order."""

    turn: int
    order: tuple[int, ...]


class Turns:
    """A layer's turns on a zone's wall."""

    def __init__(self, layer: Layer, zone: tzinfo):
        self.layer, self.zone = layer, zone

    @cached_property
    def _first(self) -> datetime:
        return instant(self.layer.start, self.zone)

    def begins(self, turn: int) -> datetime:
        every, start = self.layer.every * turn, self.layer.start
        match self.layer.unit:
            case Unit.HOURS:
                return self._first + timedelta(hours=every)
            case Unit.MONTHS:
                return instant(_months_later(start, every), self.zone)
            case Unit.WEEKS:
                every *= 7
        return instant(start + timedelta(days=every), self.zone)

    def at(self, at: datetime) -> int:
        """The turn under way; negative before the first."""
        every, start = self.layer.every, self.layer.start
        if self.layer.unit is Unit.HOURS:
            return (at - self._first) // timedelta(hours=every)
        here = shown(at, self.zone)
        if self.layer.unit is Unit.MONTHS:
            guess = ((here.year - start.year) * 12 + here.month - start.month) // every
        else:
            guess = (here.date() - start.date()).days // (every * (7 if self.layer.unit is Unit.WEEKS else 1))
        turn = guess + 2  # the wall may have gone back over midnight
        while turn >= 0 and self.begins(turn) > at:
            turn -= 1
        return turn

    def _from(self, at: datetime) -> int:
        """The first turn that begins then or later."""
        turn = self.at(at)
        return turn if turn >= 0 and self.begins(turn) == at else max(0, turn + 1)

    @cached_property
    def _eras(self) -> list[_Era]:
        seats = self.layer.seats
        changes = {change for seat in seats for change in (seat.since, seat.until) if change is not None}
        firsts = sorted({0, *(self._from(change.astimezone(UTC)) for change in changes)})
        eras: list[_Era] = []
        last = -1  # the seat that had the latest turn
        for number, first in enumerate(firsts):
            begins = self.begins(first)
            present = [seat for seat in range(len(seats)) if seats[seat].takes(begins)]
            order = [seat for seat in present if seat > last] + [seat for seat in present if seat <= last]
            eras.append(_Era(first, tuple(order)))
            if order and number + 1 < len(firsts):
                last = order[(firsts[number + 1] - first - 1) % len(order)]
        return eras

    def person(self, turn: int) -> int | None:
        eras = self._eras
        era = eras[bisect_right([one.turn for one in eras], turn) - 1]
        if not era.order:
            return None
        return self.layer.seats[era.order[(turn - era.turn) % len(era.order)]].person

    def between(self, since: datetime, until: datetime) -> Iterator[tuple[Span, int]]:
        """The turns of persons that reach into [since, until), each whole. What the wall skips wholly is no turn."""
        turn = max(0, self.at(since))
        begins = self.begins(turn)
        while begins < until:
            ends = self.begins(turn + 1)
            person = self.person(turn)
            if person is not None and begins < ends and ends > since:
                yield Span(begins, ends), person
            turn, begins = turn + 1, ends


def pieces(layer: Layer, zone: str, since: datetime, until: datetime) -> Iterator[Piece]:
    """When the layer is on within [since, until), in order; each piece is as long as it is on the layer itself."""
    there = ZoneInfo(zone)
    if layer.ends is not None:
        until = min(until, layer.ends.astimezone(UTC))
    if not layer.seats or since >= until:
        return
    hours = None if restrictions.always(layer.windows) else restrictions.spans(layer.windows, there, since, until)
    for turn, person in Turns(layer, there).between(since, until):
        if layer.ends is not None:
            turn = Span(turn.start, min(turn.end, layer.ends.astimezone(UTC)))
        on = [turn] if hours is None else common([turn], hours)
        for start, end in restrictions.but_for(on, layer.on_holidays, layer.holidays):
            if end > since and start < until:
                yield Piece(start, end, person, start)


def _months_later(start: datetime, months: int) -> datetime:
    """A day that the month does not have is its last."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
