"""A call of the Alert API and its body in, signals out. Pure.

The door has found out which alert is meant (``envelope["alias"]``): an id or a number is looked up
there, because nothing here asks a database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from .. import alert
from .. import details as events
from ..alert import Action, Element, Message, Outside, Signal
from . import fields
from .fields import Payload, Unprocessable

_FIELD_LIMIT = 1_000  # of what is kept as a label
NOBODY_MEANT = "The identifier names no alert of this source."


@dataclass
class Said:
    """One call: what it is about, and what came with it."""

    payload: Payload
    envelope: Mapping[str, Any]
    key: str
    now: datetime

    @cached_property
    def by(self) -> str:
        return fields.said(self.payload, "user")

    @cached_property
    def note(self) -> str:
        return fields.words(self.payload, "note", limit=fields.NOTE_LIMIT)

    def outside(self, action: Action, text: str, **more: Any) -> Signal:
        """What somebody has done about it."""
        return self.signal(action, outside=Outside(by=self.by, text=text, **more))

    def noted(self, text: str | None = None) -> list[Signal]:
        text = self.note if text is None else text
        return [self.outside(Action.NOTE, text)] if text else []

    def signal(self, action: Action, title: str = "", **more: Any) -> Signal:
        # Bodies hold no time: the same bytes may be sent again and mean it.
        return Signal(action=action, key=self.key, title=title, stands_alone=True, **more)

    def element(self, *, firing: bool = True, title: str = "", **more: Any) -> Element:
        known = {"labels": {}, "severity": None, "starts_at": None, "ends_at": None, "link": "", **more}
        fingerprint = alert.sha256(self.key)
        return Element(fingerprint=fingerprint, firing=firing, name=title[:120], summary=title, **known)


def decode(payload: Payload, envelope: Mapping[str, Any], *, now: datetime) -> Message:
    """Raises ``Unprocessable`` for what the call cannot do without."""
    alias = envelope.get("alias")
    key = alert.key(alias or "")
    signals = _CALLS[envelope["call"]](Said(payload, envelope, key, now))
    if alias is None:  # what is wrong with the body has been said all the same
        return Message(line=alert.sha256(f"#{envelope.get('identifier')}"), warnings=[NOBODY_MEANT])
    return Message(line=alert.sha256(key), signals=signals)


def alias_in(payload: Payload) -> str:
    """As it was sent, byte for byte; its hash if it is too long, and nothing if it is blank."""
    given = payload.get("alias")
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return alert.key(text) if text.strip() else ""


# --- its life ---------------------------------------------------------------------------------


def _create(said: Said) -> list[Signal]:
    payload = said.payload
    title = fields.said(payload, "message", limit=alert.TITLE_LIMIT)
    if not title:
        raise Unprocessable(message="Message can not be empty.")
    priority = fields.priority(payload) or fields.DEFAULT_PRIORITY
    tags, details = fields.tags(payload.get("tags")), fields.details(payload.get("details"))
    named = fields.responders(payload.get("responders") or payload.get("teams"))
    own = {name: fields.said(payload, name, limit=_FIELD_LIMIT) for name in ("entity", "source")}
    own |= {"priority": priority, "responders": _listed(named)}
    description = fields.words(payload, "description", limit=alert.BODY_LIMIT)
    element = said.element(
        title=title,
        labels=fields.labels(own, tags, details) | fields.described(description),
        severity=fields.PRIORITIES[priority],
        link=fields.link(own["source"], details),
        first_stands=True,
    )
    more = {"entity": own["entity"], **details, "tags": ", ".join(tags), "responders": own["responders"]}
    body = alert.body(_lines(description, events.body(more, [])))
    routed = details | fields.routing(own, tags, named)
    created = said.signal(Action.TRIGGER, title, body=body, labels=routed, elements=[element])
    return [created, *said.noted()]


def _close(said: Said) -> list[Signal]:
    over = said.element(firing=False, partial=True)
    return [*said.noted(), said.signal(Action.RESOLVE, elements=[over])]


# --- what people do about it ------------------------------------------------------------------


def _acknowledge(said: Said) -> list[Signal]:
    return [said.outside(Action.ACKNOWLEDGE, said.note)]


def _unacknowledge(said: Said) -> list[Signal]:
    return [said.outside(Action.UNACKNOWLEDGE, said.note)]


def _note(said: Said) -> list[Signal]:
    return said.noted(fields.needed(said.payload, "note", limit=fields.NOTE_LIMIT))


def _snooze(said: Said) -> list[Signal]:
    until = fields.future(said.payload, "endTime", said.now)
    return [said.outside(Action.HOLD, said.note, until=until)]


def _escalate(said: Said) -> list[Signal]:
    named = _named(said, "escalation")
    return [said.outside(Action.ESCALATE, _lines(f"escalation: {named[0][1]}", said.note))]


def _assign(said: Said) -> list[Signal]:
    return [said.outside(Action.ASSIGN, said.note, to=_named(said, "owner")[0][1])]


def _respond(said: Said) -> list[Signal]:
    return said.noted(_lines(f"responder: {_listed(_named(said, 'responder'))}", said.note))


def _team(said: Said) -> list[Signal]:
    return said.noted(_lines(f"team: {_listed(_named(said, 'team'))}", said.note))


def _custom(said: Said) -> list[Signal]:
    return said.noted(_lines(f"action: {said.envelope.get('action', '')}", said.note))


def _named(said: Said, name: str) -> list[tuple[str, str]]:
    found = fields.responders(said.payload.get(name))
    if not found:
        raise Unprocessable(**{name: f"{name.capitalize()} can not be empty."})
    return found


def _listed(named: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for _kind, name in named)


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


# --- what changes about it --------------------------------------------------------------------


def _message(said: Said) -> list[Signal]:
    text = fields.needed(said.payload, "message", limit=alert.TITLE_LIMIT)
    title = alert.title(text)
    return [*_changed(said, title=title), said.outside(Action.NOTE, title, once=True)]


def _description(said: Said) -> list[Signal]:
    text = fields.needed(said.payload, "description", limit=alert.BODY_LIMIT)
    return [*_changed(said, labels=fields.described(text)), said.outside(Action.NOTE, text, once=True)]


def _priority(said: Said) -> list[Signal]:
    priority = fields.priority(said.payload)
    if priority is None:
        raise Unprocessable(priority="Priority can not be empty.")
    labels = fields.labels({"priority": priority})
    return [*_changed(said, labels=labels, severity=fields.PRIORITIES[priority]), *said.noted()]


def _tags(said: Said) -> list[Signal]:
    if said.envelope.get("method") == "DELETE":
        left_out = [fields.tag_label(tag) for tag in fields.tags(said.envelope.get("names"))]
        return [*_changed(said, without=left_out), *said.noted()]
    tags = fields.tags(said.payload.get("tags"))
    if not tags:
        raise Unprocessable(tags="Tags can not be empty.")
    return [*_changed(said, labels=fields.labels({}, tags)), *said.noted()]


def _details(said: Said) -> list[Signal]:
    if said.envelope.get("method") == "DELETE":
        left_out = [fields.detail_label(name) for name in fields.names(said.envelope.get("names"))]
        return [*_changed(said, without=left_out), *said.noted()]
    details = fields.details(said.payload.get("details"))
    if not details:
        raise Unprocessable(details="Details can not be empty.")
    return [*_changed(said, labels=fields.labels({}, (), details)), *said.noted()]


def _changed(said: Said, **known: Any) -> list[Signal]:
    """News about the alert that leave the rest of it as it is."""
    return [said.signal(Action.UPDATE, elements=[said.element(partial=True, **known)])]


_CALLS: Mapping[str, Callable[[Said], list[Signal]]] = {
    "create": _create,
    "close": _close,
    "delete": _close,  # nothing is ever deleted
    "acknowledge": _acknowledge,
    "unacknowledge": _unacknowledge,
    "notes": _note,
    "snooze": _snooze,
    "escalate": _escalate,
    "assign": _assign,
    "responders": _respond,
    "teams": _team,
    "custom": _custom,
    "message": _message,
    "description": _description,
    "priority": _priority,
    "tags": _tags,
    "details": _details,
}
