"""The facts of this installation, in a fixed number of queries, and what is found in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from escalation.notify import fitness, judging
from escalation.notify.models import Breaker
from escalation.oncall import shifts
from escalation.oncall.calendars import absences
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.oncall.models import Layer, Schedule
from escalation.oncall.roster import people_of
from escalation.oncall.spans import Span, outside, union
from escalation.people.models import Membership, Tier, User, agents_of

from ..freezing import frozen_step, with_targets
from ..models import Installation, PolicyStep
from ..models import Policy as PolicyRow
from .checks import AHEAD, Calendar, Facts, Finding, LastResort, Person, Policy, Rota, Service, Step, check


@dataclass(frozen=True)
class Report:
    """What was looked at, when, and what was found; ``of`` narrows it to some teams."""

    facts: Facts
    findings: tuple[Finding, ...]

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
        )
        return Report(facts, tuple(one for one in self.findings if one.teams & mine))


def report(now: datetime) -> Report:
    facts = gather(now)
    return Report(facts, tuple(check(facts)))


def gather(now: datetime) -> Facts:
    rows = list(with_targets(PolicyStep.objects.filter(policy__archived_at__isnull=True)).select_related("policy"))
    rungs = [(row, frozen_step(row)) for row in rows]
    schedules = list(Schedule.objects.in_use().order_by("name"))
    plans = Schedule.objects.in_use().plans(since=now)
    by_team = {
        team: [agent.pk for agent in agents]
        for team, agents in agents_of({team for _row, step in rungs for team in step["teams"]}).items()
    }
    last = Installation.objects.select_related("last_resort").first()
    named = {pk for plan in plans.values() for pk in people_of(plan)} | {pk for some in by_team.values() for pk in some}
    named |= {pk for _row, step in rungs for pk in (*step["people"], step["fallback"]) if pk is not None}
    named |= {last.last_resort_id} if last else set()
    users = User.objects.filter(is_active=True, is_auditor=False).in_bulk(named)
    away = absences.coming(plans, users, now, ahead=AHEAD)
    rotas = {one.pk: _rota(one, plans[one.pk], users, away[one.pk], now) for one in schedules if one.pk in plans}
    steps = [_step(row, step, by_team, users, schedules) for row, step in rungs]
    called = {pk for rota in rotas.values() for pk in rota.people} | {pk for step in steps for pk in step.people}
    called |= {step.fallback for step in steps if step.fallback} | ({last.last_resort_id} if last else set())
    teams = _teams(called)
    return Facts(
        now,
        _people([users[pk] for pk in called if pk in users], teams, now),
        rotas,
        steps,
        _policies(),
        _last_resort(last.last_resort, teams) if last else None,
        [Service(row.name, row.reason, row.since, row.untried_since(now)) for row in Breaker.objects.away(now)],
        _calendars(called, teams, now),
    )


def _people(users: Iterable[User], teams: Mapping[int, frozenset[int]], now: datetime) -> dict[int, Person]:
    people = sorted(users, key=lambda one: (one.name, one.pk))
    settled = judging.settled(people)
    return {
        one.pk: Person(
            one.pk, one.name, teams[one.pk], tuple(judging.judge(settled[one.pk], now)), fitness.down(settled[one.pk])
        )
        for one in people
    }


def _teams(people: Collection[int]) -> Mapping[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for person, team in Membership.objects.filter(user__in=people).values_list("user", "team"):
        found[person].add(team)
    return defaultdict(frozenset, {person: frozenset(teams) for person, teams in found.items()})


def _last_resort(person: User, teams: Mapping[int, frozenset[int]]) -> LastResort:
    return LastResort(person.pk, person.name, person.is_active and not person.is_auditor, teams[person.pk])


def _calendars(called: Collection[int], teams: Mapping[int, frozenset[int]], now: datetime) -> list[Calendar]:
    """Those that are not read any more: of schedules, and of whoever may be called. One query."""
    layers = Layer.objects.filter(schedule=OuterRef("schedule")).exclude(on_holidays=Layer.OnHolidays.TOO)
    rows = (
        OutsideCalendar.objects.overdue(now).select_related("person", "schedule").annotate(decides_now=Exists(layers))
    )
    found = []
    for row in rows.order_by("id"):
        since = row.failing_since or now
        if row.schedule is not None:
            owners, decides = frozenset([row.schedule.team_id]), row.decides_now
            found.append(Calendar(row.schedule.name, since, row.read_at, owners, row.host, row.schedule.pk, decides))
        elif row.person is not None and row.person.pk in called:
            found.append(Calendar(row.person.name, since, row.read_at, teams[row.person.pk]))
    return found


def _policies() -> dict[int, Policy]:
    """Those in use, with the teams whose services go by them. One query."""
    rows = PolicyRow.objects.in_use().values_list("pk", "name", "then", "services__team", "services__archived_at")
    found: dict[int, Policy] = {}
    for pk, name, then, team, archived in rows:
        one = found.setdefault(pk, Policy(pk, name, then))
        if team is not None and archived is None:
            found[pk] = replace(one, teams=one.teams | {team})
    return found


def _rota(
    schedule: Schedule, plan: shifts.Plan, users: Mapping[int, User], away: list[absences.Away], now: datetime
) -> Rota:
    whole = Span(now, now + AHEAD)
    there = [shift for shift in shifts.final(plan, *whole) if shift.person in users]
    people = {shift.person for shift in there if shift.person is not None}
    return Rota(
        schedule.pk,
        schedule.name,
        schedule.time_zone,
        frozenset([schedule.team_id]),
        frozenset(shift.person for shift in there if shift.start <= now and shift.person is not None),
        frozenset(people),
        tuple(outside(whole, union(Span(shift.start, shift.end) for shift in there))),
        tuple((one.person.pk, one.on_call) for one in away),
    )


def _step(
    row: PolicyStep, step: dict, by_team: Mapping[int, list[int]], users: Mapping[int, User], schedules: list[Schedule]
) -> Step:
    people = {pk for pk in step["people"] if pk in users} | {pk for team in step["teams"] for pk in by_team[team]}
    owners = {schedule.team_id for schedule in schedules if schedule.pk in step["schedules"]}
    return Step(
        row.pk,
        row.policy_id,
        _("“%(policy)s”, step %(position)d, %(tier)s")
        % {"policy": row.policy.name, "position": row.position, "tier": row.tier.name},
        frozenset(people),
        tuple(step["schedules"]),
        step["fallback"] if step["fallback"] in users else None,
        step["awaits_shift"],
        row.tier.track == Tier.Track.FUNCTIONAL,
        frozenset({*step["teams"], *owners, row.tier.team_id}),
    )
