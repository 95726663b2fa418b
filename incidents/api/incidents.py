"""Incidents: found, read with their record, and opened."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry
from incidents import finding
from incidents.models import Cause, Incident, Level, Service, attempts, following
from incidents.models import Problem as RecurringProblem
from incidents.models.catalogue import severity_table
from incidents.models.incident import with_climbs
from incidents.models.maintenance import Calendar
from incidents.models.role_plans import Role
from incidents.models.search import asked_for
from incidents.models.severity import judge

from . import acting, answers, incident_state, repeats, walls
from .answers import Made
from .bearer import Bearer, person
from .cursors import Paging, page
from .incident_state import IncidentOut, IncidentWholeOut
from .problems import Problem
from .shapes import Asked, Grade, Id, Instant, Line, MaybeText, Number, example

router = Router(auth=Bearer(), tags=["incidents"])


# --- found ----------------------------------------------------------------------------------------


class Status(StrEnum):
    OPEN = "open"
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"


class Order(StrEnum):
    URGENCY = "urgency"
    NEWEST = "newest"
    OLDEST = "oldest"


Span = Literal["1h", "24h", "7d", "30d", "365d"]
_ORDERS = {
    Order.URGENCY: ("severity", "opened_at", "id"),
    Order.NEWEST: ("-opened_at", "-id"),
    Order.OLDEST: ("opened_at", "id"),
}
_LATEST_RESOLVED = ("-resolved_at", "-id")


class Wanted(Paging):
    """What narrows the queue, by the same words as in its address."""

    q: str = Field("", max_length=200, description="Words that all must be found in it, or written about it.")
    scope: Literal["mine", "teams", "all"] = Field("all", description="That I hold or am offered; that my teams have.")
    status: Status = Field(Status.OPEN, description="`open` is all that is not resolved.")
    severity: int | None = Field(None, ge=1, le=5)
    service: Number | Literal["none"] | None = None
    team: Number | None = None
    tier: Number | Literal["none"] | None = None
    holder: Number | Literal["me", "nobody"] | None = None
    since: Span | None = Field(None, description="Opened within the last …")
    within: Span | None = Field(None, description="Resolved within the last …; with `status=resolved`.")
    people: int | None = Field(None, ge=1, le=2_000_000_000, description="People affected, at least.")
    cause: Cause | None = None
    promise: Literal["at-risk", "breached"] | None = None
    role: Literal["open", "mine"] | Role | None = None
    source: Number | None = None
    sort: Order | None = Field(None, description="Usually the most urgent first; of the resolved the latest first.")


class IncidentPage(Schema):
    items: list[IncidentOut]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


@router.get("/incidents", response={200: IncidentPage}, summary="Find incidents")
def listed(request: HttpRequest, wanted: Query[Wanted]) -> HttpResponse:
    """Those you may see. Of what is resolved, `q` looks through the newest."""
    me, now = person(request), clock.now()
    over = wanted.status is Status.RESOLVED
    rows = _narrowed(_stated(Incident.objects.visible_to(me), wanted), wanted, me, now)
    order = _ORDERS[wanted.sort] if wanted.sort else _LATEST_RESOLVED if over else _ORDERS[Order.URGENCY]
    found, cursor = page(rows.select_related("service", "owner", "resolver"), wanted, order=order)
    with_climbs(found)
    return answers.read(request, IncidentPage(items=[incident_state.listed(one) for one in found], next=cursor))


def _stated(rows: Any, wanted: Wanted) -> Any:
    words = asked_for(wanted.q) if wanted.q.strip() else None
    match wanted.status:
        case Status.RESOLVED:
            return rows.search_over(words) if words is not None else rows.resolved()
        case Status.TRIGGERED:
            rows = rows.triggered()
        case Status.ACKNOWLEDGED:
            rows = rows.acknowledged()
        case Status.ON_HOLD:
            rows = rows.on_hold()
        case _:
            rows = rows.open()
    return rows.search(words) if words is not None else rows


def _narrowed(rows: QuerySet, wanted: Wanted, me: User, now: datetime) -> QuerySet:
    if wanted.scope == "mine":
        rows = finding.of_person(rows, me, over=wanted.status is Status.RESOLVED)
    if wanted.scope == "teams":
        rows = finding.of_teams(rows, [team for team, _name, _role in me.belongs])
    if wanted.team is not None:
        rows = finding.of_teams(rows, [wanted.team])
    if wanted.service is not None:
        rows = rows.filter(service=None if wanted.service == finding.NONE else wanted.service)
    if wanted.tier is not None:
        rows = finding.by_tier(rows, wanted.tier)
    if wanted.holder is not None:
        rows = finding.by_holder(rows, me.pk if wanted.holder == "me" else wanted.holder)
    if wanted.promise is not None:
        rows = finding.by_promise(rows, wanted.promise, now)
    if wanted.role is not None:
        rows = finding.by_role(rows, wanted.role, me)
    return rows.filter(_plainly(wanted, now))


def _plainly(wanted: Wanted, now: datetime) -> Q:
    asked = {
        "severity": wanted.severity,
        "source": wanted.source,
        "cause": wanted.cause,
        "people_affected__gte": wanted.people,
        "opened_at__gt": now - finding.SPANS[wanted.since] if wanted.since else None,
        "resolved_at__gt": now - finding.SPANS[wanted.within] if wanted.within else None,
    }
    return Q(**{name: value for name, value in asked.items() if value is not None})


# --- read -----------------------------------------------------------------------------------------


@router.get("/incidents/{number}", response={200: IncidentWholeOut}, summary="Read one")
def one(request: HttpRequest, number: Path[Number]) -> HttpResponse:
    me = person(request)
    incident = acting.found(number, me)
    return answers.read(request, incident_state.whole(incident, me), incident.state_token)


class ActorOut(Schema):
    kind: str = Field(description="person, engine or source.")
    id: int | None
    name: str = Field(description="As it was then.")


class EntryOut(Schema):
    """One line of the record."""

    seq: int
    at: Instant
    kind: str
    actor: ActorOut
    text: str = Field(description="What somebody wrote; empty once it was lawfully taken away.")
    hypothesis: str = Field(description="Of an attempt.")
    step: str = Field(description="The words of a runbook's step.")
    data: dict[str, Any] = Field(description="What else is on record, as facts; it differs by kind.")


class EntryPage(Schema):
    items: list[EntryOut]
    next: str | None


class RecordWanted(Paging):
    sort: Literal["oldest", "newest"] = "oldest"
    kind: str | None = Field(None, max_length=40, pattern="^[a-z_]+$", description="Only entries of this kind.")


@router.get("/incidents/{number}/record", response={200: EntryPage}, summary="Read its record")
def record(request: HttpRequest, number: Path[Number], wanted: Query[RecordWanted]) -> HttpResponse:
    """What happened, entry by entry. New entries come at the end: an `oldest` first reading can go on from its last
    cursor."""
    me = person(request)
    rows = Entry.objects.filter(trail=acting.found(number, me).trail_id).select_related("said")
    if wanted.kind is not None:
        rows = rows.filter(kind=wanted.kind)
    found, cursor = page(rows, wanted, order=("seq",) if wanted.sort == "oldest" else ("-seq",))
    said = _hiding(me, [(entry, json.loads(entry.data)) for entry in found])
    return answers.read(request, EntryPage(items=[_entry(entry, data) for entry, data in said], next=cursor))


_NAMING = {"linked": "ref", "unlinked": "ref", "absorbed": "ref", "resolved": "merged_into", "opened": "previous"}


def _hiding(me: User, entries: list[tuple[Entry, dict[str, Any]]]) -> list[tuple[Entry, dict[str, Any]]]:
    """An entry may name another incident or a problem, which its reader need not see. At most one query for each."""
    naming = [(data, _NAMING[entry.kind]) for entry, data in entries if data.get(_NAMING.get(entry.kind, ""))]
    numbers = {int(data[name].removeprefix("INC-")) for data, name in naming}
    seen = Incident.objects.visible_to(me).filter(number__in=numbers).values_list("number", flat=True)
    refs = {f"INC-{number}" for number in seen} if numbers else set()
    for data, name in naming:
        if data[name] not in refs:
            data[name] = None
    _hide_problems(me, [data for entry, data in entries if entry.kind in ("problem_linked", "problem_unlinked")])
    return entries


def _hide_problems(me: User, naming: list[dict[str, Any]]) -> None:
    numbers = {int(data["problem"].removeprefix("PRB-")) for data in naming}
    seen = {one.ref for one in RecurringProblem.objects.visible_to(me).filter(pk__in=numbers)} if numbers else set()
    for data in naming:
        data["problem"] = data["problem"] if data["problem"] in seen else None


def _entry(entry: Entry, data: dict[str, Any]) -> EntryOut:
    said, hypothesis, step = entry.said.text if entry.text_digest and hasattr(entry, "said") else "", "", ""
    if entry.kind == "attempt":
        hypothesis, said = attempts.parted(said, has_hypothesis=bool(data.get("hypothesis")))
    elif entry.kind in following.KINDS:
        step, said = following.parted(said)
    return EntryOut(
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind,
        actor=ActorOut(kind=entry.actor_kind, id=entry.actor_id, name=entry.actor_name),
        text=said,
        hypothesis=hypothesis,
        step=step,
        data=data,
    )


# --- opened ---------------------------------------------------------------------------------------


class Opened(Asked):
    """What is known of it. Two things are asked; the rest can wait."""

    model_config = example(title="Card payments fail", service="Payments", impact="high", people_affected=1900)

    title: Line
    service: Id | Annotated[Line, Field(max_length=80)] | None = Field(
        None, description="What it is about: its number or its name."
    )
    symptom: MaybeText = ""
    people_affected: int | None = Field(None, strict=True, ge=0, le=2_000_000_000)
    impact: Grade | None = None
    urgency: Grade | None = None
    restricted: bool = Field(False, description="Only who takes part may see it.")
    previous: Id | None = Field(None, description="The number of a closed incident that this one follows.")
    call_anyway: bool | None = Field(
        None, description="Whether people are called although its service is in maintenance. A SEV1 has to say."
    )


@router.post("/incidents", response={201: IncidentWholeOut}, summary="Open an incident")
def create(request: HttpRequest, said: Opened) -> HttpResponse:
    """The first step of its path is called at once."""
    me = person(request)
    if me.is_auditor and not me.is_staff:
        raise Refused(_("An auditor looks at everything and changes nothing."), code="not-allowed")

    def once() -> Made:
        incident = Incident.open(by=me, **_known(said, me))
        return incident_state.made(acting.found(incident.number, me), me, status=201)

    return repeats.once(request, once, sees=acting.sees(me))


def _known(said: Opened, me: User) -> dict[str, Any]:
    service = _service(said.service)
    grades = {name: Level[grade.name] for name in ("impact", "urgency") if (grade := getattr(said, name)) is not None}
    facts = {"people_affected": said.people_affected or 0, **grades}
    return {
        "title": said.title,
        "symptom": said.symptom,
        "service": service,
        "restricted": said.restricted,
        "previous": _previous(said.previous, me) if said.previous is not None else None,
        "call_anyway": _call_anyway(said, service, facts),
        **facts,
    }


def _service(said: int | str | None) -> Service | None:
    if said is None:
        return None
    by = {"pk": said} if isinstance(said, int) else {"name": said}
    return acting.chosen(Service.objects.in_use(), field="body.service", **by)


def _previous(number: int, me: User) -> Incident:
    closed = Incident.objects.real().visible_to(me).filter(closed_at__isnull=False)
    return acting.chosen(closed, field="body.previous", number=number)


def _call_anyway(said: Opened, service: Service | None, facts: dict[str, Any]) -> bool:
    """Whoever reports a SEV1 must know that nobody would be called."""
    silence = Calendar(clock.now()).silence(service.pk if service else None)
    if silence is None:
        return False
    levels = {name: facts.get(name, Level.MEDIUM) for name in ("impact", "urgency")}
    judged = judge(severity_table(), people=facts["people_affected"], reported=None, **levels)
    if said.call_anyway is None and judged.severity == 1:
        words = _("This is SEV1, and its service is in maintenance until %(at)s. Say in call_anyway whether to call.")
        raise Problem(409, words % {"at": walls.said(silence.until)}, code="maintenance")
    return bool(said.call_anyway)
