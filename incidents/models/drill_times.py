"""When a drill is held: once, or every so many weeks. Pure.

The first day says the weekday too. A time is a wall's: one that a change of the clocks leaves out is the moment at
which they move, and one that comes twice is the first, as on schedules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation.oncall.wall import instant

WEEK = 7  # days
MOST_WEEKS = 52


@dataclass(frozen=True)
class Rhythm:
    """``weeks``: how many lie between two; 0 is once and never again."""

    day: date
    at: time
    zone: str
    weeks: int = 0

    def after(self, now: datetime) -> datetime | None:
        """The first one later than ``now``, in UTC; None if there is none any more."""
        return next((at for at in self._near(now) if at > now), None)

    def _near(self, now: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        if not self.weeks:
            yield self._on(self.day, zone)
            return
        every = self.weeks * WEEK
        behind = max(0, (now.astimezone(zone).date() - self.day).days // every)
        for n in (behind, behind + 1):
            try:
                yield self._on(self.day + timedelta(days=n * every), zone)
            except OverflowError:  # the calendar ends
                return

    def _on(self, day: date, zone: ZoneInfo) -> datetime:
        return instant(datetime.combine(day, self.at), zone)
