"""Who there is and what the policies say now; and a policy frozen into the plan of one climb."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .nights import Night
from .rota import Rota, next_somebody
from .ruling import Ruling


class No(Exception):
    """The verb is refused; ``code`` as the product must give it."""

    def __init__(self, code: str = "state"):
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class Way:
    """One way to reach somebody. ``name`` tells those of one person apart."""

    name: str
    channel: str
    works: bool = True  # verified and not removed


@dataclass(frozen=True)
class Told:
    """By one way, at that instant; ``quiet``: later than their rules say, because of quiet hours."""

    channel: str
    way: Way | None
    at: datetime
    quiet: bool = False


@dataclass
class Tries:
    """Of one step: how often somebody failed or died at it, and when it may be tried again."""

    count: int = 0
    again_at: datetime | None = None


@dataclass
class Person:
    """``rules``: loud or quiet → (minutes later, way) in their order."""

    active: bool = True
    staff: bool = False
    auditor: bool = False
    ways: dict[str, Way] = field(default_factory=dict)
    rules: dict[str, list[tuple[int, Way]]] = field(default_factory=dict)
    night: Night | None = None

    def told(self, urgency: str, *, asks: bool, now: datetime) -> list[Told]:
        """By what, and when; the desk always, at once."""
        chain = [(minutes, way) for minutes, way in self.rules.get(urgency, []) if way.works]
        soonest = min((minutes for minutes, _way in chain), default=0)
        if not asks:
            chain = [(0, way) for minutes, way in chain if minutes == soonest]
        ordered = list(dict.fromkeys(sorted(chain, key=lambda rule: rule[0])))
        ways = [(timedelta(minutes=minutes), way) for minutes, way in ordered] or [(timedelta(), None)]
        return [Told("desk", None, now), *(self._at(urgency, later, way, now) for later, way in ways)]

    def _at(self, urgency: str, later: timedelta, way: Way | None, now: datetime) -> Told:
        night = self.night if urgency == "quiet" else None
        at = now + later if night is None else night.after(now, later)
        return Told(way.channel if way else "email", way, at, quiet=at != now + later)


@dataclass
class Tier:
    team: str
    rank: int
    ack: int  # minutes
    work: int | None = None
    functional: bool = True


@dataclass(frozen=True)
class Step:
    """One rung as admins state it; empty limits are the tier's."""

    tier: str
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    rotas: tuple[str, ...] = ()
    ack: int | None = None
    work: int | None = None
    fallback: str | None = None
    always: bool = False
    awaits: bool = False  # a shift, if nobody is there and there is no fallback
    mode: str = "inform"  # counts on the hierarchical track only


@dataclass(frozen=True)
class Promise:
    """A promised time: of any severity, or service, that has none of its own. ``warn`` at so many percent of it.
    None: nothing is promised there."""

    kind: str
    minutes: int | None
    severity: int | None = None
    service: str | None = None
    warn: int = 80
    office: bool = False  # only office time counts


@dataclass
class Policy:
    steps: list[Step]
    rounds: int = 1
    begins: int | None = None  # minutes; of the policy that an incident is opened under, not of one that follows
    then: str | None = None
    from_severity: int | None = None
    after_minutes: int | None = None
    rules: list[Ruling] = field(default_factory=list)


@dataclass(frozen=True)
class Rung:
    """A step frozen: what the climb goes by, whatever is edited later."""

    tier: str
    people: tuple[str, ...]
    teams: tuple[str, ...]
    rotas: tuple[str, ...]
    ack: timedelta
    work: timedelta | None
    fallback: str | None
    always: bool
    awaits: bool
    mode: str


@dataclass
class Plan:
    """``stops`` is the whole climb, round after round, as (lap, rung)."""

    functional: bool
    stops: list[tuple[int, Rung]]
    from_severity: int | None = None
    after: timedelta | None = None  # so long nothing is done
    rules: tuple[Ruling, ...] = ()

    def rung(self, stop: int) -> Rung:
        return self.stops[stop][1]

    def same_lap(self, stop: int) -> list[int]:
        return [number for number, (lap, _rung) in enumerate(self.stops) if lap == self.stops[stop][0]]


