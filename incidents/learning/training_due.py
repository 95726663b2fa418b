"""By when somebody plays a case again, where their team has set a goal. Pure.

Whoever has a play that counts plays again so long after it. Nobody is late on the day on which it is first asked of
them: there is always a month from when they joined, or from when the goal was set or changed, whichever is
later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST = timedelta(days=30)
SOON = timedelta(days=14)  # from then on they are told


class Standing(StrEnum):
    LATE = "late"
    SOON = "soon"
    GOOD = "good"


@dataclass(frozen=True)
class Goal:
    """A team wants a play that counts of each of its people, every so long."""

    team_id: int
    team: str
    every: timedelta
    since: datetime  # when it was set or changed, or when this person joined: the later


@dataclass(frozen=True)
class Due:
    """What one goal asks of one person."""

    team_id: int
    team: str
    at: datetime
    last: datetime | None  # the latest play that counts

    def standing(self, now: datetime) -> Standing:
        if self.at <= now:
            return Standing.LATE
        return Standing.SOON if self.at - SOON <= now else Standing.GOOD


def due(goal: Goal, last: datetime | None) -> Due:
    first = goal.since + FIRST
    return Due(goal.team_id, goal.team, first if last is None else max(first, last + goal.every), last)
