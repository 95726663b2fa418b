"""What is watched: heartbeats, what would go wrong with the next call, and what everybody must know of the engine."""

from typing import Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from escalation.engine import notices as engine_notices
from escalation.kit import clock
from escalation.people.models import Membership, User
from escalation.people.tokens import Scope
from escalation.policies import asking
from escalation.policies.readiness import gathering, saying
from incidents.models import AlertKey, Heartbeat, Incident
from incidents.models.access import sees_all
from incidents.models.heartbeats import key_of
from incidents.models.maintenance import Calendar

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .repeats import once
from .shapes import Instant, Named, Number

router = Router(auth=Bearer(Scope.PLAN), tags=["watching"])
MOST = 500


class HeartbeatOut(Schema):
    """What is to beat regularly, and opens an incident when it stops."""

    id: int
    name: str
    service: Named | None
    state: Literal["silent", "late", "waits", "maintenance", "beats", "not_watched"]
    every_minutes: int
    grace_minutes: int
    severity: int
    last_beat: Instant | None
    due: Instant | None = Field(description="When its silence is an alarm.")
    silent_since: Instant | None
    incident: int | None = Field(description="The number of the incident that its silence has opened.")


class HeartbeatsOut(Schema):
    items: list[HeartbeatOut]


class FindingOut(Schema):
    name: str = Field(description="What it is about.")
    sentence: str


class FindingsOut(Schema):
    """Findings of one kind."""

    title: str
    advice: str
    red: bool = Field(description="The next call, or one in the coming 60 days, may find nobody.")
    findings: list[FindingOut]


class ReadinessOut(Schema):
    checked: str
    items: list[FindingsOut]


class AskedOut(Schema):
    person: Named
    asked_at: Instant


class NoticeOut(Schema):
    code: str
    text: str
    since: Instant
    urgent: bool


class NoticesOut(Schema):
    items: list[NoticeOut]


# --- heartbeats -----------------------------------------------------------------------------------


@router.get("/heartbeats", response={200: HeartbeatsOut}, summary="Heartbeats")
def heartbeats(request: HttpRequest) -> HttpResponse:
    """Those whose incident you would see."""
    user, now = person(request), clock.now()
    mine = list(Heartbeat.objects.visible_to(user).select_related("source__service")[:MOST])
    calendar, about = Calendar(now), _incidents(user, mine)
    items = [
        HeartbeatOut(
            id=one.pk,
            name=one.name,
            service=Named(id=one.source.service.pk, name=one.source.service.name) if one.source.service else None,
            state=one.state(now, quiet=calendar.silence(one.source.service_id) is not None).value,  # type: ignore[arg-type]
            every_minutes=one.every,
            grace_minutes=one.grace,
            severity=one.severity,
            last_beat=one.last_beat,
            due=one.due,
            silent_since=one.silent_since,
            incident=about.get(key_of(one.pk)),
        )
        for one in mine
    ]
    return answers.read(request, HeartbeatsOut(items=items))


def _incidents(user: User, mine: list[Heartbeat]) -> dict[str, int]:
    """By key, those that tell of a silence and that this person may see."""
    silent = [key_of(one.pk) for one in mine if one.silent_since]
    if not silent:
        return {}
    seen = Incident.objects.visible_to(user)
    living = AlertKey.objects.filter(key__in=silent, ended_at=None, incident__in=seen)
    return dict(living.values_list("key", "incident__number"))


# --- readiness ------------------------------------------------------------------------------------


@router.get("/readiness", response={200: ReadinessOut}, summary="What would go wrong with the next call")
def readiness(request: HttpRequest) -> HttpResponse:
    """Of the teams that you supervise; of all, for admins and auditors."""
    reader = person(request)
    whole = reader.is_staff or reader.is_auditor
    teams = [] if whole else [team for team, _name, role in reader.belongs if role == Membership.Role.SUPERVISOR]
    if not (whole or teams):
        raise Http404
    report = gathering.report(clock.now())
    mine = report if whole else report.of(teams)
    groups = saying.groups(mine, saying.Reader(reader, frozenset(teams)))
    body = ReadinessOut(checked=str(saying.checked(mine)), items=[_findings(group) for group in groups])
    return answers.read(request, body)


def _findings(group: saying.Group) -> FindingsOut:
    return FindingsOut(
        title=str(group.title),
        advice=str(group.advice),
        red=group.red,
        findings=[FindingOut(name=str(line.name), sentence=str(line.sentence)) for line in group.lines],
    )


@router.post("/readiness/people/{who}/test-request", response={201: AskedOut}, summary="Ask somebody to test")
def ask(request: HttpRequest, who: Number) -> HttpResponse:
    """To send themselves a test: a message is on its way, and a cue waits. Once a day is enough."""
    found = get_object_or_404(User.objects.filter(is_active=True), pk=who)
    if not asking.may_ask(person(request), found):
        raise Http404

    def do() -> Made:
        made = asking.ask(found, by=person(request))
        return Made(AskedOut(person=Named(id=found.pk, name=found.name), asked_at=made.at), status=201)

    return once(request, do)


# --- notices --------------------------------------------------------------------------------------


@router.get("/notices", response={200: NoticesOut}, summary="What everybody must know now")
def notices(request: HttpRequest) -> HttpResponse:
    """What stands above every page: escalations or messages that are late, a storm, an installation that is held."""
    whole = sees_all(person(request))
    items = [
        NoticeOut(
            code=one.code,
            text=str(one.text if whole or not one.discreet else one.discreet),
            since=one.since,
            urgent=one.urgent,
        )
        for one in engine_notices.known.notices
    ]
    return answers.read(request, NoticesOut(items=items))
