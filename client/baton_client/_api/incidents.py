"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, TypedDict

from ..transport import UNSET, Unset, part, said
from .incident_advice import IncidentAdviceNoun
from .incident_around import IncidentAroundNoun
from .incident_facts import IncidentFactsNoun
from .incident_rooms import IncidentRoomsNoun
from .incident_verbs import IncidentVerbsNoun
from .incidents_shapes import Baton, IncidentWholeOut
from .shared import Cause, Grade, Named


Order: TypeAlias = "Literal['urgency', 'newest', 'oldest']"


Role: TypeAlias = "Literal['lead', 'communicator', 'scribe']"


class IncidentOut(TypedDict):
    """An incident in a list."""
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


class IncidentPage(TypedDict):
    items: list[IncidentOut]
    next: str | None


class ActorOut(TypedDict):
    kind: str
    id: int | None
    name: str


class EntryOut(TypedDict):
    """One line of the record."""
    seq: int
    at: str
    kind: str
    actor: ActorOut
    text: str
    hypothesis: str
    step: str
    data: dict[str, Any]


class EntryPage(TypedDict):
    items: list[EntryOut]
    next: str | None


class IncidentsNoun(IncidentAdviceNoun, IncidentAroundNoun, IncidentFactsNoun, IncidentRoomsNoun, IncidentVerbsNoun):
    def create(
        self,
        *,
        title: str,
        service: int | str | None | Unset = UNSET,
        symptom: str | Unset = UNSET,
        people_affected: int | None | Unset = UNSET,
        impact: Grade | None | Unset = UNSET,
        urgency: Grade | None | Unset = UNSET,
        restricted: bool | Unset = UNSET,
        previous: int | None | Unset = UNSET,
        call_anyway: bool | None | Unset = UNSET,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Open an incident.

        The first step of its path is called at once.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            "/api/v1/incidents",
            body=said({
                "title": title, "service": service, "symptom": symptom, "people_affected": people_affected,
                "impact": impact, "urgency": urgency, "restricted": restricted, "previous": previous,
                "call_anyway": call_anyway,
            }),
            key=key,
        )
        return found

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        scope: Literal['mine', 'teams', 'all'] | None = None,
        status: Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved'] | None = None,
        severity: int | None = None,
        service: int | Literal['none'] | None = None,
        team: int | None = None,
        tier: int | Literal['none'] | None = None,
        holder: int | Literal['me', 'nobody'] | None = None,
        since: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        within: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        people: int | None = None,
        cause: Cause | None = None,
        promise: Literal['at-risk', 'breached'] | None = None,
        role: Literal['open', 'mine'] | Role | None = None,
        source: int | None = None,
        sort: Order | None = None,
    ) -> IncidentPage:
        """Find incidents.

        Those you may see. Of what is resolved, `q` looks through the newest.
        """
        found: IncidentPage = self._transport.call(
            "GET",
            "/api/v1/incidents",
            query={
                "limit": limit, "cursor": cursor, "q": q, "scope": scope, "status": status, "severity": severity,
                "service": service, "team": team, "tier": tier, "holder": holder, "since": since, "within": within,
                "people": people, "cause": cause, "promise": promise, "role": role, "source": source, "sort": sort,
            },
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        scope: Literal['mine', 'teams', 'all'] | None = None,
        status: Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved'] | None = None,
        severity: int | None = None,
        service: int | Literal['none'] | None = None,
        team: int | None = None,
        tier: int | Literal['none'] | None = None,
        holder: int | Literal['me', 'nobody'] | None = None,
        since: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        within: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        people: int | None = None,
        cause: Cause | None = None,
        promise: Literal['at-risk', 'breached'] | None = None,
        role: Literal['open', 'mine'] | Role | None = None,
        source: int | None = None,
        sort: Order | None = None,
    ) -> Iterator[IncidentOut]:
        """``list``, page after page."""
        return self._transport.pages(
            lambda cursor: self.list(
                limit=limit,
                q=q,
                scope=scope,
                status=status,
                severity=severity,
                service=service,
                team=team,
                tier=tier,
                holder=holder,
                since=since,
                within=within,
                people=people,
                cause=cause,
                promise=promise,
                role=role,
                source=source,
                sort=sort,
                cursor=cursor,
            )
        )

    def record(
        self,
        number: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        sort: Literal['oldest', 'newest'] | None = None,
        kind: str | None = None,
    ) -> EntryPage:
        """Read its record.

        What happened, entry by entry. New entries come at the end: an `oldest` first reading can go on from its
        last cursor.
        """
        found: EntryPage = self._transport.call(
            "GET",
            f"/api/v1/incidents/{part(number)}/record",
            query={"limit": limit, "cursor": cursor, "sort": sort, "kind": kind},
        )
        return found

    def each_record(
        self,
        number: int,
        *,
        limit: int | None = None,
        sort: Literal['oldest', 'newest'] | None = None,
        kind: str | None = None,
    ) -> Iterator[EntryOut]:
        """``record``, page after page."""
        return self._transport.pages(
            lambda cursor: self.record(
                number,
                limit=limit,
                sort=sort,
                kind=kind,
                cursor=cursor,
            )
        )

    def show(self, number: int) -> IncidentWholeOut:
        """Read one."""
        found: IncidentWholeOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}")
        return found
