"""Who is on call now and next, and one's own coming shifts: as many queries for one schedule as for twenty."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from escalation.people.models import Membership, User

from . import coverage, shifts, verbs
from .coverage import Gap
from .models import Schedule, Seat
from .roster import OnCall

AHEAD = timedelta(days=28)  # how far a person's own shifts are listed
MOST = 6


@dataclass(frozen=True)
class Standing:
    """One schedule at this instant. Without ``now`` nobody is on call; without ``next`` nobody comes within a week."""

    schedule: Schedule
    now: User | None
    until: datetime | None
    next: User | None
    next_at: datetime | None
    may_cover: bool
    gaps: list[Gap] = field(default_factory=list)

    @property
    def gap_until(self) -> datetime | None:
        """When somebody comes, if nobody is on call once this shift has ended."""
        return self.next_at if self.now and self.next_at != self.until else None

    @property
    def gap(self) -> Gap | None:
        return self.gaps[0] if self.gaps else None

    @property
    def more_gaps(self) -> int:
        return max(0, len(self.gaps) - 1)


@dataclass(frozen=True)
class Mine:
    """A shift of one's own, on one of the schedules."""

    schedule: Schedule
    start: datetime
    end: datetime
    running: bool
    cover: bool


@dataclass(frozen=True)
class Overview:
    standings: list[Standing]
    mine: list[Mine]
    more: int


May = Callable[[Schedule], bool]


def overview(
    schedules: Sequence[Schedule], viewer: User, now: datetime, *, on: OnCall | None = None, may: May | None = None
) -> Overview:
    """``on``: what they say, and ``may``: which of them the viewer may cover, where it is known."""
    on = on or OnCall([schedule.pk for schedule in schedules], now)
    gaps = coverage.coming_gaps(schedules, now, on=on)
    may = may or may_cover(viewer)
    standings = [standing(one, on, now, may_cover=may(one), gaps=gaps[one.pk]) for one in schedules]
    mine = coming_shifts(schedules, on, viewer, now)
    return Overview(standings, mine[:MOST], max(0, len(mine) - MOST))


def may_cover(viewer: User) -> May:
    """A question about each schedule, asked of the database once."""
    if not viewer.is_active or viewer.is_auditor:
        return lambda schedule: False
    if viewer.is_staff:
        return lambda schedule: True
    teams = set(Membership.objects.filter(user=viewer).values_list("team", flat=True))
    held = Seat.objects.held(verbs.lately()).filter(person=viewer)
    seats = set(held.values_list("layer__schedule", flat=True))
    return lambda schedule: schedule.team_id in teams or schedule.pk in seats


def coming_shifts(schedules: Sequence[Schedule], on: OnCall, viewer: User, now: datetime) -> list[Mine]:
    found = []
    for schedule in schedules:
        plan = on.plans.get(schedule.pk)
        for shift in shifts.final(plan, now, now + AHEAD) if plan else ():
            if shift.person == viewer.pk:
                running = shift.start <= now
                found.append(Mine(schedule, shift.start, shift.end, running, shift.override is not None))
    return sorted(found, key=lambda mine: (mine.start, mine.schedule.name))


def standing(
    schedule: Schedule, on: OnCall, now: datetime, *, may_cover: bool = False, gaps: Sequence[Gap] = ()
) -> Standing:
    here = on.at(schedule.pk, now)
    until = on.until(schedule.pk, now) if here else None
    after = on.coming([schedule.pk], until or now) if until or not here else None
    return Standing(
        schedule=schedule,
        now=here[0] if here else None,
        until=until,
        next=after.people[0] if after and after.people else None,
        next_at=after.at if after else None,
        may_cover=may_cover,
        gaps=list(gaps),
    )
