"""Drills: what is planned, the report of each time, and starting one. Plans are made at the desk."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from escalation.kit.errors import Refused
from escalation.people.tokens import Scope
from incidents.drilling import words
from incidents.drilling.report import Called, Report
from incidents.drilling.results import reports
from incidents.models import Drill, DrillRun

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .cursors import Paging, page
from .repeats import once
from .shapes import Instant, Named, Number, named

router = Router(auth=Bearer(Scope.PLAN), tags=["drills"])
ONE, RUN = "/drills/{drill}", "/drills/{drill}/runs/{run}"
ORDER = ("-occurrence", "-id")


class DrillOut(Schema):
    """A practice incident that is planned: on the real path, to the real people on call."""

    id: int
    url: str = Field(description="Its page at the desk.")
    title: str
    service: Named
    team: Named
    severity: int
    text: str = Field(description="What is said to have happened.")
    first: str = Field(description="The first time, on the clocks of its zone.", examples=["2026-03-02T14:00"])
    zone: str
    weeks: int = Field(description="It comes again after so many weeks; 0: it does not.")
    limit_minutes: int = Field(description="After so long it ends by itself.")
    on: bool
    next_at: Instant | None = Field(description="null: it is off, or its time has passed.")


class DrillPage(Schema):
    items: list[DrillOut]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class CallWayOut(Schema):
    """One message of a call."""

    channel: str
    at: Instant
    arrived: bool = Field(description="As far as is known.")


class CalledOut(Schema):
    """One person, as they were called once."""

    call: int = Field(description="The number of the call, from 1; several people may be called together.")
    at: Instant
    person: Named
    tier: str = Field(description="As it was called then; empty for the last resort.")
    last_resort: bool
    told_only: bool = Field(description="They were informed: nothing was asked of them.")
    ways: list[CallWayOut]
    answered_at: Instant | None
    answered_after_s: int | None = Field(description="Since this call.")


class RunOut(Schema):
    """One time that a drill was due, or was started."""

    id: int
    url: str = Field(description="Its report at the desk.")
    drill: int
    at: Instant = Field(description="When it was due, or was started.")
    started_by: Named | None = Field(description="null: it was held by its plan.")
    incident: int | None = Field(description="Its number; null: it was not held.")
    outcome: str = Field(description="What came of it, in a sentence.")
    not_held: str | None = Field(description="Why not, in a word; null: it was held.")
    answered_at: Instant | None
    answered_by: str | None
    answered_after_s: int | None = Field(description="Since it was opened.")
    on_call: int | None = Field(description="The number of the call by the time that somebody answered.")
    without_call: bool | None = Field(description="Whether they answered although nobody had called them.")
    calls: int
    last_resort: bool = Field(description="Whether the last resort was called.")
    ended_at: Instant | None
    ended: str | None = Field(description="resolved, limit, stopped or severe; null: it goes on, or was not held.")


class ReportOut(RunOut):
    """A run with everybody who was called."""

    tiers: list[str] = Field(description="That were called, in their order.")
    silent: list[str] = Field(description="Who was asked to answer and did not in their time.")
    called: list[CalledOut]


class RunPage(Schema):
    items: list[RunOut]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


@router.get("/drills", response={200: DrillPage}, summary="Drills that are planned")
def listed(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Of the services of teams that you supervise, the latest planned first; admins and auditors read all."""
    rows = Drill.objects.visible_to(person(request)).select_related("service__team")
    found, following = page(rows, paging, order=("-id",))
    return answers.read(request, DrillPage(items=[_drill(one) for one in found], next=following))


@router.get(ONE, response={200: DrillOut}, summary="One drill")
def show(request: HttpRequest, drill: Number) -> HttpResponse:
    return answers.read(request, _drill(_found(request, drill)))


@router.get(f"{ONE}/runs", response={200: RunPage}, summary="Each time that a drill was due")
def runs(request: HttpRequest, drill: Number, paging: Query[Paging]) -> HttpResponse:
    """The latest first."""
    rows = _found(request, drill).runs.select_related("incident", "started_by")
    found, following = page(rows, paging, order=ORDER)
    told = reports(found)
    return answers.read(request, RunPage(items=[RunOut(**_run(one, told[one.pk])) for one in found], next=following))


