"""Who is on call: now, at an instant, and shift by shift; the schedules it comes from."""

from datetime import datetime, timedelta
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AfterValidator, Field

from escalation.kit import clock
from escalation.oncall import as_seen, verbs
from escalation.oncall.models import Layer, Schedule, Seat, seats_of
from escalation.oncall.overview import Standing, standing
from escalation.oncall.roster import OnCall
from escalation.oncall.showing import Piece, shown_between
from escalation.people.models import User

from . import answers
from .bearer import Bearer, person
from .problems import Problem
from .shapes import Instant, Named, Number, When, named

router = Router(auth=Bearer(), tags=["schedules"])
LONGEST = timedelta(days=100)  # of the shifts in one answer
USUALLY = timedelta(days=28)


def _in_reach(at: datetime) -> datetime:
    if not 1990 <= at.year < 2150:
        raise ValueError("choose an instant between the years 1990 and 2150")
    return at


Moment = Annotated[When, AfterValidator(_in_reach)]


class StandingOut(Schema):
    """One schedule at one instant."""

    schedule: Named
    team: Named
    person: Named | None = Field(description="Who is on call then; null: nobody.")
    until: Instant | None = Field(description="Until when; null: for more than a year, or nobody is on call.")
    next: Named | None = Field(description="Who comes after; null: nobody within a week.")
    next_at: Instant | None


class StandingsOut(Schema):
    at: Instant
    items: list[StandingOut]


class SeatOut(Schema):
    person: Named | None = Field(description="null: nobody's turn, the layers below have it.")
    joins_at: Instant | None
    leaves_at: Instant | None


class LayerOut(Schema):
    """A rotation. Times of day are on the schedule's wall clock."""

    id: int
    position: int = Field(description="1 is the highest: where it is on, it wins over those below.")
    name: str
    every: int
    unit: str = Field(description="hours, days, weeks or months: a turn lasts so many.")
    starts_on: str = Field(description="The day on which the first turn begins.", examples=["2026-03-02"])
    hand_off: str = Field(examples=["09:00"])
    hours: str = Field(description="When it is on, one window a line; empty: always.")
    on_holidays: str = Field(description="Empty: as on other days; only; not.")
    ends_at: Instant | None
    seats: list[SeatOut]


class ScheduleRow(Schema):
    id: int
    name: str
    team: Named
    time_zone: str


class SchedulesOut(Schema):
    items: list[ScheduleRow]


class ScheduleOut(ScheduleRow):
    layers: list[LayerOut]
    people: list[Named] = Field(description="Who can cover, or be asked to.")
    may_change: bool = Field(description="Whether you decide who covers.")
    may_cover: bool = Field(description="Whether you can cover.")
    seen: str = Field(
        description="What is planned now, as a word: send it along with an override, and it is refused if somebody has"
        " changed meanwhile who is on call then."
    )


class ShiftOut(Schema):
    """A stretch of time; shifts are told from where they begin to where they end."""

    starts_at: Instant
    ends_at: Instant
    person: Named | None = Field(description="null: a gap, nobody is on call.")
    override: int | None = Field(description="The override that it comes from, if it is none of the layers' turns.")
    instead_of: list[Named] = Field(description="Who would be on call without the override.")


class ShiftsOut(Schema):
    since: Instant
    until: Instant
    items: list[ShiftOut]


def visible(user: User) -> QuerySet[Schedule]:
    return Schedule.objects.in_use().visible_to(user).select_related("team").order_by("name")


def schedule_of(request: HttpRequest, pk: int) -> Schedule:
    return get_object_or_404(visible(person(request)), pk=pk)


@router.get("/oncall", response={200: StandingsOut}, summary="Who is on call", tags=["oncall"])
def now(request: HttpRequest, at: Moment | None = None, team: Number | None = None) -> HttpResponse:
    """On each schedule that you may see: now, or at another instant."""
    schedules = visible(person(request))
    wanted = list(schedules.filter(team=team) if team is not None else schedules)
    instant = at or clock.now()
    on = OnCall([one.pk for one in wanted], instant)
    items = [_standing(one, standing(one, on, instant)) for one in wanted]
    return answers.read(request, StandingsOut(at=instant, items=items))


@router.get("/schedules", response={200: SchedulesOut}, summary="Schedules that you may see")
def listed(request: HttpRequest) -> HttpResponse:
    return answers.read(request, SchedulesOut(items=[_row(one) for one in visible(person(request))]))


@router.get("/schedules/{schedule}", response={200: ScheduleOut}, summary="One schedule")
def show(request: HttpRequest, schedule: Number) -> HttpResponse:
    """Its layers, who takes turns, and who can cover."""
    return answers.read(request, state(schedule_of(request, schedule), person(request)))


@router.get("/schedules/{schedule}/shifts", response={200: ShiftsOut}, summary="Shifts and gaps of a schedule")
def shifts(
    request: HttpRequest, schedule: Number, since: Moment | None = None, until: Moment | None = None
) -> HttpResponse:
    """Of a period: from now for four weeks, if nothing else is said; of 100 days at the most."""
    found = schedule_of(request, schedule)
    start = since or clock.now()
    end = until or start + USUALLY
    if not start < end <= start + LONGEST:
        raise Problem(422, _("“until” comes after “since”, by 100 days at the most."))
    items = [_shift(piece) for piece in shown_between(found, start, end).final]
    return answers.read(request, ShiftsOut(since=start, until=end, items=items))


def state(schedule: Schedule, user: User) -> ScheduleOut:
    """What an answer says of it: the same after each change."""
    changes, covers = verbs.rights(schedule, user)
    seats = seats_of([schedule.pk])
    layers: dict[int, list[Seat]] = {}
    for seat in seats:
        layers.setdefault(seat.layer_id, []).append(seat)
    return ScheduleOut(
        **_row(schedule).model_dump(),
        layers=[_layer(some[0].layer, some) for some in layers.values()],
        people=[Named(id=one.pk, name=one.name) for one in verbs.who_may_cover(schedule)],
        may_change=changes,
        may_cover=covers,
        seen=as_seen.now_of(schedule, clock.now()),
    )


def _standing(schedule: Schedule, there: Standing) -> StandingOut:
    return StandingOut(
        schedule=Named(id=schedule.pk, name=schedule.name),
        team=Named(id=schedule.team_id, name=schedule.team.name),
        person=named(there.now),
        until=there.until,
        next=named(there.next),
        next_at=there.next_at,
    )


def _row(schedule: Schedule) -> ScheduleRow:
    team = Named(id=schedule.team_id, name=schedule.team.name)
    return ScheduleRow(id=schedule.pk, name=schedule.name, team=team, time_zone=schedule.time_zone)


def _layer(layer: Layer, seats: list[Seat]) -> LayerOut:
    return LayerOut(
        id=layer.pk,
        position=layer.position,
        name=layer.name,
        every=layer.every,
        unit=layer.unit,
        starts_on=layer.starts_on.isoformat(),
        hand_off=f"{layer.hand_off:%H:%M}",
        hours=layer.hours,
        on_holidays=layer.on_holidays,
        ends_at=layer.ends_at,
        seats=[SeatOut(person=named(one.person), joins_at=one.joins_at, leaves_at=one.leaves_at) for one in seats],
    )


def _shift(piece: Piece) -> ShiftOut:
    return ShiftOut(
        starts_at=piece.start,
        ends_at=piece.end,
        person=named(piece.person),
        override=piece.override.pk if piece.override else None,
        instead_of=[Named(id=one.pk, name=one.name) for one in piece.instead],
    )
