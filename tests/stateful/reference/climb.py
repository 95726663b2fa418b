"""One climb of one plan: whom it calls, when it looks again, and what stops its clocks.

Clocks are kept as the instant at which they end; a hold moves that instant on by its own
length. ``stop`` counts through the whole climb, round after round.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .holding import Holds
from .maintenance import FallsSilent
from .message import ASKING, CALLS, CHAINED, Message, in_vain, urgency
from .moment import Moment, late
from .organisation import Plan, Rung, Tries
from .placing import HasPlaces
from .ruling import GoesByRules, Learnt, Ruling

if TYPE_CHECKING:
    from .desk import Case


@dataclass(frozen=True)
class Wait:
    """The one instant a climb waits for."""

    at: datetime
    act: str
    why: str = ""
    stop: int = -1
    rule: Ruling | None = None


@dataclass(frozen=True)
class Asked:
    kind: str
    people: tuple[str, ...]
    urgency: str
    version: int  # of the climb, then


@dataclass(eq=False)
class Climb(GoesByRules, FallsSilent, Holds, HasPlaces):
    case: "Case"
    number: int  # within its case
    plan: Plan
    severity: int
    ends: datetime | None = None  # of the running clock
    clock_began: datetime | None = None
    stop: int = -1
    tier: str | None = None
    holder: str | None = None
    offered_to: str | None = None
    offered_by: str | None = None
    offer_ends: datetime | None = None
    working_since: datetime | None = None
    reach: int = -1  # the furthest stop called
    reach_at: datetime | None = None
    held_since: datetime | None = None
    held_until: datetime | None = None
    awaits_until: datetime | None = None  # the next step's shift
    elsewhere_at: datetime | None = None  # since then somebody has it who is not one of us
    unreached_at: datetime | None = None  # then the last message of what is asked now had failed
    quiet_until: datetime | None = None  # maintenance: it calls nobody by itself
    over: str = ""  # "exhausted" or "told"
    ended: bool = False
    version: int = 0
    next: Wait | None = None
    tries: Tries = field(default_factory=Tries)
    idle: str = ""
    asked: "Asked | None" = None  # who was called last
    learnt: Learnt | None = None  # for its rules, if it has any
    deciders: set[str] = field(default_factory=set)  # whom the end of maintenance asked for a decision
    lines: list[tuple[str, dict]] = field(default_factory=list)

    # --- small words ----------------------------------------------------------------------

    @property
    def home(self) -> tuple[int, int]:
        return (self.case.number, self.number)

    @property
    def rung(self) -> Rung:
        return self.plan.rung(self.stop)

    @property
    def untouched(self) -> bool:
        """Nobody was called and nobody was given it."""
        return self.stop < 0 and self.working_since is None and self.reach_at is None

    @property
    def waits_for_answer(self) -> bool:
        """Somebody was asked, nobody elsewhere has it, and something follows if nobody answers."""
        waits = self.offer_ends is not None or (self.working_since is None and not self.over)
        return waits and not self.ended and not self.untouched and self.elsewhere_at is None

    def say(self, m: Moment, kind: str, **facts) -> None:
        self.lines.append((kind, {"actor": m.actor, "at": m.now, **facts}))
        self.case.hear(m, kind, facts)

    def tell(self, m: Moment, people, kind: str, *, alone: bool = False) -> None:
        """Nobody is told what they have just done themselves; a call goes to all it names. ``alone``: to the last
        resort, since nobody is there."""
        if kind not in ("call", "also", "inform", "offer", "last_resort"):
            people = [person for person in people if person != m.actor]
        if people and kind in CALLS:
            self.asked = Asked(kind, tuple(people), urgency(self.severity), self.version)
        how = {"severity": self.severity, "asked": self.version, "alone": alone}
        self.case.outbox.add(self.home, people, kind, m.now, **how)

    def hush(self, kinds: tuple[str, ...] | None = ASKING) -> None:
        self.case.outbox.hush(self.home, kinds)

    def call_people(self, m: Moment, people: list[str], kind: str, stop: int) -> None:
        """In place of the call before. Who was in that one and did not answer is called on, not anew: if
        it was a call of the same round and as urgent, and not everything of theirs has failed."""
        before, outbox = self.asked, self.case.outbox
        unanswered = self.stop >= 0 and self.working_since is None and self.held_since is None
        unanswered = unanswered and self.awaits_until is None  # after a wait for a shift all are called anew
        unanswered = unanswered and self.elsewhere_at is None
        same_round = self.stop >= 0 and self.plan.stops[self.stop][0] == self.plan.stops[stop][0]
        go_on: set[str] = set()
        if kind == "call" and unanswered and same_round and before is not None and before.kind in CHAINED:
            go_on = set(before.people) & set(people) if before.urgency == urgency(self.severity) else set()
            theirs = outbox.of_call(self.home, before.version)
            go_on = {one for one in go_on if not in_vain(x for x in theirs if x.person == one)}
        outbox.hush(self.home, but=outbox.goes_on(self.home, go_on, self.version, self.severity))
        self.asked = Asked(kind, tuple(people), urgency(self.severity), self.version)
        outbox.add(self.home, people, kind, m.now, severity=self.severity, asked=self.version, go_on=go_on)

    def nobody_reached(self, m: Moment, failed: list[Message]) -> None:
        """``failed`` just now: if nothing else of the same call, or of the offer that is open, can reach anybody,
        there is nothing to wait for. Of no account while somebody works."""
        offered = self.offered_to is not None
        kinds = ("offer",) if offered else CALLS
        mine = [one for one in self.case.outbox.messages if one.home == self.home and one.kind in kinds]
        version = max((one.asked for one in mine), default=-1)
        called = {one.person for one in mine if one.asked == version}
        if called - {one.person for one in mine if one.asked == version and one.channel != "desk"}:
            return  # their list goes on from a call that has reached them
        last = self.case.outbox.of_call(self.home, version, offer=offered)
        if self.waits_for_answer and in_vain(last) and any(one in failed for one in last):
            self.unreached_at = m.now
            self.moved(m)

    # --- what it waits for ------------------------------------------------------------------

    def waits(self, now: datetime) -> Wait | None:
        if self.quiet_until is not None:
            return Wait(self.quiet_until, "speak", "maintenance_ended")
        if self.held_until is not None:
            return Wait(self.held_until, "wake", "hold_ended")
        waits = []
        if self.offer_ends is not None:
            if self.unreached_at is not None:
                waits.append(Wait(self.unreached_at, "return", "unreachable"))
            waits.append(Wait(self.offer_ends, "return", "offer_unanswered"))
        waits += [
            Wait(at, "tell" if rule.does == "inform" else "call", "rule", rule=rule) for at, rule in self.rules_ahead()
        ]
        if not self.over and self.awaits_until is not None:
            waits.append(Wait(self.awaits_until, "call", "next_shift"))
        elif not self.over and self.untouched:
            waits += self._to_begin(now)
        elif not self.over:
            informs = self.stop >= 0 and self.rung.mode == "inform"  # and waits for no answer
            if self.unreached_at is not None and self.working_since is None and self.offer_ends is None and not informs:
                waits.append(Wait(self.unreached_at, "call", "unreachable"))
            if self.ends is not None:
                waits.append(Wait(self.ends, "call", self._why_next()))
            if self.ends is None or self.ends > now:  # after an outage one call, not both
                waits += self._to_call_also()
        return min(waits, key=lambda wait: wait.at, default=None)

    def _to_begin(self, now: datetime) -> list[Wait]:
        if self.plan.functional:
            return [Wait(now, "call", "opened") if self.ends is None else Wait(self.ends, "call", "begins")]
        if self.plan.from_severity is not None and self.severity <= self.plan.from_severity:
            return [Wait(now, "call", "severity")]
        return [] if self.ends is None else [Wait(self.ends, "call", "open_so_long")]

    def _why_next(self) -> str:
        if self.working_since is not None:
            return "work_limit"
        return "told_before" if self.stop >= 0 and self.rung.mode == "inform" else "not_acknowledged"

    def _to_call_also(self) -> list[Wait]:
        """While somebody works, a step marked so is called when an unanswered climb would be there."""
        if self.reach_at is None or self.working_since is None or not self.plan.functional or not self.plan.stops:
            return []
        turn = self.reach_at
        for stop in self.plan.same_lap(max(self.stop, 0)):
            if stop > self.reach:
                turn += self.plan.rung(stop - 1).ack if stop > self.plan.same_lap(stop)[0] else timedelta()
                if self.plan.rung(stop).always:
                    return [Wait(max(turn, self.working_since), "also", "always_call", stop)]
        return []

    def moved(self, m: Moment) -> None:
        """Whatever was made from its older state is stale; it waits for one thing, or for a reason never."""
        self.version += 1
        self.settled(m)

    def settled(self, m: Moment) -> None:
        if self.learnt is not None:
            self.learnt.goes_on(m.now, works=self.working_since is not None, still=self.held_since is not None)
        if self.plan.functional:
            self.case.stand(m, still=self.held_since is not None)
        self.next, self.tries = None if self.ended else self.waits(m.now), Tries()
        self.idle = self.reason()

    def reason(self) -> str:
        """Why it waits for nothing."""
        if self.ended or self.next is not None:
            return ""
        if self.over:
            return self.over
        if self.untouched:
            return "waits_for_severity"
        return "no_work_limit" if self.plan.functional else "answered"

    def look(self, m: Moment, *, again: bool = False) -> None:
        """One step if one is due; never more."""
        wait = self.waits(m.now)
        if wait is None or wait.at > m.now:
            self.moved(m)
            return
        if wait.rule is not None:
            self.act_by_rule(m, wait)
            return
        match wait.act:
            case "call":
                self.next_step(m, "reopened" if again and wait.why == "opened" else wait.why, wait.at)
            case "also":
                self._call_also(m, wait)
            case "return":
                self._return_offer(m, wait)
            case "wake":
                self.wake(m, wait.at)
            case "speak":
                self.speak(m, wait.at)

    # --- climbing ---------------------------------------------------------------------------

    def next_step(self, m: Moment, why: str, due: datetime, *, since: int | None = None) -> None:
        passed = []
        for stop in range(self.stop + 1 if since is None else since, len(self.plan.stops)):
            rung = self.plan.rung(stop)
            people, by_fallback = self.case.org.seated(rung, m.now)
            if people:
                self.call(m, stop, people, by_fallback, why, due, passed=[self.plan.rung(s).tier for s in passed])
                return
            shift = self.case.org.next_shift(rung, m.now)
            if shift is not None and why != "rule":
                self._await(m, rung, shift, why, due, [self.plan.rung(s).tier for s in passed])
                return
            passed.append(stop)
        self.awaits_until = None
        only_told = self.stop >= 0 and self.rung.mode == "inform"
        skipped = [self.plan.rung(stop).tier for stop in passed]
        if only_told and all(self.plan.rung(stop).mode == "inform" for stop in passed):
            self.say(m, "told_all", why=why, skipped=skipped, in_vain=self.unreached_at is not None)
            self.over, self.ends, self.unreached_at = "told", None, None
            self.elsewhere_at = None
        else:
            self._exhaust(m, why, due, skipped)
        self.moved(m)

    def _await(self, m: Moment, rung: Rung, shift: datetime, why: str, due: datetime, skipped: list[str]) -> None:
        """Whoever has it keeps it until the shift begins."""
        self.awaits_until, self.ends = shift, None
        said = {"why": why, "to": rung.tier, "until": shift.isoformat(), "holder": self.holder}
        said["in_vain"] = self.unreached_at is not None
        self.say(m, "awaits_shift", **said, skipped=skipped, late=late(m, due))
        self.moved(m)

    def look_early(self, m: Moment) -> None:
        """Has somebody come before the shift that it waits for, or will somebody come at another time?"""
        for stop in range(self.stop + 1, len(self.plan.stops)):
            rung = self.plan.rung(stop)
            shift = self.case.org.next_shift(rung, m.now)
            if self.case.org.seated(rung, m.now)[0] or (shift is not None and shift != self.awaits_until):
                self.next_step(m, "next_shift", m.now)
                return
            if shift is not None:
                return

    def call(self, m, stop, people, by_fallback, why, due, *, passed=(), reason="") -> None:
        rung, holder = self.plan.rung(stop), self.holder
        self.call_people(m, people, "inform" if rung.mode == "inform" else "call", stop)
        said = {"why": why, "to": rung.tier, "from": self.tier, "people": people, "fallback": by_fallback}
        said["in_vain"] = self.unreached_at is not None
        by = [] if by_fallback else self.case.org.having_somebody(rung, m.now)
        self.say(
            m,
            "called",
            schedules=by or None,
            **said,
            skipped=list(passed),
            late=late(m, due),
            reason=reason,
            holder=holder,
        )
        at = self.counts_from(m.now)
        if stop >= self.reach:
            self.reach, self.reach_at = stop, at
        last_told = rung.mode == "inform" and stop == len(self.plan.stops) - 1
        self.stop, self.tier = stop, rung.tier
        self.clock_began = at
        self.ends, self.over = (None, "told") if last_told else (at + rung.ack, "")
        self.working_since = self.held_until = self.awaits_until = None
        if not self.quiet_until:
            self.held_since = None
        self.offer_ends = self.offered_to = self.offered_by = self.unreached_at = self.elsewhere_at = None
        if self.learnt is not None:
            self.learnt.asks(m.now)
            self.learnt.arrived(m.now)
        if self.plan.functional:
            self.case.hands.baton_goes(holder, None, m.now, works=False)
            self.holder = None  # the tier has it; a person from their acknowledgement
        self.case.let_in(people=people, teams=self.case.org.brought_in(rung, m.now, by_fallback=by_fallback))
        if holder is not None and holder not in people:
            self.tell(m, [holder], "moved")
        self.moved(m)

    def _call_also(self, m: Moment, wait: Wait) -> None:
        rung = self.plan.rung(wait.stop)
        people, by_fallback = self.case.org.seated(rung, m.now)
        self.reach, self.reach_at = wait.stop, m.now
        skipped = [] if people else [rung.tier]
        self.say(m, "also_called", to=rung.tier, people=people, skipped=skipped, late=late(m, wait.at))
        self.case.let_in(people=people, teams=self.case.org.brought_in(rung, m.now, by_fallback=by_fallback))
        self.tell(m, people, "also")
        self.moved(m)

    def _return_offer(self, m: Moment, wait: Wait) -> None:
        receiver, giver, in_vain = self.offered_to, self.offered_by, self.unreached_at is not None
        self.withdraw()
        # "from" is who let it lapse, "to" who has it again
        said = {"from": receiver, "to": giver, "in_vain": in_vain}
        self.say(m, "offer_returned", **said, late=late(m, wait.at))
        self.tell(m, [giver], "returned")
        self.moved(m)

    def withdraw(self) -> None:
        self.offered_to = self.offered_by = self.offer_ends = self.unreached_at = None
        self.hush(("offer",))

    def _exhaust(self, m: Moment, why: str, due: datetime, skipped: list[str]) -> None:
        in_vain = self.unreached_at is not None
        self.withdraw()
        self.over, self.ends, self.elsewhere_at = "exhausted", None, None
        if self.learnt is not None:
            self.learnt.asks(m.now)
        last = self.case.org.last_resort
        self.say(m, "exhausted", why=why, skipped=skipped, last_resort=last, late=late(m, due), in_vain=in_vain)
        self.case.let_in(people=[last])
        self.tell(m, [last], "last_resort")

    # --- people move it ---------------------------------------------------------------------

    def work_from(self, now: datetime, limit: timedelta | None) -> None:
        if self.quiet_until:
            self.held_until = None
        else:
            self.thaw(now)
        self.working_since, self.over, self.offer_ends, self.awaits_until = now, "", None, None
        self.unreached_at = self.elsewhere_at = None
        self.clock_began = self.counts_from(now)
        self.ends = None if limit is None else self.clock_began + limit

    def acknowledge(self, m: Moment, person: str) -> None:
        """The ack clock becomes the work clock of the step."""
        limit = self.rung.work if self.plan.functional and self.stop >= 0 else None
        self.work_from(m.now, limit)
        if self.plan.functional:
            self.case.hands.baton_goes(self.holder, person, m.now, works=True)
            self.holder = person
            self.offered_to = self.offered_by = None
        self.hush()
        self.say(
            m, "acknowledged", tier=self.tier or "", track="functional" if self.plan.functional else "hierarchical"
        )
        self.case.let_in(people=[person])
        self.moved(m)

    def learn(self, m: Moment, severity: int) -> None:
        """A running clock is not touched; a track that waits may begin."""
        self.severity = severity
        if severity <= 2:
            self.case.outbox.is_loud(self.home, severity, m.now)
        if self.stop < 0 and self.held_since is None and not self.plan.functional:
            self.case.look_at(m, [self])

    def end(self, m: Moment) -> None:
        self.ended = True
        self.held_since = self.held_until = self.quiet_until = self.awaits_until = None
        self.offered_to = self.offered_by = self.offer_ends = self.unreached_at = self.elsewhere_at = None
        self.hush(None)
        self.moved(m)
