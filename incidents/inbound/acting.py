"""What was done elsewhere, done here as far as a source may: each action leads to one verb of ``Outside``."""

from collections.abc import Callable, Mapping

from incidents.models import Incident, Source

from .alert import Action, Signal

NO_CHANGE = "no change"

_VERBS: Mapping[Action, Callable[[Incident, Source, Signal], bool]] = {
    Action.ACKNOWLEDGE: lambda incident, source, said: incident.acknowledged_outside(
        source, said_by=said.outside.by, text=said.outside.text
    ),
    Action.UNACKNOWLEDGE: lambda incident, source, said: incident.unacknowledged_outside(
        source, said_by=said.outside.by, text=said.outside.text
    ),
    Action.NOTE: lambda incident, source, said: incident.noted_outside(
        source, said_by=said.outside.by, text=said.outside.text, once=said.outside.once
    ),
    Action.HOLD: lambda incident, source, said: incident.held_outside(
        source, said_by=said.outside.by, text=said.outside.text, until=said.outside.until
    ),
    Action.ESCALATE: lambda incident, source, said: incident.escalated_outside(
        source, said_by=said.outside.by, text=said.outside.text
    ),
    Action.ASSIGN: lambda incident, source, said: incident.assigned_outside(
        source, said_by=said.outside.by, text=said.outside.text, to=said.outside.to
    ),
}
DID = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.UNACKNOWLEDGE: "unacknowledged",
    Action.NOTE: "noted",
    Action.HOLD: "held",
    Action.ESCALATE: "escalated",
    Action.ASSIGN: "assigned",
}


def act(incident: Incident, source: Source, said: Signal) -> str:
    """In the caller's transaction; returns what became of it, for the receipt."""
    done = _VERBS[said.action](incident, source, said)
    return DID[said.action] if done else NO_CHANGE
