"""Rules of a policy: what is learnt of an incident for them, when the next one turns true, and what it does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .moment import Moment, late

if TYPE_CHECKING:
    from .climb import Climb, Wait


@dataclass(frozen=True)
class Ruling:
    """All that is given must hold: counts, or minutes that last. ``whom`` it informs, or ``tier`` to escalate to."""

    name: str
    does: str  # "escalate" or "inform"
    people: int | None = None
    failed: int | None = None
    unanswered: int | None = None
    opened: int | None = None
    tier: str | None = None
    whom: tuple[str, ...] = ()


@dataclass(eq=False)
class Learnt:
    """Since when what is so. What lasts does not go on while the clocks stand still."""

    began: datetime
    affected: tuple[int, datetime]
    failed: tuple[int, datetime]
    unanswered: datetime | None
    works: bool = False
    stopped: datetime | None = None
    moved: datetime | None = None
    asked: bool = False  # somebody was, of this climb
    acted: set[str] = field(default_factory=set)

    @classmethod
    def at(cls, now: datetime, affected: int) -> "Learnt":
        return cls(began=now, affected=(affected, now), failed=(0, now), unanswered=now)

    def tried(self, outcome: str, now: datetime) -> None:
        number = 0 if outcome == "helped" else self.failed[0] + 1
        if number != self.failed[0]:
            self.failed = (number, now)

    def asks(self, now: datetime) -> None:
        """The first who is asked: nobody could have answered before."""
        if not self.asked and self.unanswered is not None:
            self.unanswered = now
        self.asked = True

    def arrived(self, now: datetime) -> None:
        """Another tier begins with a clean sheet."""
        if self.failed[0]:
            self.failed = (0, now)

    def goes_on(self, now: datetime, *, works: bool, still: bool) -> None:
        if works:
            self.unanswered = None
        elif self.works:
            self.unanswered = now
        self.works = works
        if still:
            self.stopped = self.stopped or now
        elif self.stopped is not None:
            if self.unanswered is not None:
                self.unanswered += now - max(self.stopped, self.unanswered)
            self.stopped = None
        self.moved = now

    def holds_from(self, rule: Ruling) -> datetime | None:
        found = []
        for wanted, (number, since) in ((rule.people, self.affected), (rule.failed, self.failed)):
            if wanted is not None:
                found.append(since if number >= wanted else None)
        for minutes, begun in ((rule.unanswered, self.unanswered), (rule.opened, self.began)):
            if minutes is not None:
                found.append(None if begun is None else begun + timedelta(minutes=minutes))
        if not found or None in found:
            return None
        return max([at for at in found if at is not None] + ([self.moved] if self.moved else []))


class GoesByRules:
    """What a climb has to do with them. ``self`` is a climb; only the functional one has any."""

    def rules_ahead(self: "Climb") -> "Iterator[tuple[datetime, Ruling]]":
        if self.learnt is None or (self.untouched and not self.over):
            return
        for rule in self.plan.rules:
            leads_on = not self.over and (rule.tier is None or self.stop_ahead(rule.tier) is not None)
            if rule.name not in self.learnt.acted and (rule.does == "inform" or leads_on):
                at = self.learnt.holds_from(rule)
                if at is not None:
                    yield at, rule

    def stop_ahead(self: "Climb", tier: str) -> int | None:
        """Where a tier comes later in this round."""
        stops = self.plan.same_lap(max(self.stop, 0)) if self.plan.stops else []
        return next((stop for stop in stops if stop > self.stop and self.plan.rung(stop).tier == tier), None)

    def act_by_rule(self: "Climb", m: Moment, wait: "Wait") -> None:
        rule = wait.rule
        assert rule is not None
        assert self.learnt is not None
        self.learnt.acted.add(rule.name)
        if rule.does == "escalate":
            self.say(m, "rule_acted", rule=rule.name, late=late(m, wait.at))
            ahead = self.stop_ahead(rule.tier) if rule.tier else None
            self.next_step(m, "rule", wait.at, since=ahead)
            return
        people = [person for person in rule.whom if self.case.org.can_be_called(person)]
        self.say(m, "rule_acted", rule=rule.name, people=people, late=late(m, wait.at))
        self.case.let_in(people=people)
        self.tell(m, people, "rule")
        self.settled(m)  # whoever was called still is, and no form is stale

    def learns(self: "Climb", m: Moment) -> None:
        """More is known: it waits for what comes first by that. A step that was given up stays so."""
        if self.learnt is None or self.ended or self.idle == "step_failed":
            return
        before, self.next = self.next, self.waits(m.now)
        now = self.next and (self.next.at, self.next.rule)
        if now != (before and (before.at, before.rule)):
            self.tries.again_at = None
        self.idle = self.reason()
