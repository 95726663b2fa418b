"""What stops the clocks of an incident, and its ends."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .moment import Moment
from .organisation import No, Tries

if TYPE_CHECKING:
    from .desk import Case

CLOSES_AFTER = timedelta(days=7)


class Ends:
    """``self`` is a case."""

    def hold(self: "Case", m: Moment, until: datetime, seen=None) -> None:
        self.begin(m, seen)
        if self.run.held_until:
            raise No
        if until <= m.now:
            raise No("invalid")
        for climb in self.running:
            climb.hold(m, until)
        self.run.say(m, "held")

    def resume(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        held = [climb for climb in self.running if climb.held_until]
        if not held:
            raise No
        for climb in held:
            climb.wake(m, m.now)

    def resolve(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        self.end(m, resolver=m.actor)

    def merge_into(self: "Case", m: Moment, other: "Case", seen=None) -> None:
        """The alerts move besides."""
        if other is self:
            raise No("invalid")
        if not (self.may_act(m.actor) and other.may_act(m.actor)):
            raise No("not-allowed")
        self.begin(m, seen)
        other.begin(m)
        if other.restricted != self.restricted:
            raise No
        other.let_in(people=self.people, teams=self.teams)
        reported = min(filter(None, [self.facts.reported, other.facts.reported]), default=None)
        if reported != other.facts.reported:
            other.facts.reported = reported
            other.judge_again(m)
        holders = dict.fromkeys(filter(None, [self.run.holder, other.run.holder]))
        other.run.say(m, "absorbed")
        other.run.tell(m, list(holders), "merged")
        self.merged_into = other
        self.end(m, resolver=m.actor)

    def end(self: "Case", m: Moment, *, resolver: str | None) -> None:
        if self.resolved_at:
            return
        self.resolved_at, self.resolver = m.now, resolver
        self.closes_at, self.closing_tries = m.now + CLOSES_AFTER, Tries()
        self.run.say(m, "resolved", attempts=self.attempts)
        self.hands.stop_all(m.now)
        for climb in self.running:
            climb.end(m)

    def may_reopen(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen, needs_open=False)
        if not self.resolved_at or self.closed_at:
            raise No

    def reopen(self: "Case", m: Moment) -> None:
        """After ``may_reopen``; the alerts have a say in between."""
        self.resolved_at = self.closes_at = self.resolver = self.merged_into = None
        self.let_in(people=[m.actor])
        self.say(m, "reopened")
        self.climb(m, again=True)

    def close(self: "Case", m: Moment) -> None:
        self.closed_at, self.closes_at = m.now, None
        self.say(m, "closed")
