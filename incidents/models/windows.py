"""When maintenance is on: pure occurrences of planned windows. No Django, no clock.

A window begins at a local time of its zone and lasts a set length, which no change of the clocks makes
longer or shorter. As on schedules, a local time that a change of the clocks leaves out is the moment at which they
move, and one that comes twice is the first. Instants are aware UTC datetimes; a stretch holds its first
instant and not its last.
"""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from escalation.oncall.wall import instant

DAY = timedelta(days=1)
FAR = timedelta(days=90)  # silence without an end is told as far as this, and looked at again then


class Repeats(StrEnum):
    ONCE = ""
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Stretch:
    """One time that it is on."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True)
class Plan:
    """A window as people plan it. ``ended_at`` cuts what was on then; ``cancelled_at`` also all that came after."""

    day: date  # the first day on which it may begin
    at: time  # on the clocks of its zone
    length: timedelta
    zone: str = "UTC"
    repeats: Repeats = Repeats.ONCE
    weekdays: frozenset[int] = frozenset()  # weekly: 0 is Monday
    month_day: int = 1  # monthly: in shorter months the last day
    last_day: date | None = None  # the last day on which it may begin; None is for ever
    ended_at: datetime | None = None
    cancelled_at: datetime | None = None

    # --- days -----------------------------------------------------------------------------

    def _is_on(self, day: date) -> bool:
        if self.repeats is Repeats.WEEKLY:
            return day.weekday() in self.weekdays
        return day.day == min(self.month_day, calendar.monthrange(day.year, day.month)[1])

    def _days(self, since: date) -> Iterator[date]:
        """The days on which it begins, none before ``since``."""
        if self.repeats is Repeats.ONCE:
            if self.day >= since:
                yield self.day
            return
        if self.repeats is Repeats.WEEKLY and not self.weekdays:
            return
        day, last = max(self.day, since), self.last_day or date.max
        while day <= last:
            if self._is_on(day):
                yield day
            if day == date.max:
                return
            day += DAY

    def _begins(self, day: date) -> datetime:
        return instant(datetime.combine(day, self.at), ZoneInfo(self.zone))

    # --- instants -------------------------------------------------------------------------

    def stretches(self, since: datetime) -> Iterator[Stretch]:
        """Each time it is on that has not ended at ``since``, in order; without end if it goes on for ever."""
        local = since.astimezone(ZoneInfo(self.zone)).date()
        earliest = max(date.min.toordinal(), local.toordinal() - self.length.days - 2)
        for day in self._days(date.fromordinal(earliest)):
            try:
                start = self._begins(day)
                end = self._cut(start, start + self.length)
            except OverflowError:  # the calendar ends
                return
            if self.cancelled_at is not None and start >= self.cancelled_at:
                return
            if end > max(start, since):
                yield Stretch(start, end)

    def _cut(self, start: datetime, end: datetime) -> datetime:
        cuts = [cut for cut in (self.ended_at, self.cancelled_at) if cut is not None and start <= cut]
        return min([end, *cuts])

    def next_start(self, now: datetime) -> datetime | None:
        """When it begins next, later than ``now``."""
        return next((one.start for one in self.stretches(now) if one.start > now), None)

    def on(self, now: datetime) -> Stretch | None:
        """The stretch that it is on for at ``now``."""
        return next((one for one in _until(self, now) if now in one), None)

    @property
    def first(self) -> datetime:
        """The earliest instant at which it could begin."""
        return self._begins(self.day)

    def over_at(self) -> datetime | None:
        """When it is over for good; None if that is never. One that is never on is over when it is cancelled."""
        if self.repeats is not Repeats.ONCE and self.last_day is None and self.cancelled_at is None:
            return None
        return max((one.end for one in self.stretches(self.first)), default=self.cancelled_at or self.first)


def _until(plan: Plan, now: datetime) -> Iterator[Stretch]:
    """The stretches that have begun and not ended."""
    for one in plan.stretches(now):
        if one.start > now:
            return
        yield one


def silent_until(plans: Iterable[Plan], now: datetime) -> datetime | None:
    """Until when nobody is called, if some of ``plans`` are on now. Stretches that touch or overlap are one silence."""
    some, at = list(plans), now
    while ends := [one.end for plan in some for one in _until(plan, at)]:
        at = max(ends)
        if at - now >= FAR:
            return (now + FAR).replace(hour=0, minute=0, second=0, microsecond=0)
    return None if at == now else at


def next_start(plans: Iterable[Plan], now: datetime) -> datetime | None:
    """When the next stretch of any of them begins, later than ``now``."""
    return min(filter(None, (plan.next_start(now) for plan in plans)), default=None)
