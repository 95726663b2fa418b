"""What readiness is judged by: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from escalation.notify.fitness import Fault, Flaw
from escalation.oncall.spans import Span

Ids = frozenset[int]


@dataclass(frozen=True)
class Asked:
    """Somebody was asked for a test within a day: by whom, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Person:
    """Somebody who may be called: their account is active."""

    id: int
    name: str
    teams: Ids = frozenset()
    flaws: tuple[Flaw, ...] = ()
    down: tuple[str, ...] = ()  # channels that their rules use and that do not work here
    asked: Asked | None = None
    loud: tuple[int, ...] = ()  # minutes: when each of their rules for SEV1 and SEV2 that can be used sends

    @property
    def reachable(self) -> bool:
        return not any(flaw.fault is Fault.UNREACHABLE for flaw in self.flaws)


@dataclass(frozen=True)
class Rota:
    """A schedule: who is on call now and in the coming time, and when nobody is."""

    id: int
    name: str
    zone: str = "UTC"
    teams: Ids = frozenset()
    now: Ids = frozenset()
    people: Ids = frozenset()
    gaps: tuple[Span, ...] = ()
    away: tuple[tuple[int, tuple[Span, ...]], ...] = ()  # who is on call while they are away
    turns: tuple[tuple[int, tuple[Span, ...]], ...] = ()  # who is on call in the coming time, and when


@dataclass(frozen=True)
class Step:
    """``people``: whom it calls by name or team, as far as they can be called. ``ack_minutes``: then it goes on."""

    id: int
    policy: int
    name: str  # such as “Payments”, 2. L2 Applications
    people: Ids = frozenset()
    rotas: tuple[int, ...] = ()
    fallback: int | None = None
    awaits: bool = False
    functional: bool = True
    teams: Ids = frozenset()
    ack_minutes: int = 5


@dataclass(frozen=True)
class Informing:
    """A rule that informs. ``people``: those who are there in the coming time."""

    id: int
    policy: int
    name: str  # such as “Payments”, rule “Many people”
    people: tuple[Person, ...] = ()
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Policy:
    """``teams``: those whose services go by it."""

    id: int
    name: str
    then: int | None = None
    teams: Ids = frozenset()
    rounds: int = 1


@dataclass(frozen=True)
class LastResort:
    """``id`` is a person's; ``called`` whether their account can be called at all."""

    id: int
    name: str
    called: bool = True
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Channel:
    """A channel that does not work on this installation."""

    name: str
    teams: Ids = frozenset()


@dataclass(frozen=True)
class Service:
    """A service that carries messages and does not answer. ``tried``: when last, if nothing was sent by it since."""

    name: str
    why: str
    since: datetime
    tried: datetime | None = None


@dataclass(frozen=True)
class Calendar:
    """One from elsewhere that is not read any more: of a schedule's holidays, or of somebody's absences.

    ``name`` is the schedule's or the person's; ``decides``: layers of the schedule go by it.
    """

    name: str
    since: datetime
    read: datetime | None = None
    teams: Ids = frozenset()
    host: str = ""
    rota: int | None = None
    decides: bool = False


@dataclass(frozen=True)
class Facts:
    at: datetime
    people: Mapping[int, Person] = field(default_factory=dict)
    rotas: Mapping[int, Rota] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    policies: Mapping[int, Policy] = field(default_factory=dict)
    last_resort: LastResort | None = None
    away: Sequence[Service] = ()
    calendars: Sequence[Calendar] = ()
    informing: Sequence[Informing] = ()
