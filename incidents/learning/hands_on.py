"""How long hands were on an incident since an instant, counted as it goes on: the signs ask at every entry. Pure."""

from datetime import datetime, timedelta

from incidents.models import effort
from incidents.models.effort import EffortClock, Interval


class HandsOn:
    """The same as ``effort.total(effort.later(clock.intervals, since), now)``, and what has ended is counted once.

    Where time ran backwards, one person's time may overlap: then all of it is counted anew each time.
    """

    def __init__(self, clock: EffortClock) -> None:
        self._clock, self._heard = clock, 0
        self._since: datetime | None = None
        self._later: list[Interval] = []
        self.count_from(None)

    def count_from(self, since: datetime | None) -> None:
        further_back = since is None or self._since is None or since < self._since
        before = self._clock.ended[: self._heard] if further_back else self._later
        self._since, self._later = since, []
        self._spent, self._overlaps, self._latest = timedelta(), False, since
        self._until: dict[tuple[int, str], datetime] = {}
        for one in before:
            self._add(one)

    def at(self, now: datetime) -> timedelta:
        for one in self._clock.ended[self._heard :]:
            self._add(one)
        self._heard = len(self._clock.ended)
        running = self._clock.running.values()
        early = self._latest is not None and now < self._latest
        if early or self._overlaps or any(self._meets(one) for one in running):
            return effort.total(effort.later(self._clock.intervals, self._since), now)
        return self._spent + sum((max(now - self._began(one), timedelta()) for one in running), timedelta())

    def _add(self, one: Interval) -> None:
        assert one.ended is not None
        if self._since is not None and one.ended <= self._since:
            return
        self._later.append(one)
        self._overlaps = self._overlaps or self._meets(one)
        self._spent += one.ended - self._began(one)
        self._until[one.person, one.tier] = one.ended
        self._latest = max(one.ended, self._latest or one.ended)

    def _meets(self, one: Interval) -> bool:
        return one.began < self._until.get((one.person, one.tier), one.began)

    def _began(self, one: Interval) -> datetime:
        return one.began if self._since is None else max(one.began, self._since)
