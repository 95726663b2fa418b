"""Steps that fail, steps that kill, and what people do at the very moment at which a step is tried."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import rule

from escalation.engine import climb
from escalation.engine.models import Timer
from escalation.kit import clock, failpoint
from escalation.trail.models import Trail

from .base import Base, has_cases
from .reference.climb import Climb
from .reference.timekeeper import Turn
from .rig import Died, Stumbled, meanwhile
from .rules_verbs import Verbs

PATIENT = 60.0  # seconds; a machine may be slow
ROUNDS = 50
WAYS = ("acknowledge", "put the clock back", *(["be at it"] if connection.vendor == "postgresql" else []))


@dataclass
class Victim:
    """The climb at whose steps it happens, whoever takes them and whichever timer is armed for them by then."""

    run: int
    how: str  # "fails", "kills", or "kills early": before anything is done

    def __post_init__(self) -> None:
        self.tries, self.done = self._tries(), self._done()

    def _timers(self) -> QuerySet[Timer]:
        return Timer.objects.filter(run=self.run)

    def _tries(self) -> int:
        return sum(self._timers().values_list("attempts", flat=True))

    def _done(self) -> int:
        return self._timers().filter(state=Timer.State.FIRED).count()

    def reach(self, name: str) -> None:
        if name == "drain.counted" and self.how == "kills early":
            before, self.tries = self.tries, self._tries()
            if self.tries > before:
                raise Died(name)
        elif name == "drain.written" and self._done() > self.done:
            raise (Stumbled if self.how == "fails" else Died)(name)


class Poison(Verbs, Base):
    @has_cases
    @rule(
        which=st.integers(0, 3),
        how=st.sampled_from(["fails", "kills", "kills early"]),
        careful=st.booleans(),
        times=st.sampled_from([1, 2, 3, 3, 4, 4]),
        late=st.sampled_from([0, 0, 1, 30]),
    )
    def a_step_is_poison(self, which, how, careful, times, late) -> None:
        """The timekeeper is careful whenever somebody may die."""
        turn = self._turn_comes(which, late)
        if turn is None:
            return
        for _time in range(times):
            if not self._still_to_come(turn):
                return
            self._tried(turn, how, careful=careful or how != "fails")
            if turn.tries.again_at is not None:
                clock.fix(max(self.now, turn.tries.again_at))

    def _still_to_come(self, turn: Turn) -> bool:
        return any(other.climb is turn.climb and other.ready_at <= self.now for other in self.keeper.turns())

    def _tried(self, turn: Turn, how: str, *, careful: bool) -> None:
        assert turn.climb is not None
        failpoint.arm(Victim(self._run(turn.climb).pk, how).reach)
        try:
            drain_to_the_end(careful=careful)
        finally:
            failpoint.arm(None)
        if careful:
            self.keeper.carefully(self.now, turn.climb, kills=how != "fails")
        else:
            self.keeper.drain(self.now, turn.climb)

    def _run(self, plain: Climb):
        return list(self.incident(plain.case).trail.runs.order_by("id"))[plain.number]

    @has_cases
    @rule(which=st.integers(0, 3), way=st.sampled_from(WAYS), seconds=st.sampled_from([1, 30, 600]))
    def somebody_is_faster(self, which, way, seconds) -> None:
        """Between the count and the work: who is careful leaves what has changed, and blames nobody for it."""
        turn = self._turn_comes(which, 0)
        if turn is None or self.turned_back > 3:
            return
        due = self.keeper.due(self.now)
        if any(each.tries.count for each in due):
            return  # what may have killed goes alone, one before the other
        if way == "acknowledge" and any(each.what == "promise" for each in due):
            return  # what was counted goes before what the acknowledgement brings: in which order is not promised
        if way == "acknowledge":
            self._is_acknowledged(turn, due)
        elif way == "put the clock back":
            self._clock_is_put_back(due, timedelta(seconds=seconds))
        else:
            self._is_being_changed(turn, due)

    def _is_acknowledged(self, turn: Turn, due: list[Turn]) -> None:
        """What was counted and still holds goes first, together; then what the acknowledgement brings at once."""
        which = self.cases[::-1].index(turn.case)
        counted = [(each, each.climb and each.climb.next) for each in due]
        with meanwhile("drain.counted", lambda: self.acknowledge(which, "ada", "fresh", False)):
            drain_to_the_end(careful=True)
        self.keeper.fire([each for each, wait in counted if not each.climb or each.climb.next is wait], self.now)
        self.keeper.carefully(self.now)

    def _clock_is_put_back(self, due: list[Turn], span: timedelta) -> None:
        with meanwhile("drain.counted", lambda: self.turn_back(span)):
            drain_to_the_end(careful=True)
        for each in due:
            each.tries.again_at = None
        self.keeper.fire([each for each in due if each.at <= self.now], self.now)
        self.keeper.carefully(self.now)

    def _is_being_changed(self, turn: Turn, due: list[Turn]) -> None:
        trail = self.incident(turn.case).trail_id
        with held_elsewhere(trail) as begin, meanwhile("drain.counted", begin):
            climb.drain(careful=True, seconds=PATIENT)
        for each in due:
            if each.case is turn.case:
                each.tries.again_at = self.now
        self.keeper.carefully(self.now, but=[turn.case])

    def _turn_comes(self, which: int, late: int) -> Turn | None:
        """One of the next steps, and its time."""
        turns = sorted((turn for turn in self.keeper.turns() if turn.climb), key=lambda turn: turn.ready_at)
        if not turns:
            return None
        turn = turns[which % len(turns)]
        clock.fix(max(self.now, turn.ready_at + timedelta(seconds=late)))
        return turn


def drain_to_the_end(*, careful: bool) -> None:
    """Whoever dies, the next one goes on, until nothing is due."""
    for _round in range(ROUNDS):
        due = climb.next_due()
        if due is None or due > clock.now():
            return
        try:
            climb.drain(careful=careful, seconds=PATIENT)
        except Died:
            assert not connection.in_atomic_block
    raise AssertionError("the timekeepers come to no end")


@contextmanager
def held_elsewhere(trail: int) -> Iterator[Callable[[], None]]:
    """Somebody else is changing that incident, from when they ``begin`` to the end."""
    begun, over = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Trail.objects.lock([trail])
                begun.set()
                over.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=change)

    def begin() -> None:
        thread.start()
        assert begun.wait(60)

    try:
        yield begin
    finally:
        over.set()
        if thread.ident is not None:
            thread.join(60)
