"""The second machine: bundling. Messages to few people about many fires, through the real outbox."""

import re
from collections import Counter
from datetime import timedelta
from operator import itemgetter

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from escalation.engine import bundling, deliver, tasks
from escalation.engine.models import Delivery
from escalation.engine.work import cancel
from escalation.kit import clock
from escalation.notify.message import ASKING
from escalation.trail.models import Trail

from .checks import every_try_is_on_record
from .ground import Ground
from .reference.bundling import Bundling, Talk
from .rig import ANSWERS, Died, Stumbled, interrupted, patient
from .world import World

WHO = st.sampled_from(["ana", "ana", "jo"])
WHICH = st.integers(0, 3)
NEWS = st.tuples(
    st.sampled_from(["call", "call", "call", "offer", "inform", "moved", "last_resort"]),
    st.sampled_from([1, 2, 2, 3, 4, None]),
)
MOODS = st.sampled_from(["fine", "fine", "busy", "away", "away", "breaks", "refuses", "kills"])
TROUBLE = st.sampled_from([None] * 4 + ["deliver.sent", "deliver.recorded", "stumbles"])
AT_ONCE = 8  # talks in one worker
FIRST = itemgetter(0)


class Bundles(Ground):
    @initialize(window=st.sampled_from([15, 15, 15, 2, 40, 0]), news=st.lists(NEWS, min_size=1, max_size=3))
    def it_begins(self, window, news) -> None:
        self.bundled_within(window)
        self.world = World()
        self.plain = Bundling(window)
        self.fires: list[Trail] = []
        self.rows: list[Delivery] = []
        self.workers: list[tuple[bundling.Bundle, Talk]] = []  # each with what it holds
        self.said: Counter[int] = Counter()  # by the number whose key it had
        for one in news:
            self.is_told("ana", one, None)

    # --- news and answers ---------------------------------------------------------------------

    @rule(person=WHO, news=NEWS, fire=st.sampled_from([None, None, 0, 1]))
    def is_told(self, person, news, fire) -> None:
        """Of a new fire, or again of the latest."""
        kind, severity = news
        if fire is None or not self.fires:
            self.fires.append(Trail.objects.create(subject=f"fire {len(self.fires)}"))
        number = len(self.fires) - 1 - ((fire or 0) % len(self.fires))
        message = self.plain.add(number, person, kind, severity, self.now)
        ref = f"INC-{message.number}"
        facts = {"kind": kind, "ref": ref, "title": "Fire", "link": "/incidents/1/", "severity": severity}
        self.rows.append(
            Delivery.objects.create(
                trail=self.fires[number],
                person=self.world.person(person),
                channel="email",
                cause=f"told:{message.number}",
                kind=kind,
                message=facts,
                queued_at=self.now,
                next_at=self.now,
            )
        )

    @rule(person=WHO, news=st.lists(NEWS, min_size=2, max_size=5))
    def storm(self, person, news) -> None:
        for one in news:
            self.is_told(person, one, None)

    @rule(which=st.integers(0, 9), first=st.booleans())
    def is_answered(self, which, first) -> None:
        """Mostly one of those that are being sent or are tried again; or the first of them, whose key they all have."""
        tried = [m for m in self.plain.messages if m.state in ("queued", "sending") and m.bundle is not None]
        if first:
            tried = [self.plain.messages[m.bundle] for m in tried if m.bundle != m.number] or tried
        fires = [message.fire for message in tried] or list(range(len(self.fires)))
        self.answer(fires[which % len(fires)])

    def answer(self, fire: int) -> None:
        with transaction.atomic():
            Trail.objects.lock([self.fires[fire].pk])
            cancel(Delivery.objects.filter(trail=self.fires[fire], kind__in=ASKING), self.now)
        self.plain.answer(fire)

    # --- the clock ------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 2, 5, 14, 15, 16, 31, 60, 300]))
    def time_passes(self, seconds) -> None:
        clock.forward(timedelta(seconds=seconds))

    @precondition(lambda self: self.turned_back < 2)
    @rule(seconds=st.sampled_from([3, 20, 7200]))
    def clock_jumps_back(self, seconds) -> None:
        self.turn_back(timedelta(seconds=seconds))

    # --- workers ------------------------------------------------------------------------------

    @rule(most=st.integers(1, 3), lost=st.booleans(), dies=st.sampled_from([False, False, False, True]))
    def worker_takes(self, most, lost, dies) -> None:
        """And stands still; or is gone as soon as it has them."""
        claimed: list[bundling.Bundle] = []
        with interrupted("deliver.claimed" if dies else None):
            claimed = deliver.claim(most, lost=lost)
        talks = self.plain.take(self.now, most, lost=lost)
        if not dies:
            numbers = {row.pk: number for number, row in enumerate(self.rows)}
            found = [(b.key, [numbers[row.pk] for row in b.deliveries]) for b in claimed]
            plainly = [(self._key(talk), [message.number for message in talk.messages]) for talk in talks]
            assert found == plainly, f"taken: {found}, should be {plainly}"
            self.workers += zip(map(patient, claimed), talks, strict=True)

    @precondition(lambda self: self.workers)
    @rule(which=WHICH, mood=MOODS, trouble=TROUBLE)
    def worker_goes_on(self, which, mood, trouble) -> None:
        """It talks and writes down how it went, whatever happened meanwhile; or dies of it."""
        bundle, talk = self.workers.pop(which % len(self.workers))
        self.post.moods = {talk.messages[0].person: mood}
        point, error = ("deliver.recorded", Stumbled) if trouble == "stumbles" else (trouble, Died)
        with interrupted(point, error=error) as mishap:
            deliver.deliver(bundle)
        self._said([talk])
        if not mishap.died:
            self.plain.over(talk, ANSWERS[mood], self.now)

    @precondition(lambda self: any(message.state in ("queued", "sending") for message in self.plain.messages))
    @rule(times=st.integers(1, 4))
    def workers_die(self, times) -> None:
        """One after the other, of the first that waits."""
        for _time in range(times):
            taken = deliver.claim(1) or deliver.claim(1, lost=True)
            talks = self.plain.take(self.now, 1) or self.plain.take(self.now, 1, lost=True)
            assert len(taken) == len(talks), f"{len(taken)} taken, should be {len(talks)}"
            clock.forward(timedelta(seconds=31))
            self.leases_end()

    @rule()
    def leases_end(self) -> None:
        deliver.sweep()
        self.plain.sweep(self.now)
        self.everything_is_as_the_reference_says()

    @precondition(lambda self: len(self.plain.parts(self.now)) < AT_ONCE)
    @rule(mood=st.sampled_from(["fine", "fine", "busy", "away", "away", "refuses"]))
    def everything_leaves(self, mood) -> None:
        self.post.moods = dict.fromkeys(("ana", "jo"), mood)
        tasks.send()
        self._said(self.plain.all_leave(self.now, lambda _person: ANSWERS[mood]))

    # --- what must hold ---------------------------------------------------------------------------

    def _key(self, talk: Talk) -> str:
        return self.rows[talk.key].idempotency_key

    def _said(self, talks: list[Talk]) -> None:
        """What left the house since the last look: under which key, about what."""
        texts = [f"{message.subject}\n{message.full}" for message in self.post.messages]
        said = [(key, set(re.findall(r"INC-\d+", text))) for key, text in zip(self.post.keys, texts, strict=True)]
        plainly = [(self._key(talk), {f"INC-{message.number}" for message in talk.spelt_out}) for talk in talks]
        assert sorted(said, key=FIRST) == sorted(plainly, key=FIRST), f"said: {said}, should be {plainly}"
        self.post.begin()

    @invariant()
    def everything_is_as_the_reference_says(self) -> None:
        numbers = {row.pk: number for number, row in enumerate(self.rows)}
        for row, message in zip(Delivery.objects.order_by("id"), self.plain.messages, strict=True):
            bundle = None if row.bundle is None else numbers[row.bundle]
            found = (row.state, row.attempts, row.next_at, row.overtaken, bundle)
            assert found == message.seen, f"message {message.number} is {found}, should be {message.seen}"
        every_try_is_on_record(Delivery.objects.all())
        assert not self.post.keys, "something was said, and nobody was to talk"
