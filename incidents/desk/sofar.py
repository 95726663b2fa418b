"""What the record says of an incident to whoever passes it on: attempts, hands-on time, who refused. One query."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from escalation.trail.models import Entry
from incidents.models import Incident, effort
from incidents.models.verb import told

from . import briefs, receivers, tried


@dataclass(frozen=True)
class SoFar:
    entries: list[Entry]  # the oldest first

    @cached_property
    def attempts(self) -> list[tried.Tried]:
        """As many as fit into a brief, the latest first."""
        return [tried.as_tried(entry) for entry in reversed(self.entries) if entry.kind == "attempt"]

    @cached_property
    def effort(self) -> effort.EffortClock:
        """Whose hands were on it."""
        return effort.clock_of(told(entry) for entry in self.entries if entry.kind in effort.KINDS)


def read(incident: Incident) -> SoFar:
    mine = Entry.objects.filter(trail=incident.trail_id)
    latest = mine.filter(kind="attempt").order_by("-seq").values("pk")[: briefs.MOST]
    wanted = Q(kind__in={*effort.KINDS, *receivers.REFUSING}) | Q(pk__in=latest)
    return SoFar(list(mine.filter(wanted).select_related("said").order_by("seq")))
