"""What waits for somebody on schedules: swaps, gaps of the teams they supervise, a shift that begins soon, calendars.

A calendar that is not read any more is told to whom it belongs: an absence to its person, holidays to supervisors.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from escalation.people.models import User

from . import shifts, verbs
from .calendars.outside import OutsideCalendar
from .coverage import Gap, coming_gaps
from .models import Override, Schedule, Seat, SwapRequest
from .roster import OnCall

GAPS = 3  # of one schedule; its page has them all


@dataclass(frozen=True)
class ComingGap:
    schedule: Schedule
    gap: Gap
    more: int = 0  # gaps of this schedule after the last one shown


@dataclass(frozen=True)
class ComingShift:
    """Somebody comes on call who is not yet; ``end``: when somebody else does, or nobody."""

    schedule: Schedule
    start: datetime
    end: datetime

    def meets(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True)
class Rota:
    """As it was read; what has begun meanwhile is for the reader to leave out."""

    asked: list[SwapRequest] = field(default_factory=list)  # which this person can answer
    mine: list[SwapRequest] = field(default_factory=list)  # which they have made, and nobody has answered
    gaps: list[ComingGap] = field(default_factory=list)
    shifts: list[ComingShift] = field(default_factory=list)


def read(user: User, teams: Collection[int], supervised: Collection[int], now: datetime, *, ahead: timedelta) -> Rota:
    """``teams`` are those of this person, ``supervised`` those they supervise. Four queries for any number."""
    swaps = list(_swaps(user, teams, now))
    theirs = Q(Exists(Seat.objects.held(verbs.lately()).filter(person=user, layer__schedule=OuterRef("pk"))))
    theirs |= Q(Exists(Override.objects.filter(person=user, ends_at__gt=now, schedule=OuterRef("pk"))))
    found = Schedule.objects.in_use().filter(theirs | Q(team__in=list(supervised))).order_by("name", "id")
    schedules = list(found)
    on = OnCall([one.pk for one in schedules], now)
    return Rota(
        asked=[swap for swap in swaps if swap.giver_id != user.pk],
        mine=[swap for swap in swaps if swap.giver_id == user.pk],
        gaps=list(_gaps([one for one in schedules if one.team_id in supervised], on, now)),
        shifts=[shift for one in schedules for shift in _coming(one, on.plan(one), user, now, now + ahead)],
    )


def _swaps(user: User, teams: Collection[int], now: datetime) -> QuerySet[SwapRequest]:
    """Open requests that this person can answer, theirs or anybody's of the team; and those that they have made.

    Whoever left a rotation long ago sees no more of it here than on its page.
    """
    seats = Seat.objects.held(verbs.lately()).filter(person=user).values("layer__schedule")
    anybody = Q(asked__isnull=True) & (Q(schedule__team__in=list(teams)) | Q(schedule__in=seats))
    open_ones = SwapRequest.objects.open(now).filter(schedule__archived_at__isnull=True)
    found = open_ones.filter(Q(asked=user) | Q(giver=user) | anybody)
    return found.select_related("schedule", "giver", "asked").order_by("starts_at", "id")


def _gaps(schedules: list[Schedule], on: OnCall, now: datetime) -> Iterator[ComingGap]:
    found = coming_gaps(schedules, now, on=on)
    for schedule in schedules:
        gaps = found[schedule.pk]
        last = min(GAPS, len(gaps)) - 1
        for n, gap in enumerate(gaps[:GAPS]):
            yield ComingGap(schedule, gap, more=len(gaps) - GAPS if n == last else 0)


def _coming(
    schedule: Schedule, plan: shifts.Plan, user: User, since: datetime, until: datetime
) -> Iterator[ComingShift]:
    """Shifts that begin in this time, but for one that only goes on with the one before."""
    before = None
    for shift in shifts.final(plan, since, until):
        goes_on = before is not None and before.person == user.pk and before.end == shift.start
        if shift.person == user.pk and shift.start > since and not goes_on:
            end = shifts.next_change(plan, shift.start)
            yield ComingShift(schedule, shift.start, end or shift.end)
        before = shift


def calendars_of(user: User, supervised: Collection[int], now: datetime) -> list[OutsideCalendar]:
    """One query."""
    theirs = OutsideCalendar.objects.overdue(now).filter(Q(person=user) | Q(schedule__team__in=list(supervised)))
    return list(theirs.select_related("schedule").order_by("failing_since", "id"))
