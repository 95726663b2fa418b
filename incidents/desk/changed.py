"""What was changed lately at the service of an open incident: often the first thing to ask, and the first to undo."""

from datetime import timedelta

from incidents.models import Change, Incident

BEFORE = timedelta(hours=24)
MOST = 5


def lately(incident: Incident) -> list[Change]:
    """The newest first: from a day before it was opened until now. One query, and none without a service."""
    if incident.service_id is None or incident.resolved_at is not None:
        return []
    return list(
        Change.objects.filter(service=incident.service_id, at__gte=incident.opened_at - BEFORE).order_by("-at")[:MOST]
    )
