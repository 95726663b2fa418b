"""Who is on call now and who comes next, in a line for each schedule: for the heads of other rooms' pages.

Only schedules that the viewer may see are named. Reading them costs three queries for any number; what was read can
be asked again at later instants, for as long as nothing of the schedules has changed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from escalation.people.models import Membership, User

from .models import Schedule
from .overview import Standing, standing
from .roster import OnCall

MOST = 4  # lines; the page of who is on call has them all
MOST_READ = 24


@dataclass(frozen=True)
class Rotas:
    """Schedules as they were read."""

    schedules: list[Schedule]
    on: OnCall
    more: int = 0  # that were not read

    @classmethod
    def read(cls, found: QuerySet[Schedule], now: datetime) -> "Rotas":
        schedules = list(found.order_by("name"))
        first = schedules[:MOST_READ]
        return cls(first, OnCall([one.pk for one in first], now), len(schedules) - len(first))

    def lines(self, now: datetime) -> list[Standing]:
        """Where nobody is on call comes first."""
        found = [standing(one, self.on, now) for one in self.schedules]
        return sorted(found, key=lambda line: (line.now is not None, line.schedule.name))


@dataclass(frozen=True)
class Glance:
    """``address`` gives the same again, for a page that stays open."""

    lines: list[Standing]
    more: int
    address: str

    @classmethod
    def of(cls, rotas: Rotas, now: datetime, *, team: int | None = None) -> "Glance":
        lines = rotas.lines(now)
        address = reverse("glance") + (f"?team={team}" if team is not None else "")
        return cls(lines[:MOST], max(0, len(lines) - MOST) + rotas.more, address)


def of_team(viewer: User, team: int | None, *, mine: Collection[int] | None = None) -> QuerySet[Schedule]:
    """A team's schedules, or those of the viewer's own teams; whoever is in none has all that they may see.

    ``mine`` are the viewer's teams, where they are known already.
    """
    if mine is None:
        mine = list(Membership.objects.filter(user=viewer).values_list("team", flat=True))
    found = Schedule.objects.in_use().visible_to(viewer)
    teams = mine if team is None else [team]
    return found.filter(team__in=teams) if teams else found


def beside(viewer: User, *, ids: Collection[int], team: int | None) -> QuerySet[Schedule]:
    """Of these and of a team's schedules, those that the viewer may see."""
    wanted = Q(pk__in=ids) if team is None else Q(pk__in=ids) | Q(team=team)
    return Schedule.objects.in_use().visible_to(viewer).filter(wanted)
