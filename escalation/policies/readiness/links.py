"""Who belongs to what on this installation: pairs of ids out of many small tables, read whole and in one query."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce

from escalation.notify.models import NotificationRule
from escalation.notify.plan import LOUD
from escalation.oncall.models import Schedule
from escalation.people.models import Membership
from escalation.trail.models import Trail

from ..freezing import Targets, targets
from ..models import Installation, Policy, PolicyStep
from ..rules import Does
from ..ruling import PolicyRule

AGENT, SUPERVISOR = Membership.Role.AGENT.value, Membership.Role.SUPERVISOR.value
OTHER = "other"  # a membership by which nobody is called: of an archived team, or an account that has ended
PERSON, TEAM, ROTA, SERVING = "person", "team", "rota", "serving"  # of a step; the last of its tier
RULE, RULED_PERSON, RULED_TEAM = "rule", "ruled_person", "ruled_team"  # that informs; whom it names,
RULED_TIER, RULED_CREW = "ruled_tier", "ruled_crew"  # its tier, and the team of that
POLICY, SERVICE, SCHEDULE, LAST = "policy", "service", "schedule", "last"
ROUNDS = "rounds"  # of a policy that has more than one
RECORD = "record"  # so many entries has the installation's own
SENDS = "sends"  # a rule of somebody's for SEV1 and SEV2 that can be used, and after how many minutes


class Link(NamedTuple):
    """``name`` and ``zone`` are those of ``one``, where it has any that is asked for."""

    kind: str
    one: int
    two: int
    name: str = ""
    zone: str = ""


@dataclass(frozen=True)
class Links:
    by_kind: Mapping[str, list[Link]]

    def all(self, kind: str) -> list[Link]:
        return self.by_kind.get(kind, [])

    def grouped(self, kind: str, *, by_second: bool = False) -> Mapping[int, list[int]]:
        """The second of each pair by its first, or the other way round."""
        found: dict[int, list[int]] = defaultdict(list)
        for link in self.all(kind):
            one, two = (link.two, link.one) if by_second else (link.one, link.two)
            found[one].append(two)
        return found

    def called(self) -> Mapping[int, list[int]]:
        """Whom a call to each team reaches: its agents, or its supervisors if it has none."""
        return defaultdict(list, {**self.grouped(SUPERVISOR), **self.grouped(AGENT)})

    def teams(self) -> Mapping[int, frozenset[int]]:
        """The teams of each person."""
        found: dict[int, set[int]] = defaultdict(set)
        for kind in (AGENT, SUPERVISOR, OTHER):
            for person, teams in self.grouped(kind, by_second=True).items():
                found[person].update(teams)
        return defaultdict(frozenset, {person: frozenset(teams) for person, teams in found.items()})

    def targets(self, steps: list[PolicyStep]) -> dict[int, Targets]:
        """Whom each step calls."""
        people, teams, rotas, serving = (self.grouped(kind) for kind in (PERSON, TEAM, ROTA, SERVING))
        return {
            step.pk: targets(people[step.pk], teams[step.pk], rotas[step.pk], step.tier, serving[step.tier_id])
            for step in steps
        }

    def informed(self, rule: int) -> Targets:
        """Whom a rule informs: those it names, and of a tier who is on call by its schedules, else its team."""
        serving = self.grouped(SERVING)
        rotas = [rota for tier in self.grouped(RULED_TIER)[rule] for rota in serving[tier]]
        crew = [] if rotas else self.grouped(RULED_CREW)[rule]
        return Targets(self.grouped(RULED_PERSON)[rule], [*self.grouped(RULED_TEAM)[rule], *crew], rotas)


def read() -> Links:
    """One query."""
    found: dict[str, list[Link]] = defaultdict(list)
    first, *others = _parts()
    for row in first.union(*others, all=True):
        found[row[0]].append(Link(*row))
    return Links(found)


def _parts() -> Iterator[QuerySet]:
    schedules, policies = Schedule.objects.in_use(), Policy.objects.in_use()
    yield _part(SCHEDULE, schedules, "pk", "team", "name", "time_zone")
    yield _part(POLICY, policies, "pk", Coalesce(F("then"), 0), "name")
    yield _part(ROUNDS, policies.filter(rounds__gt=1), "pk", "rounds")
    yield _part(SERVICE, policies.filter(services__isnull=False, services__archived_at=None), "pk", "services__team")
    yield _part(PERSON, PolicyStep.people.through.objects.all(), "policystep", "user")
    yield _part(TEAM, PolicyStep.teams.through.objects.all(), "policystep", "team")
    yield _part(ROTA, PolicyStep.schedules.through.objects.all(), "policystep", "schedule")
    yield _part(SERVING, schedules.filter(tiers__isnull=False), "tiers", "pk")
    members = Membership.objects.all()
    called = {"user__is_active": True, "user__is_auditor": False, "team__archived_at": None}
    for role in (AGENT, SUPERVISOR):
        yield _part(role, members.filter(role=role, **called), "team", "user")
    yield _part(OTHER, members.exclude(**called), "team", "user")
    informing = PolicyRule.objects.filter(is_on=True, does=Does.INFORM, policy__archived_at=None)
    yield _part(RULE, informing, "pk", "policy", "name")
    yield _part(RULED_PERSON, informing.filter(people__isnull=False), "pk", "people")
    yield _part(RULED_TEAM, informing.filter(teams__isnull=False), "pk", "teams")
    yield _part(RULED_TIER, informing.filter(tier__isnull=False), "pk", "tier")
    yield _part(RULED_CREW, informing.filter(tier__isnull=False), "pk", "tier__team")
    yield _part(LAST, Installation.objects.all(), "pk", "last_resort")
    yield _part(RECORD, Trail.objects.filter(kind=Trail.Kind.INSTALLATION), "pk", "length")
    usable = {"method__removed_at": None, "method__gone_at": None, "method__verified_at__isnull": False}
    yield _part(SENDS, NotificationRule.objects.filter(urgency=LOUD, **usable), "person", "delay_minutes")


def _part(kind: str, rows: QuerySet, one: str, two: str | Coalesce, name: str = "", zone: str = "") -> QuerySet:
    words = (F(word) if word else Value("", CharField()) for word in (name, zone))
    return rows.order_by().values_list(Value(kind, CharField()), one, two, *words)
