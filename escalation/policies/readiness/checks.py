"""Facts in, findings out: what is not ready. Pure: plain values, no clock, no database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from itertools import chain

from escalation.notify.fitness import Fault, Flaw
from escalation.oncall.spans import Span, common, union

AHEAD = timedelta(days=60)
SOON = timedelta(days=7)  # within so long a shift may be waited for
STALE = timedelta(days=30)  # so long holidays that were read may be counted on
Ids = frozenset[int]


class Kind(StrEnum):
    """In the order they are shown, red ones first."""

    SERVICE = "service"
    LAST_RESORT = "last_resort"
    POLICY_EMPTY = "policy_empty"
    POLICY_GAPS = "policy_gaps"
    STEP_NOBODY = "step_nobody"
    STEP_UNREACHABLE = "step_unreachable"
    UNREACHABLE = Fault.UNREACHABLE.value
    EMAIL_ONLY = Fault.EMAIL_ONLY.value
    NO_LOUD_RULE = Fault.NO_LOUD_RULE.value
    LATE = Fault.LATE.value
    FAILING = Fault.FAILING.value
    UNUSABLE = Fault.UNUSABLE.value
    CHANNEL = "channel"
    STEP_GAPS = "step_gaps"
    SCHEDULE_GAPS = "schedule_gaps"
    CALENDAR = "calendar"
    AWAY = "away"
    SAME_PERSON = "same_person"
    UNTESTED = Fault.UNTESTED.value


@dataclass(frozen=True)
class Person:
    """Somebody who may be called: their account is active."""

    id: int
    name: str
    teams: Ids = frozenset()
    flaws: tuple[Flaw, ...] = ()
    down: tuple[str, ...] = ()  # channels that their rules use and that do not work here

    @property
    def reachable(self) -> bool:
        return not any(flaw.fault is Fault.UNREACHABLE for flaw in self.flaws)


@dataclass(frozen=True)
class Rota:
    """A schedule: who is on call now and in the coming time, and when nobody is."""

    id: int
    name: str
    zone: str = "UTC"
    teams: Ids = frozenset()
    now: Ids = frozenset()
    people: Ids = frozenset()
    gaps: tuple[Span, ...] = ()
    away: tuple[tuple[int, tuple[Span, ...]], ...] = ()  # who is on call while they are away


@dataclass(frozen=True)
class Step:
    """``people``: whom it calls by name or team, as far as they can be called."""

    id: int
    policy: int
    name: str  # such as “Payments”, 2. L2 Applications
    people: Ids = frozenset()
    rotas: tuple[int, ...] = ()
    fallback: int | None = None
    awaits: bool = False
    functional: bool = True
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Policy:
    """``teams``: those whose services go by it."""

    id: int
    name: str
    then: int | None = None
    teams: Ids = frozenset()


@dataclass(frozen=True)
class LastResort:
    """``id`` is a person's; ``called`` whether their account can be called at all."""

    id: int
    name: str
    called: bool = True
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Channel:
    """A channel that does not work on this installation."""

    name: str
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Service:
    """A service that carries messages and does not answer. ``tried``: when last, if nothing was sent by it since."""

    name: str
    why: str
    since: datetime
    tried: datetime | None = None


@dataclass(frozen=True)
class Calendar:
    """One from elsewhere that is not read any more: of a schedule's holidays, or of somebody's absences.

    ``name`` is the schedule's or the person's; ``decides``: layers of the schedule go by it.
    """

    name: str
    since: datetime
    read: datetime | None = None
    teams: Ids = frozenset()
    host: str = ""
    rota: int | None = None
    decides: bool = False


@dataclass(frozen=True)
class Facts:
    at: datetime
    people: Mapping[int, Person] = field(default_factory=dict)
    rotas: Mapping[int, Rota] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    policies: Mapping[int, Policy] = field(default_factory=dict)
    last_resort: LastResort | None = None
    away: Sequence[Service] = ()
    calendars: Sequence[Calendar] = ()


Subject = Person | Rota | Step | Policy | LastResort | Channel | Service | Calendar


@dataclass(frozen=True)
class Finding:
    """One thing that is not ready. ``subject``: what it is about; ``teams``: whose supervisors see it."""

    kind: Kind
    red: bool
    subject: Subject
    teams: Ids = frozenset()
    flaw: Flaw | None = None
    gaps: tuple[Span, ...] = ()
    zone: str = "UTC"
    people: tuple[Person, ...] = ()
    steps: tuple[Step, ...] = ()


def check(facts: Facts) -> list[Finding]:
    """Everything that is not ready, worst first."""
    looks = (_services, _last_resort, _policies, _steps, _schedules, _calendars, _people, _channels)
    order = list(Kind)
    found = chain.from_iterable(look(facts) for look in looks)
    return sorted(found, key=lambda one: (not one.red, order.index(one.kind), one.subject.name, str(one.gaps)))


# --- people and channels ----------------------------------------------------------------------


def _people(facts: Facts) -> Iterator[Finding]:
    for person in facts.people.values():
        for flaw in person.flaws:
            yield Finding(Kind(flaw.fault.value), flaw.red, person, person.teams, flaw=flaw)


def _channels(facts: Facts) -> Iterator[Finding]:
    """A channel that people count upon and that cannot send here."""
    missed: dict[str, list[Person]] = {}
    for person in facts.people.values():
        for channel in person.down:
            missed.setdefault(channel, []).append(person)
    for name, people in missed.items():
        teams = _all_teams(people)
        yield Finding(Kind.CHANNEL, False, Channel(name, teams), teams, people=tuple(people))


