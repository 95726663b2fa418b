"""Maintenance windows: what is on, coming and over; planned by supervisors and admins, with the desk's own form."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.tokens import Scope
from incidents.models import MaintenanceWindow
from incidents.models.maintenance import supervised
from incidents.planning import WindowForm, may_plan_some, stated

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .filled import filled, wrong
from .matching import hold_still
from .repeats import once
from .shapes import Asked, EachOnce, Id, Instant, MaybeText, Named, Number, example

router = Router(auth=Bearer(Scope.PLAN), tags=["maintenance"])
TIMES = 5  # of one that comes again
MOST = 200
Short = Annotated[MaybeText, Field(max_length=200)]


class TimeOut(Schema):
    starts_at: Instant
    ends_at: Instant


class WindowOut(Schema):
    """When which services are worked on, so that nobody is called about them."""

    id: int
    reason: str
    public_text: str = Field(description="For the status page; empty: it is not shown there.")
    everything: bool
    services: list[Named]
    on: bool = Field(description="Whether it is on now.")
    times: list[TimeOut] = Field(description="When it is on now and next.")
    begins: str = Field(description="The first time, on the clocks of its zone.", examples=["2026-03-02T14:00"])
    ends: str
    zone: str
    repeats: str = Field(description="Empty: once; weekly; monthly.")
    weekdays: list[int] = Field(description="0 is Monday.")
    last_day: str | None
    planned_by: Named
    ended_at: Instant | None
    cancelled_at: Instant | None
    over_at: Instant | None = Field(description="When it was or will be over for good; null: it never is.")


class WindowsOut(Schema):
    items: list[WindowOut]


class WindowIn(Asked):
    """As the desk's form: times are on the clocks of a zone, so that a change of the clocks moves none of them."""

    model_config = example(
        reason="New database for payments",
        services=[1],
        begins="2026-03-02T14:00",
        ends="2026-03-02T16:00",
        zone="Europe/Berlin",
    )

    reason: Short = Field(examples=["New database for payments"])
    services: Annotated[list[Id], Field(max_length=500), *EachOnce] = []
    teams: Annotated[list[Id], Field(max_length=100, description="Every service that they have today."), *EachOnce] = []
    everything: bool = Field(False, description="For admins: every service, and incidents that name none.")
    begins: Short = Field(examples=["2026-03-02T14:00"])
    ends: Short = Field(examples=["2026-03-02T16:00"])
    zone: Short | None = Field(None, description="Unless it is yours.", examples=["Europe/Berlin"])
    repeats: Literal["", "weekly", "monthly"] = ""
    weekdays: Annotated[
        list[int], Field(max_length=7, description="0 is Monday; none: the day of the first time."), *EachOnce
    ] = []
    last_day: Short | None = Field(None, examples=["2026-12-31"])
    public_text: Short = ""


def _windows():
    return MaintenanceWindow.objects.select_related("planned_by").prefetch_related("services")


@router.get("/maintenance", response={200: WindowsOut}, summary="Maintenance windows")
def listed(request: HttpRequest, over: bool = False) -> HttpResponse:
    """What is on or coming; or, with “over”, what was, the latest first."""
    now = clock.now()
    rows = _windows().over(now).order_by("-over_at", "-id") if over else _windows().living(now)
    return answers.read(request, WindowsOut(items=[state(one, now) for one in rows[:MOST]]))


@router.get("/maintenance/{window}", response={200: WindowOut}, summary="One maintenance window")
def show(request: HttpRequest, window: Number) -> HttpResponse:
    found = get_object_or_404(_windows(), pk=window)
    return answers.read(request, state(found, clock.now()), str(found.version))


@router.post("/maintenance", response={201: WindowOut}, summary="Plan a window")
def plan(request: HttpRequest, said: WindowIn) -> HttpResponse:
    """Of services of teams that you supervise; admins, of any."""
    user = person(request)
    if not may_plan_some(user, supervised(user)):
        said_why = _("Supervisors plan windows for the services of their teams, admins for any service.")
        raise Refused(said_why, code="not-allowed")

    def do() -> Made:
        form = _form(user, said)
        return _made(MaintenanceWindow.schedule(by=user, services=form.cleaned_data["services"], **form.facts()), 201)

    return once(request, do)


@router.put("/maintenance/{window}", response={200: WindowOut}, summary="Plan a window anew")
def change(request: HttpRequest, window: Number, said: WindowIn) -> HttpResponse:
    """What is not said is as for a new one. It counts from now."""
    user = person(request)

    def do(found: MaintenanceWindow) -> None:
        form = _form(user, said)
        found.change(by=user, services=form.cleaned_data["services"], **form.facts())

    return _changed(request, window, do)


@router.post("/maintenance/{window}/end", response={200: WindowOut}, summary="End a window now")
def end(request: HttpRequest, window: Number) -> HttpResponse:
    """What is still open goes on at once. One that comes again does at its next time."""
    return _changed(request, window, lambda found: found.end(by=person(request)))


@router.post("/maintenance/{window}/cancellation", response={200: WindowOut}, summary="Cancel a window")
def cancel(request: HttpRequest, window: Number) -> HttpResponse:
    """It does not take place, or no longer."""
    return _changed(request, window, lambda found: found.cancel(by=person(request)))


def _changed(request: HttpRequest, pk: int, verb: Callable[[MaintenanceWindow], None]) -> HttpResponse:
    def do() -> Made:
        found = _changeable(request, pk)
        verb(found)
        return _made(found)

    def was() -> Made:
        hold_still()
        return _made(_changeable(request, pk))

    return once(request, do, was=was)


def _changeable(request: HttpRequest, pk: int) -> MaintenanceWindow:
    found = get_object_or_404(_windows(), pk=pk)
    if not found.may_change(person(request)):
        raise Refused(_("Only a supervisor of each of its services' teams may change it."), code="not-allowed")
    return found


def _made(window: MaintenanceWindow, status: int = 200) -> Made:
    found = _windows().get(pk=window.pk)
    return Made(state(found, clock.now()), str(found.version), status)


def _form(user: User, said: WindowIn) -> WindowForm:
    data: dict[str, Any] = said.model_dump(exclude_none=True)
    data |= {"zone": said.zone or user.time_zone, "weekdays": [str(day) for day in said.weekdays]}
    form = WindowForm(user, data)
    beyond = [name for name in ("everything", "teams", "public_text") if data[name] and name not in form.fields]
    if beyond:  # a page would not offer it; a program is not to believe that it was done
        raise wrong({name: [_("You cannot choose this here.")] for name in beyond})
    filled(form)
    return form


def state(window: MaintenanceWindow, now: datetime) -> WindowOut:
    said, plan = stated(window), window.plan
    times = [TimeOut(starts_at=one.start, ends_at=one.end) for one in islice(plan.stretches(now), TIMES)]
    return WindowOut(
        id=window.pk,
        reason=window.reason,
        public_text=window.public_text,
        everything=window.everything,
        services=[Named(id=one.pk, name=one.name) for one in window.services.all()],
        on=plan.on(now) is not None,
        times=times,
        begins=f"{said['begins']:%Y-%m-%dT%H:%M}",
        ends=f"{said['ends']:%Y-%m-%dT%H:%M}",
        zone=window.zone,
        repeats=window.repeats,
        weekdays=[int(day) for day in window.weekdays],
        last_day=window.last_day.isoformat() if window.last_day else None,
        planned_by=Named(id=window.planned_by_id, name=window.planned_by.name),
        ended_at=window.ended_at,
        cancelled_at=window.cancelled_at,
        over_at=window.over_at,
    )
