"""When nobody will be on call: the gaps of the coming weeks, and why each is one. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.people.models import User

from . import shifts
from .models import Schedule
from .roster import people_of

AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Gap:
    """Nobody is on call. ``gone`` has a shift then, and no account any more."""

    start: datetime
    end: datetime
    gone: User | None = None

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def coming_gaps(schedules: Iterable[int], now: datetime, *, ahead: timedelta = AHEAD) -> dict[int, list[Gap]]:
    """For each schedule its gaps from now on, in order. Four queries however many there are."""
    plans = Schedule.objects.filter(pk__in=list(schedules)).plans(since=now)
    named = {person for plan in plans.values() for person in people_of(plan)}
    gone = User.objects.exclude(is_active=True, is_auditor=False).in_bulk(named) if named else {}
    return {pk: gaps_of(plan, now, now + ahead, gone) for pk, plan in plans.items()}


def gaps_of(plan: shifts.Plan, since: datetime, until: datetime, gone: dict[int, User]) -> list[Gap]:
    """The gaps of one plan; ``gone`` are people who cannot be called."""
    found = [Gap(*span) for span in shifts.gaps(plan, since, until)]
    for shift in shifts.final(plan, since, until):
        if shift.person in gone:
            person = gone[shift.person]
            last = found[-1] if found else None
            if last is not None and last.end == shift.start and last.gone == person:
                found[-1] = Gap(last.start, shift.end, person)
            else:
                found.append(Gap(shift.start, shift.end, person))
    return sorted(found, key=lambda gap: gap.start)
