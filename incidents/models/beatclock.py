"""When the silence of something that is to beat regularly is an alarm. Pure: no Django, no clock.

A heartbeat's time counts from its last beat, and anew from whatever made a beat impossible or beside the point: the end
of a maintenance, our own return after an outage, a change of what was agreed. Only a whole interval in
which it could have beaten, and its grace, is a silence.

Beats are kept coarsely, because one a second says no more than one in a while: what came within ``step`` of the
beat that is on disk changes nothing there. So the true last beat may be that much later, and silence is judged that
much later: never early.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from .windows import Plan, silent_until

SHORTEST_STEP, LONGEST_STEP = timedelta(seconds=1), timedelta(seconds=60)
STEPS = 20  # to an interval


class Since(StrEnum):
    """What its time counts from."""

    BEAT = "beat"
    OUTAGE = "outage"  # ours: nobody could hear it
    MAINTENANCE = "maintenance"
    CHANGE = "change"


@dataclass(frozen=True)
class Rhythm:
    """What was agreed: a beat every so often, and how much later it may come."""

    every: timedelta
    grace: timedelta

    @property
    def step(self) -> timedelta:
        """How exactly a beat is known."""
        return min(max(self.every / STEPS, SHORTEST_STEP), LONGEST_STEP)

    def late(self, since: datetime) -> datetime:
        """From when on it is late, and not silent yet."""
        return since + self.every + self.step

    def due(self, since: datetime) -> datetime:
        """When its silence is an alarm."""
        return self.late(since) + self.grace

    def covers(self, kept: datetime, now: datetime) -> bool:
        """Whether a beat at ``now`` says no more than the one that was kept."""
        return timedelta(0) <= now - kept < self.step


@dataclass(frozen=True)
class Wait:
    """It is no alarm yet: its time counts from ``since``."""

    since: datetime
    why: Since


def judge(rhythm: Rhythm, waits: Wait, now: datetime, *, there: datetime | None, quiet: datetime | None) -> Wait | None:
    """What to wait for at ``now`` instead of what was waited for so far; None: it is silent.

    ``there``: since when we could hear it without a break, if that is known. ``quiet``: when the last maintenance ends
    or ended. Either counts if it is more than a step later: that much longer is waited anyway.
    """
    found = waits
    for instant, why in ((there, Since.OUTAGE), (quiet, Since.MAINTENANCE)):
        if instant is not None and instant > found.since + rhythm.step:
            found = Wait(instant, why)
    return found if rhythm.due(found.since) > now else None


def quiet_until(plans: Iterable[Plan], since: datetime, now: datetime) -> datetime | None:
    """When the last maintenance after ``since`` ends, if one is on at ``now``, or ended; None: there was none."""
    some = list(plans)
    begun = [one.end for plan in some for one in takewhile(lambda one: one.start <= now, plan.stretches(since))]
    return silent_until(some, now) or max(begun, default=None)
