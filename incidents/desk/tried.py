"""What was tried, as people read it: on the incident, in the dialogs that pass it on, and in the search."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from escalation.notify.so_far import tally
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.attempts import Outcome, parted

from .links import linked
from .record import Line
from .words import took

PANEL = 20  # of an incident; the record has them all


@dataclass(frozen=True)
class Tried:
    """One attempt, with the names as they were."""

    entry: Entry
    data: Mapping[str, Any]
    hypothesis: str
    action: str

    @property
    def said(self) -> SafeString | str:
        return linked(self.action) if self.action else ""

    @property
    def outcome(self) -> str:
        return str(dict(Outcome.choices).get(self.data.get("outcome", ""), ""))

    @property
    def tone(self) -> str:
        return {"helped": "ok", "worse": "bad"}.get(self.data.get("outcome", ""), "")

    @property
    def who(self) -> str:
        return self.entry.actor_name

    @property
    def tier(self) -> str:
        return self.data.get("tier") or ""

    @property
    def took(self) -> str:
        return took(self.data.get("minutes"), by_clock=bool(self.data.get("by_clock")))

    @property
    def at(self) -> datetime:
        return self.entry.at

    @property
    def seq(self) -> int:
        return self.entry.seq


def as_tried(entry: Entry) -> Tried:
    data = json.loads(entry.data)
    said = entry.said.text if hasattr(entry, "said") else ""
    return Tried(entry, data, *parted(said, has_hypothesis=bool(data.get("hypothesis"))))


def of_incident(incident: Incident, most: int) -> list[Tried]:
    """The latest first. No query where nothing was tried."""
    if not incident.attempts:
        return []
    entries = Entry.objects.filter(trail=incident.trail_id, kind="attempt").select_related("said").order_by("-seq")
    return [as_tried(entry) for entry in entries[:most]]


def tally_of(incident: Incident) -> str:
    return tally(incident.attempts, incident.attempts - incident.failed_attempts) if incident.attempts else ""


class Panel:
    """What was tried on one incident. What was tried on its service before is a link away: counting costs."""

    def __init__(self, incident: Incident, lines: Sequence[Line]) -> None:
        """``lines``: the record's, oldest first, with all its attempts."""
        self._incident, self._lines = incident, lines

    @cached_property
    def rows(self) -> list[Tried]:
        tried = [line.entry for line in reversed(self._lines) if line.kind == "attempt"]
        return [as_tried(entry) for entry in tried[:PANEL]]

    @property
    def tally(self) -> str:
        return tally_of(self._incident)

    @property
    def earlier(self) -> int:
        """So many more are in the record."""
        return self._incident.attempts - len(self.rows)
