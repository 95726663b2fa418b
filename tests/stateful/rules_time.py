"""The clock, the timekeepers and the post: ahead, late, backward, twice, at once, and dying half-way."""

from contextlib import nullcontext
from datetime import timedelta

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from escalation.engine import climb, deliver, tasks
from escalation.kit import clock

from .base import PEOPLE, Base, has_cases, seen_of
from .reference.message import LEASE, Message
from .rig import ANSWERS, Died, elsewhere, interrupted, meanwhile, patient, together

SECONDS = st.sampled_from([1, 5, 30, 61, 299, 300, 301, 600, 900])
DRAIN_DIES = st.sampled_from([None] * 6 + ["drain.claimed", "drain.written", "verb.written", "drain.committed"])
POST_DIES = st.sampled_from([None] * 6 + ["deliver.claimed", "deliver.sent", "deliver.recorded"])
PATIENT = 60.0  # seconds; a machine may be slow
ONE_WRITER = connection.vendor == "sqlite"  # there two can be at work only between two batches
OVERLAPS = ("drain.committed",) if ONE_WRITER else ("drain.claimed", "drain.written", "drain.committed")


class Time(Base):
    def prepare(self) -> None:
        super().prepare()
        self.workers: list[
            list
        ] = []  # each: (bundle as claimed, its message, whether it could leave then, whether its way was lost)

    # --- the clock ---------------------------------------------------------------------------

    @rule(seconds=SECONDS)
    def time_passes(self, seconds) -> None:
        clock.forward(timedelta(seconds=seconds))

    @has_cases
    @rule(steps=st.integers(1, 3), late=st.sampled_from([0, 0, 0, 1, 400]), dies=DRAIN_DIES)
    def next_steps_come(self, steps, late, dies) -> None:
        """To the next due instant, or a little after it; never a moment before."""
        for _step in range(steps):
            self._next_step_comes(late, dies)

    def _next_step_comes(self, late, dies) -> None:
        due = min((turn.ready_at for turn in self.keeper.turns() if turn.what != "close"), default=None)
        if due is not None and due > self.now:
            self._nothing_happens_at(due - timedelta(microseconds=1))
            clock.fix(due + timedelta(seconds=late))
        self.drain(1, dies)

    def _nothing_happens_at(self, instant) -> None:
        closing = [case.closes_at for case in self.cases if case.closes_at]
        if instant > self.now and not any(closes <= instant for closes in closing):
            clock.fix(instant)
            assert tasks.drain() == 0, "a step came early"

    @has_cases
    @rule(hours=st.sampled_from([1, 5, 24 * 8]))
    def outage(self, hours) -> None:
        """Nothing runs for a long while; then everything that is due is looked at once."""
        clock.forward(timedelta(hours=hours))
        self.drain(1, None)

    @precondition(lambda self: self.turned_back < 3)
    @rule(minutes=st.sampled_from([1, 10, 120]))
    def clock_jumps_back(self, minutes) -> None:
        self.turn_back(timedelta(minutes=minutes))

    # --- the timekeepers -----------------------------------------------------------------------

    @has_cases
    @rule(times=st.integers(1, 2), dies=DRAIN_DIES)
    def drain(self, times, dies) -> None:
        """A task may come twice; the second finds nothing."""
        for _time in range(times):
            self.see_what_was_armed_first()
            with interrupted(dies) as death:
                until_nothing_is_left(tasks.drain)
            if not death.reached:
                self.keeper.drain(self.now)
            elif dies == "drain.committed":
                self.keeper.turn(self.now)

    @has_cases
    @rule(point=st.sampled_from(OVERLAPS), batch=st.sampled_from([1, 100]), dies=st.booleans())
    def two_timekeepers(self, point, batch, dies) -> None:
        """One is stopped at a point while the other goes through; then it goes on, or dies."""
        if self._a_promise_is_due_beside_a_step():
            batch = 100  # one by one either may go first: that is not promised
        dies = dies and (batch > 1 or point == "drain.committed")
        with meanwhile(point, _drains if ONE_WRITER else _drains_elsewhere, then=Died if dies else None):
            climb.drain(batch=batch, seconds=PATIENT)
        if not dies or point == "drain.committed":
            self.keeper.drain(self.now)

    def _a_promise_is_due_beside_a_step(self) -> bool:
        due = self.keeper.due(self.now)
        promised = [turn.case for turn in due if turn.what == "promise"]
        return any(turn.case in promised for turn in due if turn.what == "step")

    # --- the post --------------------------------------------------------------------------------

    @rule(person=st.sampled_from(PEOPLE), mood=st.sampled_from(["fine", "busy", "breaks", "refuses", "kills"]))
    def mood_of_the_post(self, person, mood) -> None:
        self.post.moods[person] = mood

    @has_cases
    @rule(task=st.sampled_from(["send", "send", "sweep"]), dies=POST_DIES)
    def post_goes_out(self, task, dies) -> None:
        before, calm = len(self.post.keys), self.calm
        self.post.kills_nobody = not calm  # deaths beside a limit or a broken service are played in ``bundles``
        with interrupted(dies if calm else None) as death, nullcontext() if dies and calm else together():
            if not calm:
                self.in_their_order()
            until_nothing_is_left(getattr(tasks, task))
        said = self.post.keys[before:]
        self.said.update(said)
        if death.died:
            self._take_over()
            return
        due = self.outbox.deliver(self.now, self.answer, self.failures_are_heard)
        due = [message for message in due if self.org.people[message.person].active]
        assert len(said) == len(due), f"{len(said)} messages left the house, and {len(due)} were due: {due}"

    def _take_over(self) -> None:
        for since in (0, len(self.outbox.messages)):  # then those that took the place of lost ways
            rows = self.deliveries(strangers=since == 0)
            found = {number: seen_of(row) for number, row in rows.items()}
            wrong = self.outbox.interrupted(self.now, self.answer, found, since)
            assert not wrong, [(self.outbox.messages[number], found.get(number)) for number in wrong]
        self.failures_are_heard()

    @precondition(lambda self: self.cases and self.calm)
    @rule(number=st.integers(1, 3))
    def worker_freezes(self, number) -> None:
        """It has taken messages, and stands still."""
        claimed = [(bundle, *bundle.deliveries) for bundle in deliver.claim(number)]  # each leaves alone here
        index = {row.pk: number for number, row in self.deliveries().items()}
        for _bundle, row in claimed:
            message = self.outbox.messages[index[row.pk]]
            assert message.state == "queued" and not message.lost and message.next_at <= self.now, message
            message.state, message.next_at = "sending", self.now + LEASE
            message.tries += 1
            message.limited = message.watched = message.probe = False
            message.worker = len(self.workers)
        held = [(patient(bundle), index[row.pk]) for bundle, row in claimed]
        self.workers.append([(*one, *self._may_leave(self.outbox.messages[one[1]])) for one in held])

    def _may_leave(self, message: Message) -> tuple[bool, bool]:
        """And whether it could, had its way not been lost."""
        active = self.org.people[message.person].active
        return active and message.can_leave, active and not message.can_leave

    @precondition(lambda self: any(self.workers))
    @rule()
    def worker_goes_on(self) -> None:
        """After whatever happened meanwhile: what is no longer its own it must not touch."""
        number = next(n for n, held in enumerate(self.workers) if held)
        bundle, index, may_leave, lost = self.workers[number].pop(0)
        before = len(self.post.keys)
        with interrupted(None) as death:
            deliver.deliver(bundle)
        self.said.update(self.post.keys[before:])
        message = self.outbox.messages[index]
        if not death.died and message.worker == number and message.state == "sending":
            said = ANSWERS[self.post.mood(message.channel, message.person)] if may_leave else "never"
            self.outbox.conclude(message, said, self.now)
            self.outbox.instead(message, self.now, way_lost=lost)
            self.outbox.heard([(message, said)], self.now)
            self.failures_are_heard()


def until_nothing_is_left(task) -> None:
    """A slow machine may need more than one turn."""
    while task():
        pass


def _drains() -> None:
    climb.drain(seconds=PATIENT)


def _drains_elsewhere() -> None:
    elsewhere(_drains)
