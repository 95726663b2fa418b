"""Who is on call by GoAlert's own rules. Pure.

An import is compared with this, so nothing of Baton's own arithmetic of shifts is in it: one must not hide the
other's mistake. What it goes by:

- All targets whose rules are on are on call together. A rule's days are those it begins on.
- A turn ends at the next step of a grid on the rotation's wall that starts at its ``start``; whose turn it is now is
  kept as a number, and cannot be told from the start.
- Hours are the wall's too: a turn of twelve hours changes at 08:00 and 20:00 also after the clocks have.
- A month that has no 31st runs over: the 31st of April is the 1st of May.
- Within a temporary schedule only its shifts count, and no override does. Else whoever is removed goes, whoever
  replaces them comes in their place, and whoever is added is there too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .shapes import Override, Rotation, Rule, Schedule, Target

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FAR = timedelta(days=400)  # a hand-off that is so far away was not exported lately
HOURS = {"hourly": 1, "daily": 24, "weekly": 24 * 7}


class Piece(NamedTuple):
    """Somebody's time by one target."""

    start: datetime
    end: datetime
    user: str


def instant(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When the wall shows it, the first time or the ``last``; the first instant after it, if that is skipped."""
    at = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if _shown(at, zone) == wall:
        return at
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    offset = at.astimezone(zone).utcoffset()
    while (at - MINUTE).astimezone(zone).utcoffset() == offset:
        at -= MINUTE
    return at


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


# --- rotations ----------------------------------------------------------------------------------------------------


class Grid:
    """The instants at which a rotation's turns change, numbered from its start."""

    def __init__(self, rotation: Rotation):
        self.rotation, self.zone = rotation, ZoneInfo(rotation.zone)
        self.start = _shown(rotation.start, self.zone)

    def at(self, number: int) -> datetime:
        if self.rotation.unit == "monthly":
            return instant(_months_on(self.start, number * self.rotation.length), self.zone)
        return instant(self.start + number * self.length, self.zone)

    def known(self, now: datetime) -> int:
        """The number of the turn that is ``active``'s."""
        end = self.rotation.next
        return self.turn(now if end is None or abs(end - now) > FAR else end - MINUTE)

    @cached_property
    def length(self) -> timedelta:
        return timedelta(hours=HOURS[self.rotation.unit] * self.rotation.length)

    def turn(self, at: datetime) -> int:
        """The number of the turn under way; negative before the first."""
        here = _shown(at, self.zone)
        if self.rotation.unit == "monthly":
            number = ((here.year - self.start.year) * 12 + here.month - self.start.month) // self.rotation.length
        else:
            number = (here - self.start) // self.length
        number += 2  # the clocks may have been put back
        while self.at(number) > at:
            number -= 1
        return number


def _months_on(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return datetime.combine(date(year, month + 1, 1), start.time()) + DAY * (start.day - 1)


def rotated(rotation: Rotation, now: datetime, since: datetime, until: datetime) -> Iterator[Piece]:
    """Its turns that reach into [since, until). ``now`` counts only where it was not exported when the turn ends.

    A turn of an hour that the clocks skip is nobody's, and uses up nobody.
    """
    if not rotation.users:
        return
    grid = Grid(rotation)
    number, place = grid.known(now), rotation.active
    start = grid.at(number)
    while start > since:
        number, end = number - 1, start
        start = grid.at(number)
        place -= start < end
    while start < until:
        end = grid.at(number + 1)
        if end > since and start < end:
            yield Piece(start, end, rotation.users[place % len(rotation.users)])
        number, place, start = number + 1, place + (start < end), end


# --- rules --------------------------------------------------------------------------------------------------------


def on(rules: Sequence[Rule], zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When one of them is on, in order, whole and without overlaps."""
    if any(rule.always for rule in rules):
        return [(since, until)]
    found = []
    day = _shown(since, zone).date() - 9 * DAY
    while datetime.combine(day, time(), UTC) < until + 2 * DAY:
        for rule in rules:
            if rule.days[day.isoweekday() % 7]:
                over = day if rule.start < rule.end else day + DAY
                start = instant(datetime.combine(day, rule.start), zone)
                found.append((start, instant(datetime.combine(over, rule.end), zone, last=True)))
        day += DAY
    return [span for span in _joined(found) if span[1] > since and span[0] < until]


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    whole: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], end)
        else:
            whole.append((start, end))
    return whole


# --- schedules ----------------------------------------------------------------------------------------------------


class OnCall:
    """One schedule within [since, until)."""

    def __init__(
        self,
        schedule: Schedule,
        rotations: Mapping[str, Rotation],
        overrides: Iterable[Override],
        *,
        now: datetime,
        since: datetime,
        until: datetime,
    ):
        self.schedule, self.rotations = schedule, rotations
        self.overrides = [one for one in overrides if one.schedule == schedule.id]
        self.now, self.since, self.until = now, since, until
        self.lines = [list(self._line(target)) for target in schedule.targets]

    def _line(self, target: Target) -> Iterator[Piece]:
        """Before overrides and temporary schedules."""
        hours = on(target.rules, ZoneInfo(self.schedule.zone), self.since, self.until) if target.rules else []
        if target.kind == "user":
            turns: Iterable[Piece] = [Piece(self.since, self.until, target.id)]
        elif target.id in self.rotations:
            turns = rotated(self.rotations[target.id], self.now, self.since, self.until)
        else:
            return
        for turn in turns:
            for start, end in hours:
                if start < turn.end and turn.start < end:
                    yield Piece(max(start, turn.start), min(end, turn.end), turn.user)

    def at(self, at: datetime) -> frozenset[str]:
        """The users who are on call then."""
        if any(one.start <= at < one.end for one in self.schedule.temporary):
            shifts = [shift for one in self.schedule.temporary for shift in one.shifts]
            return frozenset(shift.user for shift in shifts if shift.start <= at < shift.end)
        there = [one for one in self.overrides if one.start <= at < one.end]
        instead = {one.remove: one.add for one in sorted(there, key=lambda one: bool(one.add)) if one.remove}
        by_rules = {piece.user for pieces in self.lines for piece in _under_way(pieces, at)}
        added = {one.add for one in there if one.add and not one.remove}
        return frozenset({instead.get(user, user) for user in by_rules} - {""} | added)

    def changes(self) -> list[datetime]:
        """Every instant within it at which it may be another."""
        ends = {at for pieces in self.lines for piece in pieces for at in (piece.start, piece.end)}
        ends |= {at for one in self.overrides for at in (one.start, one.end)}
        for one in self.schedule.temporary:
            ends |= {one.start, one.end} | {at for shift in one.shifts for at in (shift.start, shift.end)}
        return sorted(at for at in ends if self.since <= at < self.until)


def _under_way(pieces: list[Piece], at: datetime) -> Iterator[Piece]:
    """Of one target's, which are in order and do not overlap."""
    place = bisect_right(pieces, at, key=lambda piece: piece.start) - 1
    if place >= 0 and at < pieces[place].end:
        yield pieces[place]
