"""What one sets for oneself: how pages look, and the calendars that are read for one."""

from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.notify import reaching
from escalation.oncall.calendars.feeds import schedules_of_pages
from escalation.oncall.calendars.forms import MINE, OutsideForm
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.people.models import User
from escalation.people.tokens import Scope

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .filled import filled, of_validation
from .repeats import once
from .shapes import Asked, Id, Instant, MaybeText, Named, Number, example, named

router = Router(auth=Bearer(Scope.PLAN), tags=["own"])
Theme = Literal["system", "light", "dark"]


class PreferencesOut(Schema):
    time_zone: str
    theme: Theme
    keys_on: bool = Field(description="Keyboard shortcuts.")
    presence_on: bool = Field(description="Others see when you have an incident open.")


class PreferencesIn(Asked):
    """What is not said stays as it is."""

    model_config = example(time_zone="Europe/Berlin")

    time_zone: Annotated[MaybeText, Field(max_length=64, examples=["Europe/Berlin"])] = ""
    theme: Theme | None = None
    keys_on: bool | None = None
    presence_on: bool | None = None


class CalendarOut(Schema):
    """A calendar from elsewhere. Of its address the host is shown: the rest is often a key."""

    id: int
    host: str
    schedule: Named | None = Field(description="Whose holidays it tells; null: when you are away.")
    read_at: Instant | None
    failing_since: Instant | None
    error: str


class CalendarsOut(Schema):
    items: list[CalendarOut]


class CalendarIn(Asked):
    model_config = example(address="https://calendar.example.com/me.ics")

    address: Annotated[MaybeText, Field(max_length=1000, examples=["https://calendar.example.com/me.ics"])]
    schedule: Id | None = Field(None, description="A schedule of yours, whose holidays it tells; null: your absences.")


# --- preferences ----------------------------------------------------------------------------------


@router.get("/preferences", response={200: PreferencesOut}, summary="Your preferences")
def preferences(request: HttpRequest) -> HttpResponse:
    return answers.read(request, _preferences(person(request)))


@router.patch("/preferences", response={200: PreferencesOut}, summary="Change your preferences")
def prefer(request: HttpRequest, said: PreferencesIn) -> HttpResponse:
    """What is not said stays as it is."""
    told = {name: value for name, value in said.model_dump().items() if value not in (None, "")}
    if said.theme == "system":
        told["theme"] = User.Theme.SYSTEM.value

    def do() -> Made:
        try:
            return Made(_preferences(reaching.prefer(person(request), **told)))
        except ValidationError as error:
            raise of_validation(error) from error

    return once(request, do)


def _preferences(user: User) -> PreferencesOut:
    return PreferencesOut(
        time_zone=user.time_zone,
        theme=user.theme or "system",  # type: ignore[arg-type]
        keys_on=user.keys_on,
        presence_on=user.presence_on,
    )


# --- calendars ------------------------------------------------------------------------------------


@router.get("/absences", response={200: CalendarsOut}, summary="Calendars that are read for you")
def absences(request: HttpRequest) -> HttpResponse:
    """Of your absences, and of the holidays of schedules that you may change."""
    return answers.read(request, _calendars(person(request)))


@router.post("/absences", response={201: CalendarsOut}, summary="Have a calendar read")
def add_absences(request: HttpRequest, said: CalendarIn) -> HttpResponse:
    """Within a minute, and every few hours from then on."""
    user = person(request)
    schedules = [one for one, may_change in schedules_of_pages(user) if may_change]
    of = MINE if said.schedule is None else f"schedule-{said.schedule}"
    form = OutsideForm({"address": said.address, "of": of}, schedules=schedules)
    address = filled(form)["address"]

    def do() -> Made:
        OutsideCalendar.add(address, by=user, schedule=form.schedule)
        return Made(_calendars(user), status=201)

    return once(request, do)


@router.post("/absences/{calendar}/reading", response={200: CalendarsOut}, summary="Read a calendar again")
def read_absences(request: HttpRequest, calendar: Number) -> HttpResponse:
    """Within a minute, instead of in a few hours."""
    return _changed(request, calendar, lambda one, user: one.read_again(by=user, now=clock.now()))


@router.delete("/absences/{calendar}", response={200: CalendarsOut}, summary="Have a calendar read no longer")
def remove_absences(request: HttpRequest, calendar: Number) -> HttpResponse:
    """Its dates go with it."""
    return _changed(request, calendar, lambda one, user: one.remove(by=user))


def _changed(request: HttpRequest, pk: int, verb) -> HttpResponse:
    user = person(request)

    def do() -> Made:
        verb(get_object_or_404(OutsideCalendar.objects.read_by(user), pk=pk), user)
        return Made(_calendars(user))

    return once(request, do)


def _calendars(user: User) -> CalendarsOut:
    rows = OutsideCalendar.objects.read_by(user).select_related("schedule").order_by("id")
    return CalendarsOut(
        items=[
            CalendarOut(
                id=one.pk,
                host=one.host,
                schedule=named(one.schedule),
                read_at=one.read_at,
                failing_since=one.failing_since,
                error=one.error,
            )
            for one in rows
        ]
    )
