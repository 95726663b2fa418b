"""Who is on call now, for many schedules at once, in a fixed number of queries."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from escalation.people.models import User

from . import shifts
from .models import Schedule

AHEAD = timedelta(days=7)  # so far a step waits for the next shift


class Coming(NamedTuple):
    """The next shift of somebody who can be called."""

    at: datetime
    people: tuple[User, ...]


class OnCall:
    """The schedules of these ids, as they are now. One that is archived has nobody. Six queries, or none."""

    def __init__(self, ids: Collection[int], now: datetime):
        rows = Schedule.objects.in_use().filter(pk__in=ids) if ids else Schedule.objects.none()
        self.schedules: dict[int, Schedule] = {schedule.pk: schedule for schedule in rows}
        found = Schedule.objects.filter(pk__in=self.schedules)
        self.plans = found.plans(since=now) if self.schedules else {}
        wanted = {person for plan in self.plans.values() for person in people_of(plan)}
        reachable = User.objects.filter(is_active=True, is_auditor=False)
        self._people: dict[int, User] = reachable.in_bulk(wanted) if wanted else {}
        self._known: dict[tuple[int, datetime], tuple[User, ...]] = {}

    def at(self, schedule: int, at: datetime) -> tuple[User, ...]:
        """Who can be called by it then. Somebody whose account has ended is nobody."""
        if schedule not in self.plans:
            return ()
        key = schedule, at
        if key not in self._known:
            there = shifts.on_call(self.plans[schedule], at)
            self._known[key] = tuple(self._people[person] for person in there if person in self._people)
        return self._known[key]

    def until(self, schedule: int, at: datetime) -> datetime | None:
        """Until when those people are on call; None if that is more than a year away."""
        return shifts.next_change(self.plans[schedule], at) if schedule in self.plans else None

    def coming(self, ids: Iterable[int], at: datetime, *, within: timedelta = AHEAD) -> Coming | None:
        """The first instant at which any of these schedules has somebody, and who that is."""
        first: datetime | None = None
        mine = [schedule for schedule in ids if schedule in self.plans]
        for schedule in mine:
            for shift in shifts.final(self.plans[schedule], at, at + within):
                if shift.person in self._people:
                    first = shift.start if first is None else min(first, shift.start)
                    break
        if first is None:
            return None
        then = first
        people = dict.fromkeys(person for schedule in mine for person in self.at(schedule, then))
        return Coming(then, tuple(people))


def people_of(plan: shifts.Plan) -> set[int]:
    """Everybody a plan names."""
    seats = {seat.person for layer in plan.layers for seat in layer.seats}
    return {person for person in seats | {one.person for one in plan.overrides} if person is not None}