@dataclass
class Organisation:
    last_resort: str
    catch_all: str
    owner: str
    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, dict[str, str]] = field(default_factory=dict)  # team → person → role
    tiers: dict[str, Tier] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    rotas: dict[str, Rota] = field(default_factory=dict)
    services: dict[str, list] = field(default_factory=dict)  # service → [team, policy or None]
    promises: tuple[Promise, ...] = ()

    # --- who is there ---------------------------------------------------------------------

    def can_be_called(self, person: str | None) -> bool:
        return person is not None and self.people[person].active and not self.people[person].auditor

    def reached(self, team: str) -> list[str]:
        """A call to a team reaches its active agents, or its supervisors if it has none."""
        there = [person for person in sorted(self.teams[team]) if self.can_be_called(person)]
        agents = [person for person in there if self.teams[team][person] == "agent"]
        return agents or [person for person in there if self.teams[team][person] == "supervisor"]

    def serving(self, tier: str) -> tuple[str, ...]:
        return tuple(name for name in sorted(self.rotas) if tier in self.rotas[name].tiers)

    def crew(self, tier: str, now: datetime) -> list[str]:
        """Whom a call to a tier reaches."""
        rotas = self.serving(tier)
        return self.on_call(rotas, now) if rotas else self.reached(self.tiers[tier].team)

    def on_call(self, rotas: tuple[str, ...], now: datetime) -> list[str]:
        there = [self.rotas[name].on_call(now) for name in rotas]
        return list(dict.fromkeys(person for person in there if person is not None and self.can_be_called(person)))

    def having_somebody(self, rung: Rung, now: datetime) -> list[str]:
        """The schedules by which a rung calls somebody now."""
        return [name for name in rung.rotas if self.on_call((name,), now)]

    def brought_in(self, rung: Rung, now: datetime, *, by_fallback: bool = False) -> list[str]:
        """The teams that a call of a rung lets see the incident."""
        by = [] if by_fallback else self.having_somebody(rung, now)
        return [*rung.teams, *(self.rotas[name].team for name in by)]

    def next_shift(self, rung: Rung, now: datetime) -> datetime | None:
        if not rung.awaits:
            return None
        return next_somebody([self.rotas[name] for name in rung.rotas], now, self.can_be_called)

    def seated(self, rung: Rung, now: datetime) -> tuple[list[str], bool]:
        """Whom a rung calls right now, and whether that is its fallback."""
        there = [person for person in rung.people if self.can_be_called(person)]
        for team in rung.teams:
            there += [person for person in self.reached(team) if person not in there]
        there += [person for person in self.on_call(rung.rotas, now) if person not in there]
        if not there and self.can_be_called(rung.fallback):
            return [rung.fallback], True
        return there, False

    def tier_of(self, person: str, now_at: str | None) -> str | None:
        """Where somebody works: at the present tier if its team is theirs, else at their highest."""
        theirs = [name for name, tier in self.tiers.items() if tier.functional and person in self.teams[tier.team]]
        if now_at in theirs:
            return now_at
        return max(theirs, key=lambda name: self.tiers[name].rank, default=None)

    def promised(self, service: str | None, severity: int) -> dict[str, Promise]:
        """By kind. What is promised of a service goes before what is of a severity."""
        fitting = [p for p in self.promises if p.service in (None, service) and p.severity in (None, severity)]
        fitting.sort(key=lambda p: (p.service is not None, p.severity is not None))
        counts = {promise.kind: promise for promise in fitting}
        return {kind: promise for kind, promise in counts.items() if promise.minutes is not None}

    # --- freezing -------------------------------------------------------------------------

    def policy_for(self, service: str | None) -> str:
        return (service and self.services[service][1]) or self.catch_all

    def plan(self, policy: str, *, functional: bool) -> Plan:
        first = self.policies[policy]
        stops: list[tuple[int, Rung]] = []
        lap, link = 0, policy
        while link is not None:
            rungs = [self._rung(s) for s in self.policies[link].steps if self.tiers[s.tier].functional == functional]
            for _round in range((self.policies[link].rounds if functional else 1) if rungs else 0):
                stops += [(lap, rung) for rung in rungs]
                lap += 1
            link = self.policies[link].then
        minutes = first.begins if functional else first.after_minutes
        after = None if minutes is None else timedelta(minutes=minutes)
        if functional:
            return Plan(True, stops, after=after, rules=tuple(first.rules))
        return Plan(False, stops, first.from_severity, after)

    def _rung(self, step: Step) -> Rung:
        tier = self.tiers[step.tier]
        work = step.work or tier.work
        says_itself = step.people or step.teams or step.rotas
        rotas = tuple(sorted(step.rotas)) if says_itself else self.serving(step.tier)
        return Rung(
            tier=step.tier,
            people=tuple(sorted(step.people)),
            teams=tuple(sorted(step.teams)) if says_itself or rotas else (tier.team,),
            rotas=rotas,
            ack=timedelta(minutes=step.ack or tier.ack),
            work=None if work is None else timedelta(minutes=work),
            fallback=step.fallback,
            always=step.always,
            awaits=step.awaits and not step.fallback,
            mode="call" if tier.functional else step.mode,
        )

    def edit_step(self, policy: str, number: int, **changes) -> None:
        steps = self.policies[policy].steps
        steps[number] = replace(steps[number], **changes)
