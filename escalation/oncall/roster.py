"""Who is on call now, for many schedules at once, in two queries."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from escalation.people.models import User

from . import shifts
from .models import Schedule, overrides_of, plans_of, seats_of

AHEAD = timedelta(days=7)  # so far a step waits for the next shift


class Coming(NamedTuple):
    """The next shift of somebody who can be called."""

    at: datetime
    people: tuple[User, ...]


class OnCall:
    """The schedules of these ids, as they are now. One that is archived has nobody. Two queries, or none."""

    def __init__(self, ids: Collection[int], now: datetime):
        seats = [seat for seat in seats_of(ids) if seat.layer.schedule.archived_at is None] if ids else []
        self.seats = seats
        covers = [one for one in overrides_of(ids, since=now) if one.schedule.archived_at is None] if ids else []
        self.schedules: dict[int, Schedule] = {
            schedule.pk: schedule for schedule in (*(s.layer.schedule for s in seats), *(o.schedule for o in covers))
        }
        zones = {pk: schedule.time_zone for pk, schedule in self.schedules.items()}
        self.plans = plans_of(zones, seats, covers)
        people = [*(seat.person for seat in seats), *(cover.person for cover in covers)]
        named = {person.pk: person for person in people if person is not None}
        self.people: dict[int, User] = {pk: one for pk, one in named.items() if one.is_active and not one.is_auditor}
        self.gone = {pk: one for pk, one in named.items() if pk not in self.people}  # they cannot be called
        self._known: dict[tuple[int, datetime], tuple[User, ...]] = {}

    def plan(self, schedule: Schedule) -> shifts.Plan:
        """One without a seat and a cover has nobody, ever."""
        return self.plans.get(schedule.pk) or shifts.Plan(schedule.time_zone, (), ())

    def at(self, schedule: int, at: datetime) -> tuple[User, ...]:
        """Who can be called by it then. Somebody whose account has ended is nobody."""
        if schedule not in self.plans:
            return ()
        key = schedule, at
        if key not in self._known:
            there = shifts.on_call(self.plans[schedule], at)
            self._known[key] = tuple(self.people[person] for person in there if person in self.people)
        return self._known[key]

    def rota(self, ids: Iterable[int], at: datetime) -> frozenset[int]:
        """Who has a seat on any of them, and has not left it by then."""
        layers = [layer for schedule in ids if schedule in self.plans for layer in self.plans[schedule].layers]
        seats = [seat for layer in layers for seat in layer.seats if seat.until is None or at < seat.until]
        return frozenset(seat.person for seat in seats if seat.person is not None)

    def until(self, schedule: int, at: datetime) -> datetime | None:
        """Until when those people are on call; None if that is more than a year away."""
        return shifts.next_change(self.plans[schedule], at) if schedule in self.plans else None

    def coming(self, ids: Iterable[int], at: datetime, *, within: timedelta = AHEAD) -> Coming | None:
        """The first instant at which any of these schedules has somebody, and who that is."""
        first: datetime | None = None
        mine = [schedule for schedule in ids if schedule in self.plans]
        for schedule in mine:
            for shift in shifts.final(self.plans[schedule], at, at + within):
                if shift.person in self.people:
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
