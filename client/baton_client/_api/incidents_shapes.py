"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from .shared import Cause, Grade, Named


class Baton(TypedDict):
    """Who works on it, and how its clocks stand."""
    tier: Named | None
    holder: Named | None
    offered_to: Named | None
    offered_by: Named | None
    acknowledged_at: str | None
    held_until: str | None
    quiet_until: str | None
    next_at: str | None


class AuthorityOut(TypedDict):
    """Who must know: the second track."""
    tier: Named | None
    step: str
    next_tier: str | None
    acknowledged_at: str | None
    over: bool


Effect: TypeAlias = "Literal['degraded', 'partly_down', 'down']"


class FileOut(TypedDict):
    id: int
    name: str
    size: int
    sha256: str
    by: Named
    at: str


class HandsOn(TypedDict):
    """How long hands were on it."""
    seconds: int
    working: list[Working]


class IncidentWholeOut(TypedDict):
    """An incident with all that stands about it. Its record and its runbooks are at addresses of their own."""
    number: int
    ref: str
    title: str
    url: str
    status: str
    severity: int
    service: Named | None
    team: Named
    restricted: bool
    drill: bool
    impact: Grade
    urgency: Grade
    people_affected: int
    attempts: int
    failed_attempts: int
    opened_at: str
    resolved_at: str | None
    closed_at: str | None
    cause: Cause | None
    resolver: Named | None
    baton: Baton | None
    symptom: str
    source: Named | None
    opened_by: Named | None
    severity_override: int | None
    reported_severity: int | None
    needs: list[Named]
    needs_stated: bool
    ahead: list[StepAhead]
    authority: AuthorityOut | None
    roles: list[RoleOut]
    links: list[LinkOut]
    files: list[FileOut]
    last_update: UpdateOut | None
    update_version: str
    following: bool
    hands_on: HandsOn
    rights: Rights
    last_entry: int


class LinkOut(TypedDict):
    """Another incident that its reader may see."""
    kind: str
    number: int
    ref: str
    title: str


class Rights(TypedDict):
    """What the token's person may do with it."""
    act: bool
    reassign: bool


class RoleOut(TypedDict):
    role: str
    person: Named | None
    with_baton: bool
    offered_to: Named | None
    version: str


Stage: TypeAlias = "Literal['investigating', 'identified', 'watching', 'resolved']"


class StepAhead(TypedDict):
    """Where an escalation may lead."""
    lap: int
    place: int
    tier: str


class UpdateOut(TypedDict):
    """What others were told."""
    number: int
    stage: Stage
    text: str
    public_title: str
    to_stakeholders: bool
    on_status_page: bool
    effect: Effect | None
    told: int
    by: Named
    at: str
    withdrawn_at: str | None


class Working(TypedDict):
    id: int
    name: str
    since: str


class StepTo(TypedDict):
    """One of `ahead`."""
    lap: int
    place: int
