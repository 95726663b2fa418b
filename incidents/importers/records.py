"""What an export says, in plain values, whichever product it is from. Pure.

Every record has the ``id`` it is known by there; records refer to each other by it. Instants are aware, in UTC;
``starts`` of a layer is naive, on its zone's wall; minutes are whole.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .windows import Window

DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes


class Level(StrEnum):
    """How something comes over: as it was there, otherwise, or not at all."""

    NOTE = "note"
    CHANGED = "changed"
    LEFT = "left out"


@dataclass(frozen=True)
class Note:
    """What a reader has to say of a thing: ``kind`` and ``id`` are those of its record, if it has one."""

    kind: str
    id: str
    name: str
    level: Level
    text: str


@dataclass(frozen=True)
class Way:
    """``channel``: ``sms`` or ``voice``; the account's own e-mail is always one and is not listed."""

    id: str
    channel: str
    address: str
    label: str = ""


@dataclass(frozen=True)
class Chime:
    """A person's rule: by this way (its id; empty: the account's e-mail), so many minutes after the call begins."""

    urgency: str  # loud or quiet
    minutes: int
    way: str = ""


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str
    time_zone: str = "UTC"
    active: bool = True
    ways: tuple[Way, ...] = ()
    chimes: tuple[Chime, ...] = ()


@dataclass(frozen=True)
class Team:
    id: str
    name: str
    agents: tuple[str, ...] = ()
    supervisors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """Turns of ``every`` ``unit`` (hours, days, weeks, months) from ``starts`` on. A turn is of nobody, one or several.

    Of the layers that are on, those of the lowest ``level`` are on call, all of them at once.
    """

    id: str
    name: str
    unit: str
    every: int
    starts: datetime
    turns: tuple[tuple[str, ...], ...]
    windows: tuple[Window, ...] = ()
    ends: datetime | None = None
    level: int = 0


@dataclass(frozen=True)
class Cover:
    """In [start, end) it is these people, or nobody, on these layers (none named: on all), whatever the layers say.

    ``beside``: they come in addition, and replace nobody.
    """

    people: tuple[str, ...]
    start: datetime
    end: datetime
    layers: tuple[str, ...] = ()
    beside: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Schedule:
    id: str
    name: str
    time_zone: str
    layers: tuple[Layer, ...] = ()
    covers: tuple[Cover, ...] = ()
    team: str = ""
    enabled: bool = True


class Calls(StrEnum):
    PERSON = "person"
    TEAM = "team"
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Target:
    calls: Calls
    id: str


@dataclass(frozen=True)
class Step:
    """``minutes`` after the round began. ``always``: also if somebody has acknowledged.

    ``rank``: which of its team's tiers it is, if it is another than its place; for rounds that are written out.
    """

    minutes: int
    targets: tuple[Target, ...]
    always: bool = False
    rank: int = 0


@dataclass(frozen=True)
class Policy:
    """``steps`` by their minutes, which differ. ``pause``: minutes from the last step to the next round, or the end."""

    id: str
    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    pause: int = 0
    team: str = ""
    enabled: bool = True

    @property
    def waits(self) -> list[int]:
        """Minutes from each step to the next; of the last, to the next round's first step, or the end."""
        starts = [step.minutes for step in self.steps]
        return [later - start for start, later in itertools.pairwise(starts)] + [self.pause]


@dataclass(frozen=True)
class Service:
    id: str
    name: str
    policy: str
    team: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Source:
    """A keyed door. ``kind`` is a word of ours; ``key`` what its senders are known by there, if that is known."""

    id: str
    name: str
    kind: str
    service: str = ""
    enabled: bool = True
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Heartbeat:
    id: str
    name: str
    source: str
    title: str = ""
    severity: int = 2
    every: int = 60
    grace: int = 0
    enabled: bool = True


Record = Person | Team | Schedule | Policy | Service | Source | Heartbeat


@dataclass(frozen=True)
class Organisation:
    """Everything that an export says."""

    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    policies: tuple[Policy, ...] = ()
    services: tuple[Service, ...] = ()
    sources: tuple[Source, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any((self.people, self.teams, self.schedules, self.policies, self.services, self.sources))

    def notes_on(self, kind: str, id: str) -> Iterator[Note]:
        return (note for note in self.notes if (note.kind, note.id) == (kind, id))
