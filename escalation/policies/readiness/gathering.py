"""The facts of this installation, in a fixed number of queries, and what is found in them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from escalation.notify import fitness, judging
from escalation.notify.models import Breaker
from escalation.oncall import shifts
from escalation.oncall.calendars import absences
from escalation.oncall.models import overrides_of, plans_of, seats_of
from escalation.oncall.roster import people_of
from escalation.oncall.spans import Span, outside, union
from escalation.people.models import Tier, User

from ..asking import requests_of
from ..freezing import Targets
from ..models import PolicyStep
from . import links
from .checks import Finding, check
from .facts import Asked, Calendar, Facts, Informing, LastResort, Person, Policy, Rota, Service, Step
from .holes import AHEAD


@dataclass(frozen=True)
class Rows:
    """What was read at ``now``, in plain dictionaries by id."""

    now: datetime
    known: links.Links
    steps: Sequence[PolicyStep]
    targets: Mapping[int, Targets]  # of each step
    informed: Mapping[int, Targets]  # by each rule
    last: int | None  # resort
    absent: absences.Dates
    overdue: Sequence[absences.Overdue]
    plans: Mapping[int, shifts.Plan]
    people: Mapping[int, Any]  # ``User`` with ``asked_by`` and ``asked_at``
    away: Sequence[Service]
    settled: Mapping[int, Any]


@dataclass(frozen=True)
class Report:
    """What was looked at, when, and what was found; ``of`` narrows it to some teams. ``record``: how many entries the
    installation's own record had."""

    facts: Facts
    findings: tuple[Finding, ...]
    record: int = 0

    @property
    def at(self) -> datetime:
        return self.facts.at

    @property
    def red(self) -> int:
        return sum(one.red for one in self.findings)

    @property
    def checked(self) -> tuple[int, int, int]:
        """So many people, steps and schedules."""
        return len(self.facts.people), len(self.facts.steps), len(self.facts.rotas)

    def of(self, teams: Collection[int]) -> "Report":
        mine = frozenset(teams)
        facts = Facts(
            self.at,
            {pk: one for pk, one in self.facts.people.items() if one.teams & mine},
            {pk: one for pk, one in self.facts.rotas.items() if one.teams & mine},
            [one for one in self.facts.steps if one.teams & mine],
            self.facts.policies,  # a path goes on through those of others
        )
        return Report(facts, tuple(one for one in self.findings if one.teams & mine), self.record)


def report(now: datetime) -> Report:
    return judged(read(now))


def gather(now: datetime) -> Facts:
    return facts_of(read(now))


def judged(rows: Rows) -> Report:
    facts = facts_of(rows)
    return Report(facts, tuple(check(facts)), sum(link.two for link in rows.known.all(links.RECORD)))


def read(now: datetime) -> Rows:
    """All that asks the database, and nothing that takes long: whoever reads what is not saved holds a lock."""
    known = links.read()
    steps = list(PolicyStep.objects.filter(policy__archived_at__isnull=True).select_related("policy", "tier"))
    targets, by_team = known.targets(steps), known.called()
    last = next((link.two for link in known.all(links.LAST)), None)
    absent, holidays, overdue = absences.at_a_glance(now, now + AHEAD)
    plans = _plans(known, holidays, now)
    named = {pk for plan in plans.values() for pk in people_of(plan)} | ({last} if last else set())
    informed = {link.one: known.informed(link.one) for link in known.all(links.RULE)}
    for whom in (*targets.values(), *informed.values()):
        named |= {*whom.people, *(pk for team in whom.teams for pk in by_team[team])}
    named |= {pk for row in steps for pk in _fallback(row)}
    asked = requests_of(OuterRef("pk"), now)
    people = User.objects.filter(pk__in=named).annotate(
        asked_by=Subquery(asked.values("by__name")[:1]), asked_at=Subquery(asked.values("at")[:1])
    )
    found = {one.pk: one for one in people}
    away = [Service(row.name, row.reason, row.since, row.untried_since(now)) for row in Breaker.objects.away(now)]
    settled = judging.settled(sorted(found.values(), key=lambda one: (one.name, one.pk)))
    return Rows(now, known, steps, targets, informed, last, absent, list(overdue), plans, found, away, settled)


def facts_of(rows: Rows) -> Facts:
    """What follows from them. It asks nothing more."""
    now, known, targets, last, found = rows.now, rows.known, rows.targets, rows.last, rows.people
    by_team, teams = known.called(), known.teams()
    users = {pk: one for pk, one in found.items() if one.is_active and not one.is_auditor}
    away = {pk: spans for pk, spans in rows.absent.items() if pk in users}
    rotas = {link.one: _rota(link, rows.plans[link.one], users, away, now) for link in known.all(links.SCHEDULE)}
    steps = [_step(row, targets[row.pk], by_team, users, rotas) for row in rows.steps]
    called = {pk for rota in rotas.values() for pk in rota.people} | {pk for step in steps for pk in step.people}
    called |= {step.fallback for step in steps if step.fallback} | ({last} if last else set())
    told = {rule: _informed(whom, by_team, users, rotas) for rule, whom in rows.informed.items()}
    matter = [users[pk] for pk in called.union(*told.values()) if pk in users]
    judged = _people(matter, rows.settled, teams, known.grouped(links.SENDS), now)
    return Facts(
        now,
        {pk: person for pk, person in judged.items() if pk in called},
        rotas,
        steps,
        _policies(known),
        LastResort(last, found[last].name, last in users, teams[last]) if last else None,
        rows.away,
        _calendars(rows.overdue, called, teams),
        _informing(known, told, judged),
    )


