"""The one shape every door speaks. Pure: plain values in, plain values out."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from escalation.kit.text import clean, one_line

TITLE_LIMIT = 1024
BODY_LIMIT = 16_384  # code points, at most 64 KiB of UTF-8
KEY_LIMIT = 512
LABELS = 64
LABEL_LIMIT = 1024
LINK_LIMIT = 2000
WARNINGS = 20
KEPT = 1_000  # alerts of one signal; the others are counted

_SEVERITIES = {
    1: ("critical", "page", "fatal", "emergency"),
    2: ("error", "high", "major"),
    3: ("warning", "warn", "minor", "ticket"),
    4: ("info", "none", "low", "debug"),
}
_SEVERITY = {word: severity for severity, words in _SEVERITIES.items() for word in words}


class Invalid(Exception):
    """The sender's mistake. ``str()`` says what, in words for the sender's own log."""

    def __init__(self, message: str, *, status: int = 400):
        super().__init__(message)
        self.status = status


class Unreadable(Invalid):
    """The body is not what a body must be, whatever it was meant to say."""


class Action(StrEnum):
    TRIGGER = "trigger"
    RESOLVE = "resolve"
    UPDATE = "update"  # news about its alerts that neither opens nor resolves anything

    # What people or programs elsewhere have done about it: see ``Outside`` among the verbs.
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    NOTE = "note"
    HOLD = "hold"
    ESCALATE = "escalate"
    ASSIGN = "assign"

    @property
    def is_done_outside(self) -> bool:
        return self not in _OF_ALERTS


_OF_ALERTS = (Action.TRIGGER, Action.RESOLVE, Action.UPDATE)


@dataclass(frozen=True, slots=True)
class Element:
    """One alert of a signal."""

    fingerprint: str
    firing: bool
    labels: Mapping[str, str]
    name: str
    summary: str
    severity: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    link: str
    first_stands: bool = False  # what was said of it before stays as it was
    partial: bool = False  # what it does not say stays as it was
    without: Sequence[str] = ()  # labels that go; of a partial one


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody elsewhere has done, or wants: the rest of a signal whose action ``is_done_outside``."""

    by: str = ""  # whose name the sender gives
    text: str = ""
    until: datetime | None = None  # of a hold
    to: str = ""  # of an assignment: an address or a name
    once: bool = False  # of a note: not again what this source has noted before


@dataclass(frozen=True, slots=True)
class Signal:
    """What one message says about one key."""

    action: Action
    key: str
    title: str
    body: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    elements: Sequence[Element] = ()
    unlisted: int = 0  # alerts the sender says it left out
    outside: Outside = Outside()
    # The same bytes again are news, for there is no time in them; else they may be a retry that was overtaken.
    stands_alone: bool = False

    @property
    def firing(self) -> list[Element]:
        return [element for element in self.elements if element.firing]


@dataclass(frozen=True, slots=True)
class Changed:
    """Something was changed, such as a deployment. It opens nothing and calls nobody."""

    summary: str
    origin: str = ""
    link: str = ""
    at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """Everything one body says. ``line`` is the same for messages that must keep their order."""

    line: str
    signals: Sequence[Signal] = ()
    warnings: Sequence[str] = ()
    changes: Sequence[Changed] = ()

    @property
    def alerts(self) -> int:
        """How many it speaks of: each costs a row."""
        return sum(len(signal.elements) for signal in self.signals)


def key(text: str) -> str:
    """A key as it is, byte for byte; one that is too long by its hash."""
    return text if len(text) <= KEY_LIMIT else f"sha256:{sha256(text)}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def title(text: str) -> str:
    return one_line(text, limit=TITLE_LIMIT)


def body(text: str) -> str:
    return clean(text, limit=BODY_LIMIT).strip()


def severity(word: str) -> int | None:
    """1 to 4, or None for a word nobody knows."""
    return _SEVERITY.get(word.strip().casefold())


def labels(value: Any) -> dict[str, str]:
    """At most so many, cut to size; what is no text or plain number is left out."""
    found: dict[str, str] = {}
    for name, text in value.items() if isinstance(value, dict) else ():
        if len(found) == LABELS:
            break
        if isinstance(text, str | int | float):
            found[one_line(str(name), limit=255)] = clean(str(text), limit=LABEL_LIMIT)
    return found


def link(value: Any) -> str:
    """An http or https address, whole, or nothing."""
    if not isinstance(value, str) or len(value) > LINK_LIMIT or not value.isprintable() or " " in value:
        return ""
    return value if value.lower().startswith(("http://", "https://")) else ""


def instant(value: Any, now: datetime) -> datetime | None:
    """RFC 3339 in UTC, or None if it is unset (year 1), unreadable or absurd."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not 2000 < read.year < 9000:  # also keeps the conversion below from overflowing
        return None
    read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return read if read <= now + timedelta(days=1) else None


def number(value: Any) -> int:
    """A count that fits a database column; nonsense is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0
    return int(min(max(math.ceil(value), 0), 2**31 - 1))
