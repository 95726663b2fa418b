"""Incidents: who may do what with them, and what each knows. What people do is in ``working``, ``passing``, ``ending``
and ``sharing``."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .climb import Climb
from .ending import Ends
from .hands import Hands, HasHands
from .maintenance import InMaintenance, Windows
from .moment import Moment
from .organisation import No, Organisation, Tries
from .outbox import Outbox
from .outside import HearsOfElsewhere
from .passing import Passes
from .promises import KeepsPromises, Promised
from .ruling import Learnt
from .severity import Severity
from .sharing import Shares
from .working import Works

# What becomes of a baton, as the record calls it.
PASSED = {"offered", "accepted", "declined", "taken_back", "offer_returned", "called", "acknowledged", "reassigned"}

# What says something to a policy's rules and moves no climb: what it waits for is looked at anew, as it is by then.
WRITTEN = {"note", "attempt", "facts", "needs", "decided", "advice_declined", "began_work", "stopped_work"}
WRITTEN |= {"runbook_ticked", "runbook_unticked", "absorbed", "linked", "unlinked", "attached", "detached"}
WRITTEN |= {"restricted", "unrestricted", "let_in", "update_published", "promise_risk", "promise_broken"}


@dataclass(eq=False)
class Case(Works, Passes, Ends, Shares, HasHands, KeepsPromises, InMaintenance, HearsOfElsewhere):
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
    promised: Promised = field(default_factory=Promised)
    hands: Hands = field(default_factory=Hands)
    last_passed: str = ""  # what last became of the baton, by the record
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
        self.hear(m, kind, facts)

    def hear(self, m: Moment, kind: str, facts: dict) -> None:
        """What is said of it, or of one of its climbs, may concern what is promised."""
        self.promised.hear(m, kind, facts, person=m.actor in self.org.people)
        self.withdraw_what_is_moot()
        if kind in PASSED:
            self.last_passed = kind
        if kind in WRITTEN:
            self.run.learns(m)

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
                new[-1].clock_began = None if plan.after is None else m.now
                new[-1].learnt = Learnt.at(m.now, self.facts.affected) if plan.rules else None
        self.climbs += new
        self.look_at(m, new, again=again)

    def judge_again(self, m: Moment) -> None:
        before, self.severity = self.severity, self.facts.judged()
        if self.severity != before:
            for climb in self.running:
                climb.learn(m, self.severity)
            self.promise(m.now)

    # --- working on it -------------------------------------------------------------------------
