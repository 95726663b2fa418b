"""What was tried, as people read it: on the incident, in the dialogs that pass it on, and in the search."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from escalation.notify.message import tally
from incidents.models import Attempt, Incident
from incidents.models.attempts import Outcome, parted

from .links import linked
from .record import spelt

PANEL = 20  # of an incident; the record has them all


@dataclass(frozen=True)
class Tried:
    """One attempt."""

    row: Attempt
    hypothesis: str
    action: str

    @property
    def said(self) -> SafeString | str:
        return linked(self.action) if self.action else ""

    @property
    def outcome(self) -> str:
        return self.row.get_outcome_display()

    @property
    def tone(self) -> str:
        return {Outcome.HELPED: "ok", Outcome.WORSE: "bad"}.get(Outcome(self.row.outcome), "")

    @property
    def who(self) -> str:
        return self.row.entry.actor_name

    @property
    def tier(self) -> str:
        return self.row.tier.name if self.row.tier else ""

    @property
    def took(self) -> str:
        return spelt(timedelta(minutes=self.row.minutes)) if self.row.minutes is not None else ""

    @property
    def at(self) -> datetime:
        return self.row.at

    @property
    def seq(self) -> int:
        return self.row.entry.seq


def as_tried(row: Attempt) -> Tried:
    said = row.entry.said.text if hasattr(row.entry, "said") else ""
    return Tried(row, *parted(said, has_hypothesis='"hypothesis":true' in row.entry.data))


def of_incident(incident: Incident, most: int = PANEL) -> list[Tried]:
    """The latest first. No query where nothing was tried."""
    if not incident.attempts:
        return []
    return [as_tried(row) for row in incident.tried.latest_first()[:most]]


def tally_of(incident: Incident) -> str:
    return tally(incident.attempts, incident.attempts - incident.failed_attempts) if incident.attempts else ""


def listed(attempts: Iterable[Tried]) -> list[str]:
    """Lines of plain text, for a brief that somebody goes on writing."""
    return [f"- {_flat(one)[:200]} ({one.outcome})" for one in attempts]


def _flat(one: Tried) -> str:
    action = " ".join(one.action.split())
    return f"{one.hypothesis}: {action}" if one.hypothesis else action
