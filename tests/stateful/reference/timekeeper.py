"""Whose turn it is, and what becomes of a step that cannot be carried out: tried again, and at last somebody is called.

After a process died at work the timekeeper is careful: it counts a try before the work. What was never
tried goes together; what somebody may have died of goes alone.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .climb import Climb
from .desk import Case
from .maintenance import Windows
from .moment import LATE, Moment
from .organisation import Tries

TRIES = 3  # then the step is given up, loudly
CAREFUL = 10  # so many go together at the most
PAUSES = [timedelta(seconds=seconds) for seconds in (1, 2, 4)]


@dataclass(frozen=True)
class Turn:
    """One thing to be done at its time: the next step of ``climb``, the closing of ``case``, seeing whether it
    is in maintenance ("settle"), saying what is due of a promise, or looking at all windows ("look"), which is about
    no incident."""

    case: Case | None
    climb: Climb | None
    at: datetime
    what: str
    tries: Tries

    @property
    def ready_at(self) -> datetime:
        return self.tries.again_at or self.at

    def rank(self, now: datetime) -> tuple:
        """What is overdue goes first, then what is worst, then what is due the longest."""
        severity = 5 if self.climb is None else self.climb.severity
        return (self.at >= now - LATE, severity, self.at)

    def is_of(self, climb: Climb | None) -> bool:
        return climb is not None and self.climb is climb


class Timekeeper:
    def __init__(self, cases: list[Case], windows: Windows) -> None:
        self.cases, self.windows = cases, windows
        self.armed: Callable[[Turn], int] = lambda turn: 0  # of what is equal, which was armed first is not promised

    def turns(self) -> Iterator[Turn]:
        for case in self.cases:
            for climb in case.running:
                if climb.next is not None:
                    yield Turn(case, climb, climb.next.at, "step", climb.tries)
            if case.closes_at is not None:
                yield Turn(case, None, case.closes_at, "close", case.closing_tries)
            if (waits := case.promised.waits) is not None:
                yield Turn(case, None, waits, "promise", case.promised.tries)
            if case.settles_at is not None:
                yield Turn(case, None, case.settles_at, "settle", case.settling_tries)
        if self.windows.looks_at is not None:
            yield Turn(None, None, self.windows.looks_at, "look", self.windows.tries)

    def due(self, now: datetime, *, but: Collection[Case] = ()) -> list[Turn]:
        due = [turn for turn in self.turns() if turn.ready_at <= now and turn.case not in but]
        return sorted(due, key=lambda turn: (*turn.rank(now), self.armed(turn)))

    def turn(self, now: datetime) -> None:
        """One step for everything that is due."""
        self.fire(self.due(now), now)

    def fire(self, turns: list[Turn], now: datetime) -> None:
        """In one transaction: the steps, then the rest, a kind at a time, the one first whose turn was first.

        The windows are compared with before.
        """
        m = Moment(now)
        wrong = self.windows.look(now, self.cases) if any(turn.what == "look" for turn in turns) else []
        kinds = list(dict.fromkeys(turn.what for turn in turns))
        for case in self.cases:
            mine = {turn.what for turn in turns if turn.case is case}
            due = case.promised.due(now) if "promise" in mine else []
            case.look_at(m, [turn.climb for turn in turns if turn.case is case and turn.climb])
            for what in [kind for kind in kinds if kind in mine]:
                if what == "promise":
                    case.say_what_is_due(m, due)
                elif what == "close":
                    case.close(m)
                elif what == "settle":
                    case.settle(m)
        for case in wrong:
            case.settles_at, case.settling_tries = now, Tries()

    def drain(self, now: datetime, poison: Climb | None = None) -> None:
        """Until nothing is due. At ``poison`` our own code fails: with it a batch, which is then taken one by one."""
        while due := self.due(now):
            if not any(turn.is_of(poison) for turn in due):
                self.fire(due, now)
                continue
            for turn in due:
                if not self._waits_still(turn):
                    continue
                if turn.is_of(poison):
                    turn.tries.count += 1
                    if turn.tries.count >= TRIES:
                        self._give_up(turn, now)
                    else:
                        turn.tries.again_at = now + PAUSES[turn.tries.count - 1]
                else:
                    self.fire([turn], now)

    # --- with care ------------------------------------------------------------------------------

    def carefully(
        self, now: datetime, poison: Climb | None = None, *, kills: bool = False, but: Collection[Case] = ()
    ) -> None:
        """The same with care, again and again if somebody dies. ``poison`` fails, or kills who is at work on it."""
        while due := self.due(now, but=but)[:CAREFUL]:
            suspect = next((turn for turn in due if turn.tries.count), None)
            if suspect is not None:
                self._alone(suspect, now, poison, kills=kills)
            else:
                self._together(due, now, poison, kills=kills)

    def _alone(self, turn: Turn, now: datetime, poison: Climb | None, *, kills: bool) -> None:
        if turn.tries.count >= TRIES:
            self._give_up(turn, now)
            return
        self._count(turn, now)
        if not turn.is_of(poison):
            self.fire([turn], now)
        elif not kills and turn.tries.count >= TRIES:  # whoever dies of it can say nothing: the next one does
            self._give_up(turn, now)

    def _together(self, due: list[Turn], now: datetime, poison: Climb | None, *, kills: bool) -> None:
        for turn in due:
            self._count(turn, now)
        if kills and any(turn.is_of(poison) for turn in due):
            return  # nothing was done, and each may have been what killed
        if not any(turn.is_of(poison) for turn in due):
            self.fire(due, now)
            return
        for turn in due:
            if not turn.is_of(poison) and self._waits_still(turn):
                self.fire([turn], now)

    def _waits_still(self, turn: Turn) -> bool:
        """Taken one by one, what came before may have changed what was to come: what is armed anew is another."""
        return any(other.tries is turn.tries for other in self.turns())

    def _count(self, turn: Turn, now: datetime) -> None:
        turn.tries.again_at = now + PAUSES[turn.tries.count]
        turn.tries.count += 1

    def _give_up(self, turn: Turn, now: datetime) -> None:
        case, m = turn.case, Moment(now)
        assert case is not None, "looking at the windows never fails here"
        last = case.org.last_resort
        home, told = (case, case.climbs[-1]) if turn.climb is None else (turn.climb, turn.climb)
        if turn.climb is None:
            case.closes_at = None
        else:
            turn.climb.next, turn.climb.idle = None, "step_failed"
        home.say(m, "step_failed", last_resort=last, attempts=turn.tries.count)
        told.tell(m, [last], "last_resort")
        case.let_in(people=[last])
