"""Which alert of a source an identifier means, and what is known of it.

A key opens the alerts of its source and of no other: every look here begins with the source.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet

from escalation.engine.models import EscalationRun
from incidents.models import AlertKey, Source

from .. import alert
from . import answers, fields
from .calls import By

_TINY_DIGITS = 15


def rows(source: Source) -> QuerySet[AlertKey]:
    runs = EscalationRun.objects.functional().select_related("holder").order_by("id")
    found = AlertKey.objects.filter(source=source).select_related("incident__trail", "incident__resolver")
    return found.prefetch_related("alerts", Prefetch("incident__trail__runs", runs))


def row_of(source: Source, identifier: str, by: By) -> AlertKey | None:
    """The alert that is meant. What is no id of ours is an alias: scripts forget to say which they send."""
    if by is By.TINY:
        return _numbered(source, identifier)
    if by is By.ID and (row := _with_id(source, identifier)) is not None:
        return row
    named = rows(source).filter(key=alert.key(identifier))
    return named.order_by(F("ended_at").desc(nulls_first=True), "-id").first()


def _with_id(source: Source, identifier: str) -> AlertKey | None:
    pk = answers.key_of(identifier)
    return rows(source).filter(pk=pk).first() if pk else None


def _numbered(source: Source, identifier: str) -> AlertKey | None:
    """By its incident's number, with or without the letters before it."""
    number = identifier.rpartition("-")[2]
    if not _is_number(number):
        return None
    return rows(source).filter(incident__number=int(number)).order_by("-id").first()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _TINY_DIGITS


@dataclass(frozen=True)
class Meant:
    """``alias`` is None where there is no such alert; ``over``: there was one, and it is closed."""

    alias: str | None
    over: bool = False


def meant(source: Source, identifier: str, by: By) -> Meant:
    """An alias is taken as it is: what opened its alert may still wait to be heard."""
    if by is By.ALIAS:
        return Meant(identifier)
    row = _numbered(source, identifier) if by is By.TINY else _with_id(source, identifier)
    if row is None:
        return Meant(None if by is By.TINY else identifier)
    return Meant(None if is_over(row) else row.key, is_over(row))


def is_over(row: AlertKey) -> bool:
    return row.ended_at is not None or row.incident.resolved_at is not None


# --- what is known ----------------------------------------------------------------------------


def told(row: AlertKey) -> dict[str, Any]:
    """As ``GET /v2/alerts/{id}`` tells it."""
    own, _tags, details = fields.parts(_labels(row))
    more = {"actions": [], "entity": own.get("entity", ""), "details": details}
    return {**briefly(row), **more, "description": own.get("description", "")}


def briefly(row: AlertKey) -> dict[str, Any]:
    """As a list tells it. Of a restricted incident not who works on it: the key is its source's, not theirs."""
    incident, source = row.incident, row.source
    own, tags, _details = fields.parts(_labels(row))
    run = incident.run
    open_run = run if run is not None and not is_over(row) else None
    holder = open_run.holder if open_run and not incident.restricted else None
    acknowledged = bool(open_run and (open_run.acknowledged_at or open_run.elsewhere_at))
    return {
        "id": answers.alert_id(row.pk),
        "tinyId": str(incident.number),
        "alias": row.key,
        "message": _summary(row),
        "status": "closed" if is_over(row) else "open",
        "acknowledged": acknowledged,
        "isSeen": acknowledged,
        "seen": acknowledged,
        "tags": tags,
        "snoozed": bool(open_run and open_run.held_until),
        "snoozedUntil": answers.instant(open_run.held_until if open_run else None),
        "count": row.count,
        "lastOccurredAt": answers.instant(row.last_seen),
        "createdAt": answers.instant(row.first_seen),
        "updatedAt": answers.instant(row.ended_at or row.last_seen),
        "source": own.get("source", ""),
        "owner": holder.email if holder else "",
        "priority": own.get("priority", f"P{incident.severity}"),
        "responders": [],
        "integration": {"id": answers.integration_id(source.pk), "name": source.name, "type": "API"},
        "report": _report(row, run),
    }


def _report(row: AlertKey, run: EscalationRun | None) -> dict[str, Any]:
    """Spans in milliseconds, and by whom."""
    incident = row.incident
    found: dict[str, Any] = {}
    if run is not None and run.acknowledged_at:
        found["ackTime"] = _milliseconds(row.first_seen, run.acknowledged_at)
        if run.holder and not incident.restricted:
            found["acknowledgedBy"] = run.holder.email
    if (end := row.ended_at or incident.resolved_at) is not None:
        found["closeTime"] = _milliseconds(row.first_seen, end)
        if incident.resolver and not incident.restricted:
            found["closedBy"] = incident.resolver.email
    return found


def _milliseconds(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds() * 1000))


def _labels(row: AlertKey) -> Mapping[str, str]:
    return next((one.labels for one in row.alerts.all()), {})


def _summary(row: AlertKey) -> str:
    return next((one.summary for one in row.alerts.all()), "") or row.incident.title


# --- many of them -----------------------------------------------------------------------------


def matching(source: Source, query: str) -> QuerySet[AlertKey] | None:
    """``name:value`` for ``status``, ``alias`` and ``tinyId``, joined by ``AND``.

    None for a query that asks for anything else: an answer to less than was asked would be a wrong one.
    """
    found, end = rows(source), 0
    for part in _PART.finditer(query):
        name, value = part["name"].lower(), part["value"].strip('"')
        kept = _FILTERS[name](value) if name in _FILTERS and part.start() == end else None
        if kept is None:
            return None
        found, end = found.filter(kept), part.end()
    return found if not query[end:].strip() else None


def _with_status(value: str) -> Q | None:
    living = Q(ended_at__isnull=True, incident__resolved_at__isnull=True)
    return {"open": living, "closed": ~living}.get(value.lower())


_PART = re.compile(r'\s*(?:AND\s+)?(?P<name>\w+)\s*[:=]\s*(?P<value>"[^"]*"|\S+)', re.IGNORECASE)
_FILTERS: Mapping[str, Callable[[str], Q | None]] = {
    "status": _with_status,
    "alias": lambda value: Q(key=alert.key(value)),
    "tinyid": lambda value: Q(incident__number=int(value)) if _is_number(value) else None,
}
