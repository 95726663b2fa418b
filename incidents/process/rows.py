"""What the parts read of one team, and the teams there are to choose from: all in one query.

The page may ask only so often, and most of that goes to what is the same here as on the pages it leads to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from escalation.kit.rowsof import RowsOf
from escalation.people.models import Membership, Team, User
from escalation.trail.models import Trail
from incidents.learning.training import GOOD
from incidents.learning.training_due import Due, Goal, due
from incidents.models import Action, Problem, Summary, TrainingPlay
from incidents.models.access import sees_all, visible
from incidents.training_due import asked_of_members

from .period import Period

WEEKS = 12  # of which hesitation is read


@dataclass(frozen=True)
class Trainee:
    """What is asked of one person: as it is now, and as it was when the period began."""

    now: Due
    then: Due


@dataclass(frozen=True)
class Late:
    """An action that is late now (``now``), or was when the period began (``then``)."""

    pk: int
    what: str
    number: int
    due: date
    owner: str
    problem: int | None
    incident: int | None  # its number; of a review
    restricted: bool  # that incident
    now: bool
    then: bool


@dataclass(frozen=True)
class Warned:
    """An incident that is over, and of which the signs said: escalate now."""

    on: date
    hesitated: bool


@dataclass(frozen=True)
class Rows:
    """``record``: how many entries the installation's own record has."""

    teams: Sequence[tuple[int, str]]
    record: int
    trainees: Sequence[Trainee]
    actions: Sequence[Late]
    warned: Sequence[Warned]


def read(reader: User, team: int, period: Period, now: datetime, today: date) -> Rows:
    """``today``: where its reader lives."""
    record = Trail.objects.filter(kind=Trail.Kind.INSTALLATION).values("length")[:1]
    found: Mapping[str, Any] = User.objects.values(
        choices=RowsOf(teams_of(reader), key="pk", label="name"),
        record=Subquery(record),
        trainees=_trainees(team, period),
        actions=_actions(reader, team, period, now, today),
        warned=_warned(reader, team, period),
    ).get(pk=reader.pk)
    teams = sorted(
        ((row["key"], row["label"]) for row in found["choices"]), key=lambda one: (one[1].casefold(), one[0])
    )
    return Rows(
        teams,
        found["record"] or 0,
        [_trainee(team, row) for row in found["trainees"]],
        sorted((_late(row) for row in found["actions"]), key=lambda one: (one.due, one.pk)),
        [Warned(date.fromisoformat(row["on"]), bool(row["hesitated"])) for row in found["warned"]],
    )


def teams_of(reader: User) -> QuerySet[Team]:
    """Those whose page this reader may open."""
    found = Team.objects.filter(archived_at=None)
    return found if sees_all(reader) else found.filter(memberships__user=reader)


def _trainees(team: int, period: Period) -> RowsOf:
    """Of this team's goal: its people may be asked by other teams too."""
    plays = TrainingPlay.objects.filter(person=OuterRef("user"), score__gte=GOOD).order_by("-ended_at")
    last, then = plays.values("ended_at")[:1], plays.filter(ended_at__lte=period.began_at).values("ended_at")[:1]
    asked = asked_of_members().filter(team=team).annotate(last=Subquery(last), then=Subquery(then))
    goal = {"days": "team__training_goal__days", "set_at": "team__training_goal__set_at", "name": "team__name"}
    return RowsOf(asked, joined="joined_at", last="last", then="then", **goal)


def _actions(reader: User, team: int, period: Period, now: datetime, today: date) -> RowsOf:
    """Of the team's reviews and problems, or its people's; those that their reader may see."""
    people = Membership.objects.filter(team=team).values("user")
    theirs = Q(review__incident__owner=team) | Q(problem__team=team) | Q(owner__in=people)
    problems = Problem.objects.visible_to(reader).values("pk")
    seen = Q(visible(reader, "review__incident__"), review__isnull=False) | Q(problem__in=problems)
    late, was = _late_at(now, today), _late_at(period.began_at, period.since)
    found = Action.objects.filter(theirs, seen).filter(late | was)
    names = {"owner": "owner__name", "incident": "review__incident__number"}
    names["restricted"] = "review__incident__restricted"
    flags = {"now": _flag(late), "then": _flag(was)}
    return RowsOf(found, pk="pk", what="what", number="number", due="due", problem="problem", **names, **flags)


def _late_at(at: datetime, day: date) -> Q:
    open_then = (Q(done_at=None) | Q(done_at__gt=at)) & (Q(dropped_at=None) | Q(dropped_at__gt=at))
    return Q(open_then, due__lt=day, made_at__lte=at)


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _warned(reader: User, team: int, period: Period) -> RowsOf:
    since = period.until - timedelta(days=7 * WEEKS - 1)
    found = Summary.objects.filter(team=team, resolved_on__range=(since, period.until), warned_s__isnull=False)
    return RowsOf(found if sees_all(reader) else found.visible_to(reader), on="resolved_on", hesitated="hesitated")


def _trainee(team: int, row: dict[str, Any]) -> Trainee:
    since = max(_instant(row["joined"]), _instant(row["set_at"]))
    goal = Goal(team, row["name"], timedelta(days=row["days"]), since)
    now, then = (due(goal, _instant(row[name]) if row[name] else None) for name in ("last", "then"))
    return Trainee(now, then)


def _late(row: dict[str, Any]) -> Late:
    told = {**row, "due": date.fromisoformat(row["due"]), "now": bool(row["now"]), "then": bool(row["then"])}
    told["restricted"] = bool(row["restricted"])
    return Late(**told)


def _instant(said: str) -> datetime:
    """As the database writes it within a list: with its zone, or in UTC without."""
    found = datetime.fromisoformat(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
