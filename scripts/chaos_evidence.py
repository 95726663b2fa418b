"""What a judgement is made from: plain rows of the database, of the provider's log and of the script's own notes.

Instants of the database are aware datetimes by *its* clock, which may have been made to jump; those of
the script and of the provider are seconds of the machine's steady clock. ``Clock`` leads from one to the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

GRACE = 2.0  # seconds a talk may go on after its own end, and between two clocks' readings


class Arrival(NamedTuple):
    mono: float
    key: str
    heard: bool = True  # its sender read the answer
    refs: tuple[str, ...] = ()  # the incidents that it names; none: all that left under its key


class Delivery(NamedTuple):
    id: int
    trail: int
    run: int | None
    person: int
    channel: str
    cause: str
    kind: str
    state: str
    queued_at: datetime
    n: int = 0
    overtaken: bool = False
    last_error: str = ""
    bundle: int | None = None
    not_before: datetime | None = None
    method: int | None = None
    attempts: int = 0
    finished_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.cause}/{self.person}/{self.channel}/{self.n}"


class Entry(NamedTuple):
    trail: int
    seq: int
    kind: str
    at: datetime
    run: int | None = None
    cause: str | None = None
    data: Mapping[str, Any] = {}


class Timer(NamedTuple):
    id: int
    run: int | None
    state: str
    due_at: datetime
    fired_at: datetime | None = None


class Run(NamedTuple):
    id: int
    trail: int
    track: str
    ended: bool
    idle: str
    laps: tuple[tuple[int, ...], ...] = ()


class Incident(NamedTuple):
    ref: str
    trail: int
    open: bool


class Receipt(NamedTuple):
    digest: str
    state: str
    received_at: datetime
    incidents: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What the door said to one message: 2xx, another status, or 0 for no answer."""

    digest: str
    status: int


class Fault(NamedTuple):
    """As it was really injected; ``end`` includes the moment until everything ran again."""

    start: float
    end: float
    what: str


class Clock(NamedTuple):
    """``jumps``: from ``mono`` on, the database's clock is ``mono + offset`` (seconds of the epoch)."""

    jumps: tuple[tuple[float, float], ...]

    def latest(self, at: datetime) -> float:
        """The last steady instant at which the clock may have shown ``at``."""
        return max(self._candidates(at))

    def earliest(self, at: datetime) -> float:
        return min(self._candidates(at))

    def _candidates(self, at: datetime) -> Iterator[float]:
        """An instant that a jump left out was over with that jump."""
        ends = [mono for mono, _offset in self.jumps[1:]] + [float("inf")]
        shown, left_out = [], []
        for (begin, offset), end in zip(self.jumps, ends, strict=True):
            mono = at.timestamp() - offset
            if begin - GRACE <= mono <= end + GRACE:
                shown.append(mono)
            elif mono > end:
                left_out.append(end)
        return iter(shown or left_out[-1:] or [at.timestamp() - self.jumps[0][1]])  # or before the first reading


@dataclass
class Evidence:
    clock: Clock
    send_seconds: float  # one talk with the provider
    lease_seconds: float  # what is longer under way is somebody else's
    left_alone_seconds: float  # so long after its last failure a service may still be left alone
    longest_seconds: float  # no clock runs for longer
    now: datetime  # of the database, when all had settled
    left: dict[str, int] = field(default_factory=dict)  # what had not come to rest when patience ended
    in_vain: int = 0  # tries that failed
    arrivals: list[Arrival] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    verbs: int = 0  # that were done, also without words
    said: set[str] = field(default_factory=set)  # the words of verbs whose doers were told "done"
    texts: set[str] = field(default_factory=set)  # the words on record
    faults: list[Fault] = field(default_factory=list)  # injected
    restarts: list[Fault] = field(default_factory=list)  # what Baton's own supervisor started again after them
    chain_faults: list[str] = field(default_factory=list)
    anchors: int = 0  # that were written meanwhile, and can be relied on
    contradictions: list[str] = field(default_factory=list)  # between them and the record, or one another
    pieces: int = 0  # of lines, that the logs of anchors are said to have
    queue: int = 0  # packages nobody has taken

    @property
    def blows(self) -> list[Fault]:
        """What can have hit whoever was sending: a torn anchor or a second start that is refused touches nobody."""
        return [fault for fault in self.faults if not fault.what.startswith(("tear", "second"))] + self.restarts