def _plans(known: links.Links, holidays: absences.Dates, now: datetime) -> dict[int, shifts.Plan]:
    """Of the schedules in use. Two queries."""
    zones = {link.one: link.zone for link in known.all(links.SCHEDULE)}
    return plans_of(zones, seats_of(zones), overrides_of(zones, since=now), holidays)


def _fallback(row: PolicyStep) -> list[int]:
    falls = row.when_empty == PolicyStep.WhenEmpty.FALLBACK and row.fallback_id
    return [row.fallback_id] if falls and row.fallback_id else []


def _people(
    users: Iterable[Any],
    settled: Mapping[int, Any],
    teams: Mapping[int, frozenset[int]],
    sends: Mapping[int, list[int]],
    now: datetime,
) -> dict[int, Person]:
    people = sorted(users, key=lambda one: (one.name, one.pk))
    return {
        one.pk: Person(
            one.pk,
            one.name,
            teams[one.pk],
            tuple(judging.judge(settled[one.pk], now)),
            fitness.down(settled[one.pk]),
            Asked(one.asked_by, one.asked_at) if one.asked_at else None,
            tuple(sends[one.pk]),
        )
        for one in people
    }


def _calendars(
    overdue: Iterable[absences.Overdue], called: Collection[int], teams: Mapping[int, frozenset[int]]
) -> list[Calendar]:
    """Those that are not read any more: of schedules, and of whoever may be called."""
    found = []
    for one in overdue:
        if one.schedule is not None:
            owners = frozenset([one.team])
            found.append(Calendar(one.name, one.since, one.read_at, owners, one.host, one.schedule, one.decides))
        elif one.person is not None and one.person in called:
            found.append(Calendar(one.name, one.since, one.read_at, teams[one.person]))
    return found


def _policies(known: links.Links) -> dict[int, Policy]:
    """Those in use, with the teams whose services go by them."""
    teams, rounds = known.grouped(links.SERVICE), {one.one: one.two for one in known.all(links.ROUNDS)}
    found = sorted(known.all(links.POLICY), key=lambda one: (one.name, one.one))
    return {
        one.one: Policy(one.one, one.name, one.two or None, frozenset(teams[one.one]), rounds.get(one.one, 1))
        for one in found
    }


def _informed(
    whom: Targets, by_team: Mapping[int, list[int]], users: Mapping[int, User], rotas: Mapping[int, Rota]
) -> set[int]:
    """Whom a rule informs in the coming time."""
    people = {pk for pk in whom.people if pk in users} | {pk for team in whom.teams for pk in by_team[team]}
    return people.union(*(rotas[pk].people for pk in whom.schedules if pk in rotas))


def _informing(known: links.Links, told: Mapping[int, set[int]], judged: Mapping[int, Person]) -> list[Informing]:
    """Of interest to whoever's services go by the policy, and to the teams that are informed."""
    names = {link.one: link.name for link in known.all(links.POLICY)}
    owners = known.grouped(links.SERVICE)
    found = []
    for rule in known.all(links.RULE):
        words = {"policy": names.get(rule.two, ""), "rule": rule.name}
        teams = frozenset({*owners[rule.two], *known.informed(rule.one).teams})
        people = tuple(person for pk, person in judged.items() if pk in told[rule.one])
        found.append(Informing(rule.one, rule.two, _("“%(policy)s”, rule “%(rule)s”") % words, people, teams))
    return found


def _rota(link: links.Link, plan: shifts.Plan, users: Mapping[int, User], away: absences.Dates, now: datetime) -> Rota:
    whole = Span(now, now + AHEAD)
    there = [shift for shift in shifts.final(plan, *whole) if shift.person in users]
    turns: dict[int, list[Span]] = {}
    for shift in there:
        if shift.person is not None:
            turns.setdefault(shift.person, []).append(Span(shift.start, shift.end))
    return Rota(
        link.one,
        link.name,
        link.zone,
        frozenset([link.two]),
        frozenset(shift.person for shift in there if shift.start <= now and shift.person is not None),
        frozenset(turns),
        tuple(outside(whole, union(Span(shift.start, shift.end) for shift in there))),
        tuple((one.person.pk, one.on_call) for one in absences.conflicts(plan, away, users, *whole)),
        tuple((pk, tuple(union(spans))) for pk, spans in turns.items()),
    )


def _step(
    row: PolicyStep,
    whom: Targets,
    by_team: Mapping[int, list[int]],
    users: Mapping[int, User],
    rotas: Mapping[int, Rota],
) -> Step:
    people = {pk for pk in whom.people if pk in users} | {pk for team in whom.teams for pk in by_team[team]}
    owners = {team for pk in whom.schedules if pk in rotas for team in rotas[pk].teams}
    return Step(
        row.pk,
        row.policy_id,
        _("“%(policy)s”, step %(position)d, %(tier)s")
        % {"policy": row.policy.name, "position": row.position, "tier": row.tier.name},
        frozenset(people),
        tuple(sorted(whom.schedules, key=lambda pk: rotas[pk].name if pk in rotas else "")),
        next((pk for pk in _fallback(row) if pk in users), None),
        row.when_empty == PolicyStep.WhenEmpty.HOLD,
        row.tier.track == Tier.Track.FUNCTIONAL,
        frozenset({*whom.teams, *owners, row.tier.team_id}),
        row.ack_minutes or row.tier.ack_minutes,
    )
