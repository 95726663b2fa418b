"""What a path is made of: its steps in their rounds, what it knows of the incident, where a run stands, and who is
there. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from .rules import Known, Rule
from .words import Idle, Mode


@dataclass(frozen=True)
class Step:
    """One rung. ``number`` is its index in ``Policy.steps``."""

    number: int
    tier: str
    ack_limit: timedelta
    work_limit: timedelta | None = None
    use_fallback: bool = False
    always_call: bool = False
    mode: Mode = Mode.CALL
    awaits_shift: bool = False  # if nobody is there: wait until somebody's shift begins


@dataclass(frozen=True)
class Policy:
    """A frozen path for one track. ``laps`` are rounds: step numbers in climbing order."""

    steps: tuple[Step, ...]
    laps: tuple[tuple[int, ...], ...]
    functional: bool = True
    starts_at_severity: int | None = None  # hierarchical: at once when this bad or worse
    rules: tuple[Rule, ...] = ()  # in their order; of the functional track

    def at(self, lap: int, place: int) -> Step:
        return self.steps[self.laps[lap][place]]

    def after(self, lap: int, place: int) -> Iterator[tuple[int, int]]:
        """Every later position, in order. ``place`` -1 stands before the first."""
        for later in range(lap, len(self.laps)):
            for spot in range(place + 1 if later == lap else 0, len(self.laps[later])):
                yield later, spot

    def asked(self, lap: int, place: int) -> bool:
        """Whether this position or an earlier one wants an answer, and not only to inform."""
        gone = (*chain.from_iterable(self.laps[:lap]), *self.laps[lap][: place + 1])
        return any(self.steps[number].mode is not Mode.INFORM for number in gone)


@dataclass(frozen=True)
class Facts:
    severity: int  # 1 (worst) … 5
    known: Known = field(default_factory=Known)  # what rules go by


@dataclass(frozen=True)
class Standing:
    """Where a run stands. ``clock_from + clock_limit`` is when its running clock ends.

    ``clock_from`` is moved by the length of each hold, so a clock goes on with the time it had
    left. ``reach`` is the furthest place called in this lap (beyond ``place`` only by ALSO).
    ``unreached_at``: since when it is known that what is asked now, the offer or else the call,
    has reached nobody; ``unreached_why`` is for the record and decides nothing. ``elsewhere_at``: since
    when somebody who is not one of us has acknowledged the call (see ``elsewhere``).
    What stops the clocks, and for how long, is settled in ``sleeping``.
    """

    lap: int = 0
    place: int = -1
    reach: int = -1
    reach_at: datetime | None = None
    acknowledged_at: datetime | None = None
    clock_from: datetime | None = None
    clock_limit: timedelta | None = None
    held_at: datetime | None = None
    held_until: datetime | None = None
    quiet_until: datetime | None = None
    offer_until: datetime | None = None
    awaits_until: datetime | None = None  # the next step's shift begins then; until it does, nothing is called
    unreached_at: datetime | None = None
    unreached_why: str = ""
    elsewhere_at: datetime | None = None
    finished: Idle | None = None  # EXHAUSTED or TOLD
    acted: frozenset[int] = frozenset()  # rules that have, on this run

    @property
    def begun(self) -> bool:
        return self.place >= 0

    @property
    def waits_to_begin(self) -> bool:
        """Nothing was called yet, and nobody was given it without a call (as after a path of empty steps)."""
        return not self.begun and self.acknowledged_at is None and self.reach_at is None

    @property
    def stopped_at(self) -> datetime | None:
        """Since when its clocks stand still: not before they began, should the clock have been put back since.
        Nobody has more left than the whole."""
        return self.held_at and max(self.held_at, self.clock_from or self.held_at)

    @property
    def deadline(self) -> datetime | None:
        if self.clock_from is None or self.clock_limit is None:
            return None
        return self.clock_from + self.clock_limit


@dataclass(frozen=True)
class Seats:
    """Who is there for a step right now, and who if nobody is.

    ``by`` is what says that it is these people (schedules), ``next_at`` when a shift of the step begins
    if nobody is there now. Both only if the step has to do with schedules.
    """

    people: tuple = ()
    fallback: tuple = ()
    by: tuple = ()
    next_at: datetime | None = None
    rota: frozenset = frozenset()  # who takes turns there, on call now or not
