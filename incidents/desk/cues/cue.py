"""What a cue is, and which comes first. Plain values in, plain values out: no Django, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

FAR = datetime.max.replace(tzinfo=UTC)
LEAST = 9  # less severe than any incident


@dataclass(frozen=True, slots=True)
class When:
    """By when, and what decides between two at the same instant. ``waits``: somebody waits for an answer, so that
    without an end it is due now. ``by_day``: it is due on a day, and no minute of it matters."""

    due: datetime | None = None
    waits: bool = False
    by_day: bool = False
    severity: int = LEAST
    since: int = 0  # of two alike, the lower came first


class Dated(Protocol):
    @property
    def when(self) -> When: ...


T = TypeVar("T", bound=Dated)


def in_order(found: Iterable[T], now: datetime) -> list[T]:
    """By instant, so that what is late comes first; then by day; then what has no end."""
    return sorted(found, key=lambda one: _place(one.when, now))


def _place(when: When, now: datetime) -> tuple[int, datetime, int, int]:
    due = now if when.due is None and when.waits else when.due
    turn = 2 if due is None else 1 if when.by_day else 0
    return turn, due or FAR, when.severity, when.since


@dataclass(frozen=True, slots=True)
class Act:
    """A button. ``post`` does it at once, ``dialog`` asks first; otherwise it leads to a page. The first of a cue's is
    its main one; ``primary`` if somebody waits for it."""

    label: str
    url: str
    id: str = ""
    post: bool = False
    dialog: bool = False
    primary: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """One row. ``at`` says when in words; without it a countdown runs to the due time."""

    kind: str
    id: str
    title: str
    url: str
    why: str
    then: str
    when: When
    acts: tuple[Act, ...] = ()
    at: str = ""
    label: str = ""  # what it is about, where there is no severity
    severity: int | None = None
    alarm: bool = False
    seen: str = ""  # the state of the incident that its forms were made from
    promise: Any = None  # what runs out first of what was promised of it, as its card has it

    @property
    def due(self) -> datetime | None:
        return self.when.due
