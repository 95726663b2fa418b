"""What was changed lately at the service of an open incident: often the first thing to ask, and the first to undo."""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from incidents.models import Change, Incident

BEFORE = timedelta(hours=24)
MOST = 5


def flags() -> dict:
    """For the query that finds an incident: whether anything was ever changed at its service."""
    return {"may_be_changed": Exists(Change.objects.filter(service=OuterRef("service")))}


def lately(incident: Incident) -> list[Change]:
    """The newest first: from a day before it was opened until now. One query, if there is anything to be found."""
    if incident.resolved_at is not None or not getattr(incident, "may_be_changed", True):
        return []
    return list(
        Change.objects.filter(service=incident.service_id, at__gte=incident.opened_at - BEFORE).order_by("-at")[:MOST]
    )
