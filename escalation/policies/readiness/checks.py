"""Facts in, findings out: what is not ready. Pure: plain values, no clock, no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import reduce
from itertools import chain

from escalation.notify.fitness import Fault, Flaw
from escalation.oncall.spans import Span, common

from . import following, holes
from .facts import Calendar, Channel, Facts, Ids, Informing, LastResort, Person, Policy, Rota, Service, Step

STALE = timedelta(days=30)  # so long holidays that were read may be counted on


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
    REPEATED = "repeated"
    LAST_AGAIN = "last_again"
    UNSENT = "unsent"
    RULE = "rule"
    UNTESTED = Fault.UNTESTED.value


Subject = Person | Rota | Step | Policy | Informing | LastResort | Channel | Service | Calendar


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
    looks = (_services, _last_resort, _policies, _steps, _following, _schedules, _calendars, _rules, _people, _channels)
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
    ends, said = holes.ends(facts), holes.said_of_policies(facts)
    for step in facts.steps:
        rotas = holes.rotas_of(facts, step)
        called = holes.called_now(facts, step)
        if called and not _reachable(facts, called):
            people = tuple(facts.people[one] for one in sorted(called))
            yield Finding(Kind.STEP_UNREACHABLE, True, step, step.teams, people=people)
        zone = rotas[0].zone if rotas else "UTC"
        now = holes.nobody_now(facts, step)
        if now is not None and not holes.covers(said[step.id], now):
            yield Finding(Kind.STEP_NOBODY, True, step, step.teams, gaps=(now,) if rotas else (), zone=zone)
        if len(rotas) > 1:
            told = holes.told(facts, step, said)
            left = tuple(gap for gap in holes.empty(facts, step, forgiving=False) if not holes.covers(told, gap))
            red = step.id in ends and holes.hurts(facts, step, told)
            if left:
                yield Finding(Kind.STEP_GAPS, red, step, step.teams, gaps=left, zone=zone)


def _following(facts: Facts) -> Iterator[Finding]:
    """A step that adds nobody to the one before it, and one that goes on before people's own rules have sent."""
    alike: dict[object, tuple[list[Span], list[Person]]] = {}  # many steps call by the same few schedules
    for before, step in following.pairs(facts):
        calls = tuple((one.people, one.rotas, one.fallback) for one in (before, step))
        if calls not in alike:
            alike[calls] = following.nobody_new(facts, before, step)
        again, people = alike[calls]
        if again:
            found = Finding(Kind.REPEATED, False, step, step.teams, gaps=tuple(again), zone=_zone(facts, step))
            yield replace(found, people=tuple(people), steps=(before,))
        if late := following.never_sent(facts, before, step):
            yield Finding(Kind.UNSENT, False, before, before.teams, people=tuple(late))
    for policy in facts.policies.values():
        if late_again := following.never_sent_again(facts, policy):
            step, waiting = late_again
            yield Finding(Kind.UNSENT, False, step, step.teams, people=tuple(waiting), steps=(step,))
    last = facts.last_resort
    for step in dict.fromkeys(following.last_steps(facts)) if last is not None else ():
        if last is not None and (alone := following.last_alone(facts, step, last.id)):
            found = Finding(Kind.LAST_AGAIN, False, step, step.teams, gaps=tuple(alone), zone=_zone(facts, step))
            yield replace(found, people=tuple(facts.people[one] for one in [last.id] if one in facts.people))


def _zone(facts: Facts, step: Step) -> str:
    return next((rota.zone for rota in holes.rotas_of(facts, step)), "UTC")


def _schedules(facts: Facts) -> Iterator[Finding]:
    ends, said = holes.ends(facts), holes.said_of_policies(facts)
    for rota in facts.rotas.values():
        alone = tuple(step for step in facts.steps if step.rotas == (rota.id,) and not step.people)
        told = {step.id: holes.told(facts, step, said) for step in alone}
        for_all = reduce(common, told.values()) if told else []
        if left := tuple(gap for gap in rota.gaps if not holes.covers(for_all, gap)):
            red = any(step.id in ends and holes.hurts(facts, step, told[step.id]) for step in alone)
            yield Finding(Kind.SCHEDULE_GAPS, red, rota, rota.teams, gaps=left, zone=rota.zone, steps=alone)
        for person, spans in rota.away:
            who = facts.people[person]
            teams = rota.teams | who.teams
            yield Finding(Kind.AWAY, False, rota, teams, gaps=spans, zone=rota.zone, people=(who,))


def _calendars(facts: Facts) -> Iterator[Finding]:
    """Red where who is on call depends on what nobody has read, or not for long."""
    for one in facts.calendars:
        unknown = one.read is None or facts.at - one.read >= STALE
        yield Finding(Kind.CALENDAR, one.decides and unknown, one, one.teams)


def _rules(facts: Facts) -> Iterator[Finding]:
    """One that would inform nobody. The path calls all the same."""
    for rule in facts.informing:
        if not any(person.reachable for person in rule.people):
            yield Finding(Kind.RULE, False, rule, rule.teams, people=rule.people)


def _policies(facts: Facts) -> Iterator[Finding]:
    for policy in facts.policies.values():
        path = list(holes.climbed(facts, policy))
        steps = [step for step in path if step.functional]
        if not steps:
            yield Finding(Kind.POLICY_EMPTY, True, policy, policy.teams | _all_teams(path))
            continue
        teams = _all_teams(steps)
        if empty := holes.all_empty(facts, steps):
            zone = next((rota.zone for step in steps for rota in holes.rotas_of(facts, step)), "UTC")
            yield Finding(Kind.POLICY_GAPS, True, policy, teams, gaps=tuple(empty), zone=zone)
        ever = set(chain.from_iterable(holes.ever(facts, step) for step in steps))
        if len(ever) == 1:
            yield Finding(Kind.SAME_PERSON, False, policy, teams, people=(facts.people[ever.pop()],))


def _reachable(facts: Facts, people: Iterable[int]) -> bool:
    return any(one in facts.people and facts.people[one].reachable for one in people)


def _all_teams(some: Iterable[Person | Step]) -> Ids:
    return frozenset(chain.from_iterable(one.teams for one in some))