def _services(facts: Facts) -> Iterator[Finding]:
    """It concerns everybody who is called: a supervisor of any team has to know."""
    teams = _all_teams(facts.people.values())
    for service in facts.away:
        yield Finding(Kind.SERVICE, True, service, teams)


def _last_resort(facts: Facts) -> Iterator[Finding]:
    last = facts.last_resort
    if last is not None and not (last.called and _reachable(facts, [last.id])):
        yield Finding(Kind.LAST_RESORT, True, last, last.teams)


# --- steps and schedules ------------------------------------------------------------------------


def _steps(facts: Facts) -> Iterator[Finding]:
    ends = _ends(facts)
    for step in facts.steps:
        rotas = _rotas(facts, step)
        there = step.people.union(*(rota.now for rota in rotas))
        called = there or {one for one in [step.fallback] if one is not None}
        if called and not _reachable(facts, called):
            people = tuple(facts.people[one] for one in sorted(called))
            yield Finding(Kind.STEP_UNREACHABLE, True, step, step.teams, people=people)
        if not called and not _shift_is_near(facts, step):
            yield Finding(Kind.STEP_NOBODY, True, step, step.teams)
        if len(rotas) > 1 and (gaps := _empty(facts, step, forgiving=False)):
            red = step.id in ends and bool(_empty(facts, step, forgiving=True))
            yield Finding(Kind.STEP_GAPS, red, step, step.teams, gaps=tuple(gaps), zone=rotas[0].zone)


def _shift_is_near(facts: Facts, step: Step) -> bool:
    """Whether the step waits for a shift, and one begins soon enough."""
    gaps = _empty(facts, step, forgiving=False)
    return step.awaits and bool(step.rotas) and not (gaps and _long(gaps[0]))


def _ends(facts: Facts) -> Ids:
    """The first step of each path, which is to answer at once, and the last one, after which nobody is called."""
    paths = ([step.id for step in climbed(facts, one) if step.functional] for one in facts.policies.values())
    return frozenset(chain.from_iterable((path[0], path[-1]) for path in paths if path))


def _schedules(facts: Facts) -> Iterator[Finding]:
    ends = _ends(facts)
    for rota in facts.rotas.values():
        if rota.gaps:
            alone = tuple(step for step in facts.steps if step.rotas == (rota.id,) and not step.people)
            red = any(step.id in ends and _empty(facts, step, forgiving=True) for step in alone)
            yield Finding(Kind.SCHEDULE_GAPS, red, rota, rota.teams, gaps=rota.gaps, zone=rota.zone, steps=alone)
        for person, spans in rota.away:
            who = facts.people[person]
            teams = rota.teams | who.teams
            yield Finding(Kind.AWAY, False, rota, teams, gaps=spans, zone=rota.zone, people=(who,))


def _calendars(facts: Facts) -> Iterator[Finding]:
    """Red where who is on call depends on what nobody has read, or not for long."""
    for one in facts.calendars:
        unknown = one.read is None or facts.at - one.read >= STALE
        yield Finding(Kind.CALENDAR, one.decides and unknown, one, one.teams)


def _policies(facts: Facts) -> Iterator[Finding]:
    for policy in facts.policies.values():
        path = list(climbed(facts, policy))
        steps = [step for step in path if step.functional]
        if not steps:
            yield Finding(Kind.POLICY_EMPTY, True, policy, policy.teams | _all_teams(path))
            continue
        teams = _all_teams(steps)
        empty = reduce(common, [_empty(facts, step, forgiving=True) for step in steps])
        if empty:
            zone = next((rota.zone for step in steps for rota in _rotas(facts, step)), "UTC")
            yield Finding(Kind.POLICY_GAPS, True, policy, teams, gaps=tuple(empty), zone=zone)
        ever = set(chain.from_iterable(_ever(facts, step) for step in steps))
        if len(ever) == 1:
            yield Finding(Kind.SAME_PERSON, False, policy, teams, people=(facts.people[ever.pop()],))


def climbed(facts: Facts, policy: Policy | None) -> Iterator[Step]:
    """The steps of a policy and of those it goes on with."""
    seen = set()
    while policy is not None and policy.id not in seen:
        seen.add(policy.id)
        yield from (step for step in facts.steps if policy and step.policy == policy.id)
        policy = facts.policies.get(policy.then) if policy.then is not None else None


def _rotas(facts: Facts, step: Step) -> list[Rota]:
    return [facts.rotas[one] for one in step.rotas if one in facts.rotas]


def _ever(facts: Facts, step: Step) -> set[int]:
    """Everybody a step may call in the coming time."""
    found = set(step.people).union(*(rota.people for rota in _rotas(facts, step)))
    return found | {one for one in [step.fallback] if one is not None}


def _empty(facts: Facts, step: Step, *, forgiving: bool) -> list[Span]:
    """When a step has nobody to call. ``forgiving``: not if it has a fallback, or waits for a shift that is near."""
    rotas = _rotas(facts, step)
    if step.people or (forgiving and step.fallback is not None):
        return []
    if not rotas:
        return [Span(facts.at, facts.at + AHEAD)]
    gaps = reduce(common, [union(rota.gaps) for rota in rotas])
    return [gap for gap in gaps if _long(gap)] if forgiving and step.awaits else gaps


def _long(gap: Span) -> bool:
    """Whether no shift begins within a week: to wait for one is no answer."""
    return gap.end - gap.start >= SOON


def _reachable(facts: Facts, people: Iterable[int]) -> bool:
    return any(one in facts.people and facts.people[one].reachable for one in people)


def _all_teams(some: Iterable[Person | Step]) -> Ids:
    return frozenset(chain.from_iterable(one.teams for one in some))
