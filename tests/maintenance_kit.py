"""Maintenance for stories: a window of today, an hour of it, and what came of an incident."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time

from escalation.engine.models import Delivery
from escalation.trail.models import Entry
from incidents.models import Incident, MaintenanceWindow


def planner(cast, clock) -> Callable[..., MaintenanceWindow]:
    """Plans maintenance of the payments service from today's ``at`` (10:00) for ``minutes`` (120)."""

    def plan_one(*, by=None, services=None, at=time(10), minutes=120, reason="New database", **facts):
        facts.setdefault("day", clock.now().date())
        chosen = [cast.service] if services is None else services
        return MaintenanceWindow.schedule(
            by=by or cast.kim, services=chosen, at=at, minutes=minutes, reason=reason, **facts
        )

    return plan_one


def instant(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def to(clock, hour: int, minute: int = 0) -> None:
    clock.forward(minutes=(instant(hour, minute) - clock.now()).total_seconds() / 60)


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def kinds(incident: Incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail).order_by("seq").values_list("kind", flat=True))


def data_of(incident: Incident, kind: str) -> dict:
    return json.loads(Entry.objects.filter(trail=incident.trail, kind=kind).latest("seq").data)


def told(kind: str = "maintenance_over") -> list[str]:
    rows = Delivery.objects.filter(kind=kind, channel="desk").order_by("id").select_related("person")
    return [row.person.get_short_name().lower() for row in rows]
