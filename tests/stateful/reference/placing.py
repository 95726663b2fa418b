"""Where a tier stands on the path of a climb, and how long it has there."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .climb import Climb


class HasPlaces:
    """``self`` is a climb."""

    def place_of(self: "Climb", tier: str | None) -> int | None:
        """The first stop of a tier in the present round."""
        if tier is None or self.stop < 0:
            return None
        return next((stop for stop in self.plan.same_lap(self.stop) if self.plan.rung(stop).tier == tier), None)

    def put(self: "Climb", stop: int, now: datetime) -> None:
        """At another stop of the round; what was called beyond it is not called again."""
        self.stop = stop
        if stop > self.reach:
            self.reach, self.reach_at = stop, self.held_since or now

    def ack_limit(self: "Climb", tier: str) -> timedelta:
        stop = self.place_of(tier)
        return timedelta(minutes=self.case.org.tiers[tier].ack) if stop is None else self.plan.rung(stop).ack

    def work_limit(self: "Climb", tier: str) -> timedelta | None:
        stop = self.place_of(tier)
        if stop is not None:
            return self.plan.rung(stop).work
        minutes = self.case.org.tiers[tier].work
        return None if minutes is None else timedelta(minutes=minutes)
