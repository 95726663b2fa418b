"""An incident as the API gives it: in a list, and whole. What its reader may not see is not in it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from ninja import Schema
from pydantic import Field

from escalation.engine.models import EscalationRun, Timer
from escalation.kit import clock
from escalation.people.models import User
from incidents.models import Attachment, Cause, Incident, IncidentRole, Level, Link, Update
from incidents.models.effort import total
from incidents.models.needing import needed_by
from incidents.models.role_filling import in_order
from incidents.models.status_page import Effect

from .answers import Made
from .shapes import Grade, Instant, Named, named


class Baton(Schema):
    """Who works on it, and how its clocks stand."""

    tier: Named | None = Field(description="At which tier it is.")
    holder: Named | None = Field(description="Who has it; nobody yet, if null.")
    offered_to: Named | None
    offered_by: Named | None
    acknowledged_at: Instant | None
    held_until: Instant | None = Field(description="On hold until then.")
    quiet_until: Instant | None = Field(description="Maintenance: nobody is called until then.")
    next_at: Instant | None = Field(description="When its path goes on by itself.")


class IncidentOut(Schema):
    """An incident in a list."""

    number: int = Field(examples=[1042])
    ref: str = Field(examples=["INC-1042"])
    title: str
    url: str = Field(description="Its page at the desk.")
    status: str = Field(description="triggered, acknowledged, on_hold, resolved or closed.")
    severity: int = Field(description="1 is the worst.")
    service: Named | None
    team: Named = Field(description="That owns it.")
    restricted: bool
    drill: bool = Field(description="A practice: nothing is broken.")
    impact: Grade
    urgency: Grade
    people_affected: int
    attempts: int
    failed_attempts: int
    opened_at: Instant
    resolved_at: Instant | None
    closed_at: Instant | None
    cause: Cause | None
    resolver: Named | None
    baton: Baton | None


class Rights(Schema):
    """What the token's person may do with it."""

    act: bool
    reassign: bool


class StepAhead(Schema):
    """Where an escalation may lead."""

    lap: int
    place: int
    tier: str


class AuthorityOut(Schema):
    """Who must know: the second track."""

    tier: Named | None
    step: str = Field(description="Where it stands; send it along when you tell the next.")
    next_tier: str | None
    acknowledged_at: Instant | None
    over: bool


class RoleOut(Schema):
    role: str
    person: Named | None = Field(description="Who has it; with the baton, whoever has that.")
    with_baton: bool
    offered_to: Named | None
    version: str = Field(description="Send it along as `was`: refused if it has changed since.")


class LinkOut(Schema):
    """Another incident that its reader may see."""

    kind: str = Field(
        description="into (merged into it), duplicate (merged into this), whole, part, related, previous."
    )
    number: int
    ref: str
    title: str


class FileOut(Schema):
    id: int
    name: str
    size: int = Field(description="Bytes.")
    sha256: str
    by: Named
    at: Instant


class UpdateOut(Schema):
    """What others were told."""

    number: int
    stage: Update.Stage
    text: str
    public_title: str
    to_stakeholders: bool
    on_status_page: bool
    effect: Effect | None
    told: int = Field(description="So many were sent a message.")
    by: Named
    at: Instant
    withdrawn_at: Instant | None


class Working(Named):
    since: Instant


class HandsOn(Schema):
    """How long hands were on it."""

    seconds: int = Field(description="Without what runs now.")
    working: list[Working] = Field(description="Whose time runs now, and since when.")


class IncidentWholeOut(IncidentOut):
    """An incident with all that stands about it. Its record and its runbooks are at addresses of their own."""

    symptom: str
    source: Named | None
    opened_by: Named | None
    severity_override: int | None
    reported_severity: int | None
    needs: list[Named]
    needs_stated: bool = Field(description="Else they are what its service needs.")
    ahead: list[StepAhead]
    authority: AuthorityOut | None
    roles: list[RoleOut]
    links: list[LinkOut]
    files: list[FileOut]
    last_update: UpdateOut | None
    update_version: str = Field(description="Send it along with an update: refused if another was sent since.")
    following: bool = Field(description="Whether its updates are sent to the token's person.")
    hands_on: HandsOn
    rights: Rights
    last_entry: int = Field(description="How long its record is.")


# --- building -------------------------------------------------------------------------------------


def listed(incident: Incident) -> IncidentOut:
    """No query, if its runs were read with what is due (``with_climbs``)."""
    run = incident.run
    return IncidentOut(**_facts(incident), baton=_baton(run, getattr(run, "timer_due", None)) if run else None)


def whole(incident: Incident, user: User) -> IncidentWholeOut:
    now, run = clock.now(), incident.run
    rights = incident.rights_as_read(user)
    last = Update.objects.with_words().filter(incident=incident).order_by("-number").first()
    needed = needed_by([incident])[incident.pk]
    return IncidentWholeOut(
        **_facts(incident),
        baton=_baton(run, _due(run)) if run else None,
        symptom=incident.symptom,
        source=named(incident.source),
        opened_by=named(incident.opened_by),
        severity_override=incident.severity_override,
        reported_severity=incident.reported_severity,
        needs=[Named(id=one.pk, name=one.name) for one in needed],
        needs_stated=incident.needs_stated_at is not None,
        ahead=[StepAhead(lap=lap, place=place, tier=step.tier) for lap, place, step in incident.onward()],
        authority=_authority(incident),
        roles=_roles(incident),
        links=_links(incident, user),
        files=[of_file(one) for one in _files(incident)],
        last_update=of_update(last) if last else None,
        update_version=incident.update_epoch_after(last.number if last else None),
        following=bool(getattr(incident, "followed", False)),
        hands_on=_hands_on(incident, now),
        rights=Rights(act=rights.act, reassign=rights.reassign),
        last_entry=incident.trail.length,
    )


