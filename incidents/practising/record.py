"""Who has trained: one's own plays, and for those who answer for people, theirs. A fixed number of queries each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from escalation.people.models import Membership, User
from incidents.learning.training import GOOD
from incidents.learning.training_due import Due, Standing
from incidents.models import TrainingPlay
from incidents.models.training_cases import unsaid

MOST = 200  # people on one page
LATEST = 20  # of one's own plays


@dataclass(frozen=True)
class Trained:
    """How many people of a team with a goal are late, of how many."""

    team: str
    people: int
    late: int

    @property
    def good(self) -> int:
        return self.people - self.late


def own(person: User) -> Sequence[TrainingPlay]:
    """The latest that were played to their end."""
    found = TrainingPlay.objects.filter(person=person).ended().defer("told", "answers")
    return list(found.order_by("-ended_at", "-pk")[:LATEST])


def begun(person: User) -> dict[str, TrainingPlay]:
    """By case, what goes on, as far as the case is still told."""
    plays = list(TrainingPlay.objects.filter(person=person).going_on())
    shut = unsaid(plays)
    return {one.case: one for one in plays if one.pk not in shut}


def best(person: User) -> dict[str, int]:
    """The best of each case that was played to its end."""
    found = TrainingPlay.objects.filter(person=person).ended().values("case").annotate(best=Max("score"))
    return dict(found.values_list("case", "best"))


def people(reader: User) -> QuerySet[User] | None:
    """Those whom this reader answers for; None if nobody."""
    everybody = User.objects.filter(is_active=True, is_auditor=False)
    if _sees_all(reader):
        return everybody
    led = _led(reader)
    return everybody.filter(pk__in=Membership.objects.filter(team__in=led).values("user")) if led else None


def _sees_all(reader: User) -> bool:
    return reader.is_staff or reader.is_auditor


def _led(reader: User) -> set[int]:
    return {team for team, _name, role in reader.belongs if role == Membership.Role.SUPERVISOR}


def lines(found: QuerySet[User]) -> Sequence[User]:
    """Each with ``times`` and ``cases``, how many plays that count and of how many cases, and ``last_play`` and
    ``last_at``, the latest of them. One query."""
    counts = Q(plays__score__gte=GOOD)
    latest = TrainingPlay.objects.filter(person=OuterRef("pk"), score__gte=GOOD).order_by("-ended_at", "-pk")
    annotated = found.annotate(
        times=Count("plays", filter=counts),
        cases=Count("plays__case", filter=counts, distinct=True),
        last_at=Max("plays__ended_at", filter=counts),
        last_play=Subquery(latest.values("pk")[:1]),
    )
    return list(annotated.order_by("name", "pk")[:MOST])


def teams(reader: User, dues: Iterable[Sequence[Due]], now: datetime) -> list[Trained]:
    """Each team with a goal that this reader answers for, by name. Their people may be in further teams, of which
    they do not see everybody: to count those would be wrong."""
    led = None if _sees_all(reader) else _led(reader)
    of_team: dict[tuple[str, int], list[Due]] = {}
    for one in (one for asked in dues for one in asked if led is None or one.team_id in led):
        of_team.setdefault((one.team.casefold(), one.team_id), []).append(one)
    return [
        Trained(of[0].team, len(of), sum(one.standing(now) is Standing.LATE for one in of))
        for _name, of in sorted(of_team.items())
    ]


@dataclass(frozen=True)
class Line:
    """A person, as ``lines`` has found them, with what is asked of them first."""

    person: User
    due: Due | None
    late: bool


def with_dues(found: Iterable[User], dues: Mapping[int, Sequence[Due]], now: datetime) -> list[Line]:
    firsts = ((person, next(iter(dues.get(person.pk, ())), None)) for person in found)
    return [Line(one, due, due is not None and due.standing(now) is Standing.LATE) for one, due in firsts]
