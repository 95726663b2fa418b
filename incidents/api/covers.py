"""Who covers for whom: overrides, “take it now”, and swaps. An answer says what was made, or what became of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.oncall import verbs
from escalation.oncall.models import Override, Schedule, SwapRequest
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from escalation.people.models import User
from escalation.people.tokens import Scope

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .matching import hold_still
from .oncall import Moment, schedule_of
from .problems import FieldProblem, Problem
from .repeats import once
from .shapes import Asked, Id, Instant, MaybeText, Named, Number, example, named

router = Router(auth=Bearer(Scope.PLAN), tags=["schedules"])
PER = "/schedules/{schedule}"
MOST = 200
Answer = Callable[[Schedule, SwapRequest], object]
Short = Annotated[MaybeText, Field(max_length=200)]


class OverrideOut(Schema):
    """For a while it is this person, or nobody, whatever the layers say."""

    id: int
    schedule: Named
    person: Named | None = Field(description="null: nobody, on purpose.")
    starts_at: Instant
    ends_at: Instant
    reason: str
    by: Named
    cancelled_at: Instant | None
    swap: int | None = Field(description="The swap that it is a half of: the other half ends with it.")


class OverridesOut(Schema):
    items: list[OverrideOut]


class SwapOut(Schema):
    """Somebody asks to have their time on call taken."""

    id: int
    schedule: Named
    giver: Named
    starts_at: Instant
    ends_at: Instant
    asked: Named | None = Field(description="null: anybody who can cover.")
    return_starts_at: Instant | None = Field(description="What the giver takes in return.")
    return_ends_at: Instant | None
    text: str
    state: str = Field(description="open, accepted, declined, withdrawn or expired.")
    accepted_by: Named | None


class SwapsOut(Schema):
    items: list[SwapOut]


class OverrideIn(Asked):
    model_config = example(
        starts_at="2026-03-03T09:00:00Z", ends_at="2026-03-04T09:00:00Z", person=7, reason="Ana is ill"
    )

    starts_at: Moment
    ends_at: Moment
    person: Id | None = Field(
        None, description="Who is on call then: yourself unless you supervise the team. null, as a supervisor: nobody."
    )
    reason: Short = ""
    instead: Id | None = Field(None, description="An override that ends with it, so that nobody is called in between.")
    seen: Short | None = Field(None, description="The schedule's “seen”.")

    def is_for(self, user: User) -> bool:
        return self.person == user.pk or "person" not in self.model_fields_set


class TakeIn(Asked):
    until: Moment | None = Field(None, description="Unless it is when the shift ends that is under way.")


class SwapIn(Asked):
    model_config = example(starts_at="2026-03-03T09:00:00Z", ends_at="2026-03-04T09:00:00Z", asked=7, text="A wedding")

    starts_at: Moment
    ends_at: Moment
    asked: Id | None = Field(None, description="Whom you ask; null: anybody who can cover.")
    return_starts_at: Moment | None = None
    return_ends_at: Moment | None = None
    text: Short = ""

    @property
    def takes(self) -> Span | None:
        """Raises ``Problem``."""
        if (self.return_starts_at is None) != (self.return_ends_at is None):
            raise _invalid("return_ends_at", _("Say both, from and until, or neither."))
        if self.return_starts_at is None or self.return_ends_at is None:
            return None
        if self.return_ends_at <= self.return_starts_at:
            raise _invalid("return_ends_at", _("It has to end after it begins."))
        return Span(self.return_starts_at, self.return_ends_at)


class AcceptIn(Asked):
    covers: Id | None = Field(None, description="As a supervisor: who takes it, if nobody in particular was asked.")


# --- overrides ------------------------------------------------------------------------------------


@router.get(f"{PER}/overrides", response={200: OverridesOut}, summary="Overrides that count")
def overrides(request: HttpRequest, schedule: Number) -> HttpResponse:
    """Those in force or to come, the soonest first."""
    found = schedule_of(request, schedule)
    rows = found.overrides.filter(cancelled_at__isnull=True, ends_at__gt=clock.now()).order_by("starts_at", "id")
    return answers.read(request, OverridesOut(items=[_override(one) for one in _with_people(rows)[:MOST]]))


@router.get(f"{PER}/overrides/{{override}}", response={200: OverrideOut}, summary="One override")
def override_show(request: HttpRequest, schedule: Number, override: Number) -> HttpResponse:
    """Also one that is over or was cancelled."""
    found = schedule_of(request, schedule)
    return answers.read(request, _override(get_object_or_404(_with_people(found.overrides), pk=override)))


@router.post(f"{PER}/overrides", response={201: OverrideOut}, summary="Say who covers")
def override(request: HttpRequest, schedule: Number, said: OverrideIn) -> HttpResponse:
    """A supervisor chooses whom; others of the team, and of the schedule, cover themselves."""
    found, user = schedule_of(request, schedule), person(request)

    def do() -> Made:
        old = get_object_or_404(found.overrides, pk=said.instead) if said.instead is not None else None
        told: dict[str, Any] = said.model_dump(exclude={"person", "instead"}) | {"instead": old}
        if said.is_for(user) and not verbs.may_change(found, user):
            made = found.cover(by=user, **told)
        else:
            who = _coverer(found, user.pk if said.is_for(user) else said.person, "person")
            made = found.override(by=user, person=who, **told)
        return _made(found, made, 201)

    return once(request, do)


@router.post(f"{PER}/overrides/{{override}}/cancellation", response={200: OverrideOut}, summary="End an override")
def cancel(request: HttpRequest, schedule: Number, override: Number) -> HttpResponse:
    """Or take it back before it begins. Both halves of a swap end together."""
    found = schedule_of(request, schedule)
    row = get_object_or_404(found.overrides, pk=override)

    def do() -> Made:
        found.cancel_override(row, by=person(request))
        return _made(found, row)

    def was() -> Made:
        hold_still()
        return _made(found, row)

    return once(request, do, was=was)


@router.post(f"{PER}/cover", response={201: OverrideOut}, summary="Take it now")
def take(request: HttpRequest, schedule: Number, said: TakeIn) -> HttpResponse:
    """From now on it is you, until the shift ends that is under way."""
    found = schedule_of(request, schedule)
    return once(request, lambda: _made(found, found.take_now(by=person(request), until=said.until), 201))


# --- swaps ----------------------------------------------------------------------------------------


@router.get(f"{PER}/swaps", response={200: SwapsOut}, summary="Swaps that wait for an answer")
def swaps(request: HttpRequest, schedule: Number) -> HttpResponse:
    found, now = schedule_of(request, schedule), clock.now()
    return answers.read(request, SwapsOut(items=[_swap(one, now) for one in _rows(found).open(now)[:MOST]]))


@router.get(f"{PER}/swaps/{{swap}}", response={200: SwapOut}, summary="One swap")
def swap_show(request: HttpRequest, schedule: Number, swap: Number) -> HttpResponse:
    found = schedule_of(request, schedule)
    return answers.read(request, _swap(_asked_for(found, swap), clock.now()))


@router.post(f"{PER}/swaps", response={201: SwapOut}, summary="Ask somebody to take your shift")
def swap(request: HttpRequest, schedule: Number, said: SwapIn) -> HttpResponse:
    """Until somebody accepts it stays yours."""
    found, user = schedule_of(request, schedule), person(request)
    if user.is_auditor:
        raise Refused(_("An auditor has no shifts."), code="not-allowed")
    takes = said.takes

    def do() -> Made:
        asked = _coverer(found, said.asked, "asked")
        made = found.ask_swap(Wish(Span(said.starts_at, said.ends_at), asked, takes, said.text), by=user)
        return Made(_swap(_rows(found).get(pk=made.pk), clock.now()), status=201)

    return once(request, do)


def _answered(request: HttpRequest, schedule: Number, swap: Number, answer: Answer) -> HttpResponse:
    found = schedule_of(request, schedule)
    row = _asked_for(found, swap)

    def do() -> Made:
        answer(found, row)
        return made()

    def made() -> Made:
        return Made(_swap(_asked_for(found, swap), clock.now()))

    def was() -> Made:
        hold_still()
        return made()

    return once(request, do, was=was)


@router.post(f"{PER}/swaps/{{swap}}/acceptance", response={200: SwapOut}, summary="Take the shift")
def accept(request: HttpRequest, schedule: Number, swap: Number, said: AcceptIn) -> HttpResponse:
    """You take it; or, as a supervisor, you say who does."""

    def answer(found: Schedule, row: SwapRequest) -> None:
        found.accept_swap(row, by=person(request), covers=_coverer(found, said.covers, "covers"))

    return _answered(request, schedule, swap, answer)


@router.post(f"{PER}/swaps/{{swap}}/refusal", response={200: SwapOut}, summary="Decline a swap")
def decline(request: HttpRequest, schedule: Number, swap: Number) -> HttpResponse:
    return _answered(request, schedule, swap, lambda found, row: found.decline_swap(row, by=person(request)))


@router.post(f"{PER}/swaps/{{swap}}/withdrawal", response={200: SwapOut}, summary="Keep your shift after all")
def withdraw(request: HttpRequest, schedule: Number, swap: Number) -> HttpResponse:
    return _answered(request, schedule, swap, lambda found, row: found.withdraw_swap(row, by=person(request)))


# --- what they say --------------------------------------------------------------------------------


def _coverer(schedule: Schedule, pk: int | None, field: str) -> User | None:
    """One of those that the desk would offer."""
    if pk is None:
        return None
    found = verbs.who_may_cover(schedule).filter(pk=pk).first()
    if found is None:
        raise _invalid(field, _("Choose one of the schedule's people."))
    return found


def _invalid(field: str, message: str) -> Problem:
    return Problem(422, message, errors=[FieldProblem(field=f"body.{field}", message=message)])


def _with_people(overrides):
    return overrides.select_related("schedule", "person", "by")


def _made(schedule: Schedule, override: Override, status: int = 200) -> Made:
    return Made(_override(_with_people(schedule.overrides).get(pk=override.pk)), status=status)


def _rows(schedule: Schedule):
    return schedule.swaps.select_related("schedule", "giver", "asked", "accepted_by")


def _asked_for(schedule: Schedule, pk: int) -> SwapRequest:
    return get_object_or_404(_rows(schedule), pk=pk)


def _override(one: Override) -> OverrideOut:
    return OverrideOut(
        id=one.pk,
        schedule=Named(id=one.schedule_id, name=one.schedule.name),
        person=named(one.person),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        reason=one.reason,
        by=Named(id=one.by_id, name=one.by.name),
        cancelled_at=one.cancelled_at,
        swap=one.half_of_id,
    )


def _swap(one: SwapRequest, now: datetime) -> SwapOut:
    return SwapOut(
        id=one.pk,
        schedule=Named(id=one.schedule_id, name=one.schedule.name),
        giver=Named(id=one.giver_id, name=one.giver.name),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        asked=named(one.asked),
        return_starts_at=one.return_starts_at,
        return_ends_at=one.return_ends_at,
        text=one.text,
        state=one.state(now),
        accepted_by=named(one.accepted_by),
    )
