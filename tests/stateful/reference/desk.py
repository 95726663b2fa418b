"""Incidents and what people do with them: who may, when it is refused, and what it changes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .climb import Climb
from .maintenance import InMaintenance, Windows
from .moment import Moment
from .organisation import No, Organisation, Tries
from .outbox import Outbox
from .ruling import Learnt

OFFER = timedelta(minutes=5)
CLOSES_AFTER = timedelta(days=7)


@dataclass(eq=False)
class Severity:
    """What severity comes from: an override, else the worst of three."""

    impact: int = 2
    urgency: int = 2
    affected: int = 0
    reported: int | None = None
    override: int | None = None

    def judged(self) -> int:
        if self.override is not None:
            return self.override
        verdicts = [min(5, self.impact + self.urgency - 1)]
        verdicts += [severity for least, severity in ((100, 2), (1000, 1)) if self.affected >= least]
        return min([*verdicts, *([] if self.reported is None else [self.reported])])


@dataclass(eq=False)
class Case(InMaintenance):
    """One incident."""

    number: int
    org: Organisation
    outbox: Outbox
    service: str | None
    opened_at: datetime
    facts: Severity
    restricted: bool = False
    previous: int | None = None
    severity: int = 5
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    closes_at: datetime | None = None
    closing_tries: Tries = field(default_factory=Tries)
    resolver: str | None = None
    merged_into: "Case | None" = None
    by_hand: bool = True  # opened by a person
    files: dict[bytes, str] = field(default_factory=dict)  # by whom
    windows: Windows = field(default_factory=Windows)
    anyway: bool = False  # people are called although it is in maintenance
    settles_at: datetime | None = None  # when the timekeeper sees whether it is in maintenance
    settling_tries: Tries = field(default_factory=Tries)
    told_over: dict[tuple, set[str]] = field(default_factory=dict)  # whom the end of a silence has told
    attempts: int = 0
    failed: int = 0
    climbs: list[Climb] = field(default_factory=list)
    lines: list[tuple[str, dict]] = field(default_factory=list)
    people: set[str] = field(default_factory=set)  # who may see it, by name
    teams: set[str] = field(default_factory=set)

    # --- questions ---------------------------------------------------------------------------

    @property
    def run(self) -> Climb:
        return [climb for climb in self.climbs if climb.plan.functional][-1]

    @property
    def authority(self) -> Climb | None:
        return next((climb for climb in reversed(self.climbs) if not climb.plan.functional), None)

    @property
    def running(self) -> list[Climb]:
        return [climb for climb in self.climbs if not climb.ended]

    @property
    def token(self) -> tuple[int, int]:
        """What a form was made from."""
        return (self.run.number, self.run.version)

    @property
    def status(self) -> str:
        if self.closed_at or self.resolved_at:
            return "closed" if self.closed_at else "resolved"
        if self.run.held_until:
            return "on_hold"
        return "acknowledged" if self.run.working_since else "triggered"

    def may_see(self, person: str) -> bool:
        who = self.org.people[person]
        if not who.active:
            return False
        in_team = not self.restricted and any(person in self.org.teams[team] for team in self.teams)
        return who.staff or who.auditor or person in self.people or in_team

    def may_act(self, person: str) -> bool:
        who = self.org.people[person]
        return self.may_see(person) and (who.staff or not who.auditor)

    def may_reassign(self, person: str) -> bool:
        leads = any(self.org.teams[team].get(person) == "supervisor" for team in self.teams)
        return self.may_act(person) and (self.org.people[person].staff or leads)

    # --- small words ---------------------------------------------------------------------------

    def say(self, m: Moment, kind: str, **facts: Any) -> None:
        self.lines.append((kind, {"actor": m.actor, "at": m.now, **facts}))

    def let_in(self, *, people=(), teams=()) -> None:
        self.people |= set(people)
        self.teams |= set(teams)

    def begin(self, m: Moment, seen: tuple[int, int] | None = None, *, needs_open: bool = True) -> None:
        if not self.may_act(m.actor):
            raise No("not-allowed")
        if seen is not None and seen != self.token:
            raise No("stale")
        if needs_open and self.resolved_at:
            raise No

    def climb(self, m: Moment, *, again: bool = False) -> None:
        """A new climb on each track, and its first step at once."""
        policy, new = self.org.policy_for(self.service), []
        for functional in (True, False):
            plan = self.org.plan(policy, functional=functional)
            if functional or plan.stops:
                ends = None if plan.after is None else m.now + plan.after
                new.append(Climb(self, len(self.climbs) + len(new), plan, self.severity, ends))
                new[-1].learnt = Learnt.at(m.now, self.facts.affected) if plan.rules else None
        self.climbs += new
        self.look_at(m, new, again=again)

    def judge_again(self, m: Moment) -> None:
        before, self.severity = self.severity, self.facts.judged()
        if self.severity != before:
            for climb in self.running:
                climb.learn(m, self.severity)

    # --- working on it -------------------------------------------------------------------------

    def acknowledge(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        if self.run.offered_to == m.actor:
            self._accept(m)
        elif self.run.held_until or (self.run.working_since and self.run.over != "exhausted"):
            raise No
        else:
            self.run.acknowledge(m, m.actor)

    def answer(self, m: Moment) -> None:
        """A manager asked for a decision is on it."""
        self.begin(m)
        climb = self.authority
        if climb is None or climb.ended or climb.stop < 0 or climb.working_since:
            raise No
        if all(climb.plan.rung(stop).mode == "inform" for stop in range(climb.stop + 1)):
            raise No
        if not self.was_asked_to_decide(climb, m.actor):
            raise No("not-allowed")
        climb.acknowledge(m, m.actor)

    def was_asked_to_decide(self, climb: Climb, person: str) -> bool:
        asked = {x.person for x in self.outbox.messages if x.home == climb.home and x.kind in ("call", "last_resort")}
        return person in asked | climb.deciders or self.org.people[person].staff

    def note(self, m: Moment) -> None:
        self.begin(m, needs_open=False)
        self.say(m, "note")

    def attempt(self, m: Moment, outcome: str) -> None:
        self.begin(m)
        self.attempts += 1
        self.failed += outcome != "helped"
        self.run.say(m, "attempt", outcome=outcome, number=self.attempts)
        if self.run.learnt is not None:
            self.run.learnt.tried(outcome, m.now)
        self.run.learns(m)

    def state(self, m: Moment, **facts: int) -> None:
        self.begin(m)
        changed = {name: value for name, value in facts.items() if getattr(self.facts, name) != value}
        if changed:
            vars(self.facts).update(changed)
            if self.run.learnt is not None and "affected" in changed:
                self.run.learnt.affected = (self.facts.affected, m.now)
            self.judge_again(m)
            self.say(m, "facts")
            self.run.learns(m)

    def set_severity(self, m: Moment, severity: int | None) -> None:
        self.begin(m)
        self.facts.override = severity
        self.judge_again(m)
        self.say(m, "facts", override=severity)

    # --- passing the baton ---------------------------------------------------------------------

    def onward(self) -> list[int]:
        """Each later tier once, at its first stop."""
        run, found = self.run, []
        known = {run.rung.tier} if run.stop >= 0 else set()
        for stop in range(run.stop + 1, len(run.plan.stops)):
            if run.plan.rung(stop).tier not in known:
                known.add(run.plan.rung(stop).tier)
                found.append(stop)
        return found if not run.ended else []

    def escalate(self, m: Moment, to: int | None = None, seen=None) -> None:
        self.begin(m, seen)
        self.take_step(m, to)

    def take_step(self, m: Moment, to: int | None, *, after_saying: str = "") -> None:
        run, onward = self.run, self.onward()
        if not onward:
            raise No
        if to is not None and to not in onward:
            raise No("stale")
        ahead = range(run.stop + 1, len(run.plan.stops)) if to is None else [to]
        stop = next((stop for stop in ahead if self.org.seated(run.plan.rung(stop), m.now)[0]), None)
        if stop is None:
            raise No
        people, by_fallback = self.org.seated(run.plan.rung(stop), m.now)
        passed = [run.plan.rung(s).tier for s in range(run.stop + 1, stop)] if to is None else []
        if after_saying:
            run.say(m, after_saying)
        run.call(m, stop, people, by_fallback, "by_hand", m.now, passed=passed, reason="time")
        self._wake_authority(m)

    def _wake_authority(self, m: Moment) -> None:
        if self.authority is not None and self.authority.held_until:
            self.authority.wake(m, m.now)

    def hand_over(self, m: Moment, to: str, seen=None) -> None:
        self.begin(m, seen)
        run = self.run
        if run.holder != m.actor or run.held_until:
            raise No
        if to == m.actor or not self._may_hold(to):
            raise No("invalid")
        instead_of = run.offered_to
        run.withdraw()
        run.offered_to, run.offered_by, run.offer_ends = to, m.actor, run.counts_from(m.now) + OFFER
        run.say(m, "offered", to=to, instead_of=instead_of)
        self.let_in(people=[to])
        run.tell(m, [to], "offer")
        if instead_of is not None and instead_of != to:
            run.tell(m, [instead_of], "withdrawn")
        run.moved(m)

    def _may_hold(self, person: str) -> bool:
        who = self.org.people[person]
        return who.active and (who.staff or not who.auditor)

    def accept(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        if self.run.offered_to != m.actor:
            raise No("stale")
        self._accept(m)

    def _accept(self, m: Moment) -> None:
        run, giver = self.run, self.run.offered_by
        tier = self.org.tier_of(m.actor, run.tier) or run.tier
        limit = run.work_limit(tier) if tier else None
        stop = run.place_of(tier)
        if stop is not None and stop > run.stop:  # the path goes on after the receiver's tier
            run.put(stop, m.now)
        run.work_from(m.now, limit)
        if run.learnt is not None and tier and tier != run.tier:
            run.learnt.arrived(m.now)
        run.holder, run.tier = m.actor, tier
        run.offered_to = run.offered_by = None
        run.hush()
        run.say(m, "accepted", **{"from": giver, "tier": tier or ""})
        run.tell(m, [giver], "accepted")
        run.moved(m)
        self._wake_authority(m)

    def decline(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        run, giver = self.run, self.run.offered_by
        if run.offered_to != m.actor:
            raise No("stale")
        run.withdraw()
        run.say(m, "declined", **{"from": giver})
        run.tell(m, [giver], "declined")
        run.moved(m)

    def take_back(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        run, receiver = self.run, self.run.offered_to
        if run.offered_by != m.actor:
            raise No("stale")
        run.withdraw()
        run.say(m, "taken_back", **{"from": receiver})
        run.tell(m, [receiver], "withdrawn")
        run.moved(m)

    def reassign(self, m: Moment, to: str | None, tier: str | None, seen=None) -> None:
        self.begin(m, seen)
        if not self.may_reassign(m.actor):
            raise No("not-allowed")
        if to is not None:
            if not self._may_hold(to):
                raise No("invalid")
            people, tier = [to], tier or self.org.tier_of(to, self.run.tier)
        else:
            people = self.org.crew(tier, m.now)
            if not people:
                raise No
        self._reassign(m, to, tier or self.run.tier, people)

    def _reassign(self, m: Moment, to: str | None, tier: str | None, people: list[str]) -> None:
        run, before = self.run, self.run.holder
        waits = to is None or run.working_since is None
        run.offer_ends = run.unreached_at = None
        stop = run.place_of(tier)
        if stop is not None:
            run.put(stop, m.now)
        at = run.held_since or m.now
        if run.stop < 0:
            run.reach_at = at
        if tier is not None and waits:  # what is left of the clock, but no longer than there is to answer
            answer_by = at + run.ack_limit(tier)
            run.ends = answer_by if run.ends is None else min(answer_by, max(run.ends, at))
            run.working_since, run.over, run.awaits_until = None, "", None
        elif tier is not None and run.over:
            limit = run.work_limit(tier)
            run.ends, run.over = None if limit is None else at + limit, ""
        was_at, run.holder, run.tier = run.tier, to, tier
        if run.learnt is not None and tier and tier != was_at:
            run.learnt.arrived(m.now)
        run.offered_to = run.offered_by = None
        run.hush()
        run.say(m, "reassigned", **{"from": before, "to": to, "tier": tier, "from_tier": was_at, "people": people})
        self.let_in(people=people, teams=[self.org.tiers[tier].team] if tier and to is None else [])
        run.tell(m, people, "assigned")
        if before is not None and before not in people:
            run.tell(m, [before], "moved")
        run.moved(m)

    # --- stopping the clocks -----------------------------------------------------------------

    def hold(self, m: Moment, until: datetime, seen=None) -> None:
        self.begin(m, seen)
        if self.run.held_until:
            raise No
        if until <= m.now:
            raise No("invalid")
        for climb in self.running:
            climb.hold(m, until)
        self.run.say(m, "held")

    def resume(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        held = [climb for climb in self.running if climb.held_until]
        if not held:
            raise No
        for climb in held:
            climb.wake(m, m.now)

    def resolve(self, m: Moment, seen=None) -> None:
        self.begin(m, seen)
        self.end(m, resolver=m.actor)

    def merge_into(self, m: Moment, other: "Case", seen=None) -> None:
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

    def restrict(self, m: Moment) -> None:
        self.begin(m, needs_open=False)
        if self.restricted:
            raise No
        self.restricted = True
        self.let_in(people=[m.actor, *(actor for actor in self._actors() if actor in self.org.people)])
        self.say(m, "restricted")

    def _actors(self) -> set[str]:
        lines = [*self.lines, *(line for climb in self.climbs for line in climb.lines)]
        return {facts["actor"] for _kind, facts in lines if facts.get("actor")}

    def lift_restriction(self, m: Moment) -> None:
        self.begin(m, needs_open=False)
        if not self.may_reassign(m.actor):
            raise No("not-allowed")
        if not self.restricted:
            raise No
        self.restricted = False
        self.say(m, "unrestricted")

    def attach(self, m: Moment, body: bytes) -> None:
        self.begin(m, needs_open=False)
        if body in self.files:
            raise No("invalid")
        self.files[body] = m.actor
        self.say(m, "attached")

    def bring_in(self, m: Moment, person: str) -> None:
        """Let somebody in by name, and tell them."""
        self.begin(m, needs_open=False)
        if not self.org.people[person].active:
            raise No("invalid")
        if person in self.people:
            raise No
        self.let_in(people=[person])
        self.run.tell(m, [person], "mentioned")
        self.say(m, "let_in")

    def end(self, m: Moment, *, resolver: str | None) -> None:
        if self.resolved_at:
            return
        self.resolved_at, self.resolver = m.now, resolver
        self.closes_at, self.closing_tries = m.now + CLOSES_AFTER, Tries()
        self.run.say(m, "resolved", attempts=self.attempts)
        for climb in self.running:
            climb.end(m)

    def may_reopen(self, m: Moment, seen=None) -> None:
        self.begin(m, seen, needs_open=False)
        if not self.resolved_at or self.closed_at:
            raise No

    def reopen(self, m: Moment) -> None:
        """After ``may_reopen``; the alerts have a say in between."""
        self.resolved_at = self.closes_at = self.resolver = self.merged_into = None
        self.let_in(people=[m.actor])
        self.say(m, "reopened")
        self.climb(m, again=True)

    def close(self, m: Moment) -> None:
        self.closed_at, self.closes_at = m.now, None
        self.say(m, "closed")