def made(incident: Incident, user: User, *, status: int = 200) -> Made:
    """The new state, read after whatever was done."""
    where = f"/api/v1/incidents/{incident.number}" if status == 201 else ""
    return Made(whole(incident, user), incident.state_token, status, where)


def _facts(incident: Incident) -> dict:
    return {
        "number": incident.number,
        "ref": incident.ref,
        "title": incident.title,
        "url": settings.ADDRESS + incident.get_absolute_url(),
        "status": incident.status,
        "severity": incident.severity,
        "service": named(incident.service),
        "team": Named(id=incident.owner.pk, name=incident.owner.name),
        "restricted": incident.restricted,
        "drill": incident.drill,
        "impact": Grade(Level(incident.impact).name.lower()),
        "urgency": Grade(Level(incident.urgency).name.lower()),
        "people_affected": incident.people_affected,
        "attempts": incident.attempts,
        "failed_attempts": incident.failed_attempts,
        "opened_at": incident.opened_at,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
        "cause": Cause(incident.cause) if incident.cause else None,
        "resolver": named(incident.resolver),
    }


def _baton(run: EscalationRun, due: datetime | None) -> Baton:
    return Baton(
        tier=named(run.tier),
        holder=named(run.holder),
        offered_to=named(run.offered_to),
        offered_by=named(run.offered_by),
        acknowledged_at=run.acknowledged_at,
        held_until=run.held_until,
        quiet_until=run.quiet_until,
        next_at=due if run.ended_at is None else None,
    )


def _due(run: EscalationRun | None) -> datetime | None:
    armed = Timer.objects.filter(run=run, state=Timer.State.ARMED)
    return armed.values_list("due_at", flat=True).first() if run is not None else None


def _authority(incident: Incident) -> AuthorityOut | None:
    run = incident.authority_run
    if run is None:
        return None
    ahead = incident.authority_ahead()
    return AuthorityOut(
        tier=named(run.tier),
        step=run.step_key,
        next_tier=ahead.tier if ahead else None,
        acknowledged_at=run.acknowledged_at,
        over=run.ended_at is not None,
    )


def _roles(incident: Incident) -> list[RoleOut]:
    rows = IncidentRole.objects.along().filter(incident=incident)
    return [
        RoleOut(
            role=row.role,
            person=named(incident.has_role(row)),
            with_baton=row.person_id is None and row.of_baton,
            offered_to=named(row.offered_to),
            version=row.token,
        )
        for row in in_order(rows)
    ]


def _links(incident: Incident, user: User) -> list[LinkOut]:
    me, kinds = incident.pk, {}
    for first, other, kind in Link.objects.filter(Q(incident=me) | Q(other=me)).values_list(
        "incident", "other", "kind"
    ):
        shown = ("whole" if first == me else "part") if kind == Link.Kind.PART else "related"
        kinds[other if first == me else first] = shown
    if incident.previous_id:
        kinds.setdefault(incident.previous_id, "previous")
    if incident.merged_into_id:
        kinds[incident.merged_into_id] = "into"
    others = Incident.objects.visible_to(user).filter(Q(pk__in=list(kinds)) | Q(merged_into=me)).order_by("number")
    return [
        LinkOut(kind=kinds.get(one.pk, "duplicate"), number=one.number, ref=one.ref, title=one.title)
        for one in others.only("number", "title")
    ]


def _files(incident: Incident) -> Iterable[Attachment]:
    return Attachment.objects.standing().filter(incident=incident).select_related("by").order_by("pk")


def of_file(row: Attachment) -> FileOut:
    by = Named(id=row.by.pk, name=row.by.name)
    return FileOut(id=row.pk, name=row.name, size=row.size, sha256=row.digest, by=by, at=row.at)


def of_update(row: Update) -> UpdateOut:
    return UpdateOut(
        number=row.number,
        stage=Update.Stage(row.stage),
        text=row.text,
        public_title=row.public_title,
        to_stakeholders=row.to_stakeholders,
        on_status_page=row.on_status_page,
        effect=Effect(row.effect) if row.effect else None,
        told=row.told,
        by=Named(id=row.by.pk, name=row.by.name),
        at=row.at,
        withdrawn_at=row.withdrawn_at,
    )


def _hands_on(incident: Incident, now: datetime) -> HandsOn:
    intervals = incident.effort().intervals
    over = [one for one in intervals if one.ended is not None]
    return HandsOn(
        seconds=int(total(over, now).total_seconds()),
        working=[Working(id=one.person, name=one.name, since=one.began) for one in intervals if one.ended is None],
    )
