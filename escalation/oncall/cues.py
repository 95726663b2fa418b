"""What waits for somebody on schedules: swaps they are asked for, gaps of the teams they supervise, and calendars.

A calendar that is not read any more is told to whom it belongs: an absence to its person, holidays to supervisors.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from escalation.people.models import User

from . import verbs
from .calendars.outside import OutsideCalendar
from .coverage import Gap, coming_gaps
from .models import Schedule, Seat, SwapRequest

GAPS = 3  # of one schedule; its page has them all


@dataclass(frozen=True)
class Cue:
    """``swap`` or ``gap``, due when it begins; or ``calendar``, whose ``schedule`` is None if it is of absences."""

    schedule: Schedule | None
    due: datetime
    swap: SwapRequest | None = None
    gap: Gap | None = None
    calendar: OutsideCalendar | None = None
    more: int = 0  # gaps of this schedule after the last one shown


def cues_of(user: User, teams: Collection[int], supervised: Collection[int], now: datetime) -> list[Cue]:
    """The first due first, calendars last. ``teams`` are those of this person, ``supervised`` those they supervise."""
    if user.is_auditor:
        return []
    found = [Cue(swap.schedule, swap.closes_at, swap=swap) for swap in asked_of(user, teams, now)]
    found += gaps_of(supervised, now) if supervised else []
    return sorted(found, key=lambda cue: cue.due) + calendars_of(user, supervised, now)


def asked_of(user: User, teams: Collection[int], now: datetime) -> list[SwapRequest]:
    """Open requests that this person can answer: theirs, or anybody's of the team. One query.

    Whoever left a rotation long ago sees no more of it here than on its page.
    """
    seats = Seat.objects.held(verbs.lately()).filter(person=user).values("layer__schedule")
    anybody = Q(asked__isnull=True) & (Q(schedule__team__in=list(teams)) | Q(schedule__in=seats))
    open_ones = SwapRequest.objects.open(now).filter(schedule__archived_at__isnull=True).exclude(giver=user)
    found = open_ones.filter(Q(asked=user) | anybody).select_related("schedule", "giver", "asked")
    return list(found.order_by("starts_at", "id"))


def calendars_of(user: User, supervised: Collection[int], now: datetime) -> list[Cue]:
    """One query."""
    theirs = OutsideCalendar.objects.overdue(now).filter(Q(person=user) | Q(schedule__team__in=list(supervised)))
    found = theirs.select_related("schedule").order_by("failing_since", "id")
    return [Cue(one.schedule, one.failing_since or now, calendar=one) for one in found]


def gaps_of(teams: Collection[int], now: datetime) -> list[Cue]:
    schedules = {one.pk: one for one in Schedule.objects.in_use().filter(team__in=list(teams))}
    if not schedules:
        return []
    found = []
    for pk, gaps in coming_gaps(schedules.values(), now).items():
        last = min(GAPS, len(gaps)) - 1
        for n, gap in enumerate(gaps[:GAPS]):
            found.append(Cue(schedules[pk], gap.start, gap=gap, more=len(gaps) - GAPS if n == last else 0))
    return found