@router.get(RUN, response={200: ReportOut}, summary="The report of one time")
def run(request: HttpRequest, drill: Number, run: Number) -> HttpResponse:
    """Who was called when and how, who answered, and how far it went."""
    return answers.read(request, _report(_of(_found(request, drill), run)))


@router.post(f"{ONE}/runs", response={201: ReportOut}, summary="Start a drill now")
def start(request: HttpRequest, drill: Number) -> HttpResponse:
    """The people on call are called at once."""
    found = _changeable(request, drill)

    def do() -> Made:
        begun = found.start(by=person(request))
        where = f"/api/v1/drills/{found.pk}/runs/{begun.pk}"
        return Made(_report(_of(found, begun.pk)), status=201, location=where)

    return once(request, do)


@router.post(f"{RUN}/end", response={200: ReportOut}, summary="End a drill")
def end(request: HttpRequest, drill: Number, run: Number) -> HttpResponse:
    """It was practised for long enough. Refused if it is over already."""
    found = _of(_changeable(request, drill), run)

    def do() -> Made:
        found.stop(by=person(request))
        return Made(_report(_of(found.drill, run)))

    return once(request, do)


def _found(request: HttpRequest, pk: int) -> Drill:
    return get_object_or_404(Drill.objects.visible_to(person(request)).select_related("service__team"), pk=pk)


def _changeable(request: HttpRequest, pk: int) -> Drill:
    found = _found(request, pk)
    if not found.may_change(person(request)):
        raise Refused(_("You may look at this drill but not change it."), code="not-allowed")
    return found


def _of(drill: Drill, pk: int) -> DrillRun:
    return get_object_or_404(drill.runs.select_related("incident", "started_by"), pk=pk)


def _drill(one: Drill) -> DrillOut:
    return DrillOut(
        id=one.pk,
        url=settings.ADDRESS + one.get_absolute_url(),
        title=one.title,
        service=Named(id=one.service.pk, name=one.service.name),
        team=Named(id=one.service.team.pk, name=one.service.team.name),
        severity=one.severity,
        text=one.text,
        first=f"{one.day:%Y-%m-%d}T{one.at:%H:%M}",
        zone=one.zone,
        weeks=one.weeks,
        limit_minutes=one.limit,
        on=one.on,
        next_at=one.next_at,
    )


def _run(one: DrillRun, report: Report | None) -> dict:
    return {
        "id": one.pk,
        "url": settings.ADDRESS + one.get_absolute_url(),
        "drill": one.drill_id,
        "at": one.occurrence,
        "started_by": named(one.started_by),
        "incident": one.incident.number if one.incident else None,
        "outcome": words.outcome(one, report),
        "not_held": one.why_not or None,
        "answered_at": report.answered_at if report else None,
        "answered_by": (report.answered_by if report else "") or None,
        "answered_after_s": report.answered_s if report else None,
        "on_call": report.on_call if report and report.answered_at else None,
        "without_call": report.uncalled if report and report.answered_at else None,
        "calls": report.calls if report else 0,
        "last_resort": bool(report and report.last_resort),
        "ended_at": report.ended_at if report else None,
        "ended": (report.ended if report else "") or None,
    }


def _report(one: DrillRun) -> ReportOut:
    report = reports([one])[one.pk]
    return ReportOut(
        **_run(one, report),
        tiers=list(report.tiers) if report else [],
        silent=report.silent if report else [],
        called=[_called(each) for each in report.people] if report else [],
    )


def _called(one: Called) -> CalledOut:
    return CalledOut(
        call=one.number,
        at=one.at,
        person=Named(id=one.person, name=one.name),
        tier=one.tier,
        last_resort=one.last_resort,
        told_only=one.told,
        ways=[CallWayOut(channel=way.channel, at=way.at, arrived=way.arrived) for way in one.ways],
        answered_at=one.answered_at,
        answered_after_s=one.answered_s,
    )
