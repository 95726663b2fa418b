"""When nobody will be on call: the gaps of the coming weeks, and why each is one. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.people.models import User

from . import shifts
from .models import Schedule
from .roster import OnCall

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


def coming_gaps(
    schedules: Iterable[Schedule], now: datetime, *, on: OnCall | None = None, ahead: timedelta = AHEAD
) -> dict[int, list[Gap]]:
    """For each schedule its gaps from now on, in order; one that is archived needs nobody.

    As many queries as ``OnCall``, however many there are; none if ``on`` has read them already.
    """
    wanted = list(schedules)
    on = on or OnCall({one.pk for one in wanted}, now)
    used = {one.pk: on.plan(one) for one in wanted if one.archived_at is None}
    found = {pk: gaps_of(plan, now, now + ahead, on.gone) for pk, plan in used.items()}
    return {one.pk: found.get(one.pk, []) for one in wanted}


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
