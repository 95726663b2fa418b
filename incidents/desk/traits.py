"""What the picker knows of the people it looks at: their teams, skills, successes and batons, in one query."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import CharField, Count, F, IntegerField, QuerySet, Value

from escalation.engine.models import EscalationRun
from escalation.people.models import Membership, Tier, User
from incidents.models import Incident

TEAM, TIER, SKILL, RESOLVED, HOLDS = "team", "tier", "skill", "resolved", "holds"
_NOTHING, _NO_WORD = Value(0, IntegerField()), Value("", CharField())


@dataclass
class Traits:
    teams: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # of a person, by name
    skills: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))  # of a person
    resolved: dict[tuple[int, int], int] = field(default_factory=dict)  # how many, by service and person
    holds: dict[int, int] = field(default_factory=dict)  # other batons
    _names: dict[int, str] = field(default_factory=dict)  # of teams
    _tiers: dict[int, tuple[int, str]] = field(default_factory=dict)  # a team's first

    def where(self, team: int) -> str:
        """The first tier that the team serves, else the team itself."""
        return self._tiers[team][1] if team in self._tiers else self._names[team]

    def hear(self, kind: str, one: int, two: int, words: str, size: int) -> None:
        if kind == TEAM:
            self.teams[one].append(two)
            self._names[two] = words
        elif kind == TIER and (one not in self._tiers or size < self._tiers[one][0]):
            self._tiers[one] = size, words
        elif kind == SKILL:
            self.skills[one][two] = words
        elif kind == RESOLVED:
            self.resolved[one, two] = size
        elif kind == HOLDS:
            self.holds[one] = size


def read(incidents: Sequence[Incident], viewer: User, people: Collection[int]) -> Traits:
    """One query, or none where there is nobody."""
    found = Traits()
    if people:
        first, *others = _parts(incidents, viewer, people)
        for row in first.union(*others, all=True).order_by("words"):
            found.hear(*row)
    return found


def _parts(incidents: Sequence[Incident], viewer: User, people: Collection[int]) -> Iterator[QuerySet]:
    members = Membership.objects.filter(user__in=people)
    yield _part(TEAM, members, "user", "team", F("team__name"))
    tiers = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL, team__in=members.values("team"))
    yield _part(TIER, tiers, "team", "pk", F("name"), F("rank"))
    yield _part(SKILL, User.skills.through.objects.filter(user__in=people), "user", "skill", F("skill__name"))
    seen = Incident.objects.visible_to(viewer)
    if services := {one.service_id for one in incidents} - {None}:
        solved = seen.filter(drill=False, service__in=services, resolver__in=people)
        yield _counted(RESOLVED, solved, "service", "resolver")
    others = seen.open().exclude(pk__in=[one.pk for one in incidents]).order_by()
    runs = EscalationRun.objects.functional().running().filter(holder__in=people, trail__in=others.values("trail"))
    yield _counted(HOLDS, runs, "holder")


def _part(kind: str, rows: QuerySet, one: str, two: str, words: F, size: F | Value = _NOTHING) -> QuerySet:
    named = rows.order_by().annotate(trait=Value(kind, CharField()), one=F(one), two=F(two), words=words, size=size)
    return named.values_list("trait", "one", "two", "words", "size")


def _counted(kind: str, rows: QuerySet, one: str, two: str = "") -> QuerySet:
    """How many of these rows there are for each pair, of those that the viewer may see."""
    pair = {"one": F(one), "two": F(two) if two else _NOTHING}
    groups = rows.order_by().annotate(trait=Value(kind, CharField()), words=_NO_WORD, **pair)
    groups = groups.values("trait", *pair, "words").annotate(size=Count("pk"))
    return groups.values_list("trait", "one", "two", "words", "size")
