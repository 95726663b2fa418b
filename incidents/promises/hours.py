"""Business hours: weekly windows on a zone's wall, without holidays. Pure.

Windows are written as on schedules (``Mon-Fri 08:00-18:00``), and local times that a change of the clocks skips or
repeats are read as there. Business time is elapsed time within them: the night on which clocks go back has an hour
more. A holiday is a day of the zone, from its midnight to the next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from escalation.oncall import restrictions
from escalation.oncall.spans import Span, outside, union
from escalation.oncall.wall import instant, shown

_STRIDE = timedelta(days=14)  # how far is looked at once
_FURTHEST = 150  # strides: who has no open hour in five years has none


@dataclass(frozen=True)
class Hours:
    """When people work, as an admin has written it down."""

    text: str
    zone: str
    holidays: frozenset[date] = frozenset()
    name: str = ""

    @cached_property
    def _windows(self) -> tuple[restrictions.Window, ...]:
        return restrictions.read(self.text)

    @cached_property
    def _wall(self) -> tzinfo:
        return ZoneInfo(self.zone)

    def open(self, since: datetime, until: datetime) -> list[Span]:
        """What of [since, until) is business time, in order."""
        if until <= since:
            return []
        whole = Span(since.astimezone(UTC), until.astimezone(UTC))
        weekly = restrictions.spans(self._windows, self._wall, whole.start, whole.end)
        clipped = [Span(max(one.start, whole.start), min(one.end, whole.end)) for one in weekly]
        off = union(self._holidays(whole))
        return [left for one in clipped for left in outside(one, off)] if off else union(clipped)

    def _holidays(self, whole: Span) -> Iterable[Span]:
        first, last = shown(whole.start, self._wall).date(), shown(whole.end, self._wall).date()
        for day in self.holidays:
            if first <= day <= last:
                midnight = datetime.combine(day, time())
                yield Span(instant(midnight, self._wall), instant(midnight + timedelta(days=1), self._wall))

    def measure(self, since: datetime, until: datetime) -> timedelta:
        """How much business time lies in [since, until)."""
        return sum((one.end - one.start for one in self.open(since, until)), timedelta())

    def advance(self, since: datetime, amount: timedelta) -> datetime | None:
        """The first instant by which ``amount`` of business time has passed; None if that never comes."""
        return _advance(self, since.astimezone(UTC), amount)

    # --- as the record keeps it ---------------------------------------------------------------

    def plain(self) -> dict[str, Any]:
        days = sorted(day.isoformat() for day in self.holidays)
        return {"name": self.name, "zone": self.zone, "hours": self.text, "holidays": days}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Hours":
        days = frozenset(date.fromisoformat(day) for day in plain["holidays"])
        return cls(plain["hours"], plain["zone"], days, plain["name"])


@lru_cache(maxsize=4096)  # what is opened at once, or looked at again, asks the same
def _advance(hours: Hours, since: datetime, amount: timedelta) -> datetime | None:
    at = since
    for _stride in range(_FURTHEST):
        if amount <= timedelta():
            return at
        for one in hours.open(at, at + _STRIDE):
            if one.end - one.start >= amount:
                return one.start + amount
            amount -= one.end - one.start
        at += _STRIDE
    return None


def measure(hours: Hours | None, since: datetime, until: datetime) -> timedelta:
    """The same where no hours mean round the clock."""
    return hours.measure(since, until) if hours else max(until - since, timedelta())


def advance(hours: Hours | None, since: datetime, amount: timedelta) -> datetime | None:
    return hours.advance(since, amount) if hours else since + amount
