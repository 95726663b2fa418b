"""Who is on call by a schedule whose layers take turns of a day, from nine to nine on a wall in UTC.

Reckoned day by day from the first one, with nothing clever in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)
WEEK = 7 * DAY


@dataclass
class Chair:
    person: str | None
    joins: datetime | None = None
    leaves: datetime | None = None


@dataclass
class Cover:
    start: datetime
    end: datetime
    person: str | None


@dataclass
class Rota:
    team: str
    first: datetime  # the first hand-off
    layers: list[list[Chair]]  # the highest first
    covers: list[Cover] = field(default_factory=list)
    tiers: set[str] = field(default_factory=set)

    def on_call(self, at: datetime) -> str | None:
        for cover in reversed(self.covers):
            if cover.start <= at < cover.end:
                return cover.person
        for chairs in self.layers:
            person = self._turn(chairs, at)
            if person is not None:
                return person
        return None

    def _turn(self, chairs: list[Chair], at: datetime) -> str | None:
        person, last, day = None, -1, self.first
        while day <= at:
            person = None
            for step in range(1, len(chairs) + 1):
                number = (last + step) % len(chairs)
                chair = chairs[number]
                if (chair.joins is None or chair.joins <= day) and (chair.leaves is None or day < chair.leaves):
                    person, last = chair.person, number
                    break
            day += DAY
        return person

    def changed(self, since: datetime, now: datetime) -> bool:
        """Whether somebody else has been on call after ``since``, or nobody, or at last somebody."""
        edges = [edge for cover in self.covers for edge in (cover.start, cover.end)]
        edges += [self.first + day * DAY for day in range((now - self.first) // DAY + 1)]
        here = self.on_call(since)
        return any(since < edge <= now and self.on_call(edge) != here for edge in edges)

    def edges(self, at: datetime) -> list[datetime]:
        """The instants of the coming week at which it may be somebody else."""
        nine = self.first + (at - self.first) // DAY * DAY
        found = {nine + days * DAY for days in range(9)}
        found |= {edge for cover in self.covers for edge in (cover.start, cover.end)}
        return sorted(edge for edge in found if at < edge < at + WEEK)


def next_somebody(rotas: list[Rota], at: datetime, reachable: Callable[[str | None], bool]) -> datetime | None:
    """When one of them has somebody who can be called."""
    edges = sorted({edge for rota in rotas for edge in rota.edges(at)})
    return next((edge for edge in edges if any(reachable(rota.on_call(edge)) for rota in rotas)), None)
