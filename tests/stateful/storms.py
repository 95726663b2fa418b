"""The third machine: the doors in a storm. Messages in crowds, worked off later and together; some fail, some kill."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Q
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from escalation.kit import clock, failpoint
from incidents.inbound import intake, waiting
from incidents.models import AlertKey, Incident, Receipt, Source
from incidents.models.storm import Storm

from .ground import Ground
from .monitoring import GROUPS, HASHES, Monitoring, content
from .reference.backlog import Backlog, Weather
from .reference.doors import Receipt as PlainReceipt
from .reference.organisation import Step
from .rig import Died, Interruption, Stumbled, elsewhere, meanwhile
from .world import World

STORM = {"STORM_MESSAGES": 6, "STORM_INCIDENTS": 4}
MOST = 30  # that wait: fewer than one batch
PATIENT = 60.0  # seconds
NOT_YET = 0  # the incident of a key that is being claimed
SAYS = st.tuples(
    st.sampled_from(["north", "north", "south"]),
    st.sampled_from(sorted(GROUPS)),
    st.sampled_from([(True, True), (True, True), (True, False), (False, False)]),
    st.sampled_from(["critical", "warning", ""]),
)

few_wait = precondition(lambda self: len(self.plain.waiting()) < MOST)


class Storms(Ground):
    @initialize(
        poison=st.sampled_from([(), (), ("net",), ("disk", "power-1")]), how=st.sampled_from(["fails", "kills"])
    )
    def it_begins(self, poison, how) -> None:
        self.bundled_within(0)
        self.closing.enter_context(override_settings(**STORM))
        self.world = World()
        self.world.make_policy("Payments", [Step("L1"), Step("L2")])
        self.world.service("Payments", "Applications", "Payments")
        self.plain, self.monitoring = Backlog(), Monitoring()
        for name, service, per_alert in (("north", "Payments", False), ("south", None, True)):
            self.world.source(name, service, per_alert=per_alert)
            self.plain.doors.sources[name] = {"service": service, "per_alert": per_alert, "default": 2}
        self.storm, self.weather = (
            Storm(),
            Weather(messages=STORM["STORM_MESSAGES"], incidents=STORM["STORM_INCIDENTS"]),
        )
        self.is_poison(poison, how)

    # --- at the door ---------------------------------------------------------------------------

    @few_wait
    @rule(says=SAYS, at_once=st.booleans())
    def message_comes(self, says, at_once) -> None:
        self._comes(self._receipt(*says), at_once)

    @few_wait
    @precondition(lambda self: self.plain.doors.receipts)
    @rule(back=st.integers(0, 3), at_once=st.booleans())
    def message_comes_again(self, back, at_once) -> None:
        receipts = self.plain.doors.receipts
        self._comes(self._again(receipts[-1 - back % len(receipts)]), at_once)

    def _comes(self, receipt: PlainReceipt, at_once: bool) -> None:
        rung: list[int] = []
        with self._poisoned() as mishap:
            intake.take_in(self._source(receipt), receipt.body, ring=rung.append, at_once=at_once)
        kept = self.plain.keep(receipt, self.now, at_once=at_once)
        assert kept != mishap.died, "what is not answered is not kept"
        assert len(rung) == int(kept and not receipt.done), "whoever waits is rung for"

    @few_wait
    @rule(
        says=st.lists(SAYS, min_size=3, max_size=7),
        again=st.booleans(),
        dies=st.sampled_from([None, None, None, "intake.kept", "intake.committed"]),
    )
    def crowd_comes(self, says, again, dies) -> None:
        """While one is at the door the others come; then one of them sees to all."""
        receipts = [self._receipt(*one) for one in says]
        if again:
            receipts.append(self._again(receipts[-1]))
        first, *others = receipts
        crowd = Crowd([(self._source(one), one.body) for one in others])
        with crowd.while_one_is_inside(dies):
            intake.take_in(self._source(first), first.body, ring=crowd.rung.append, at_once=False)
        kept = receipts if dies != "intake.kept" else [first]
        for receipt in kept:
            self.plain.keep(receipt, self.now, at_once=False)
        answers = ["kept" if dies is None else "nothing"] * len(others)
        assert crowd.answers == answers, f"the senders heard {crowd.answers}, should be {answers}"
        assert len(crowd.rung) == (1 if len(kept) == 1 else 2), "a crowd is rung for once"

    def _receipt(self, source: str, group: str, firing: tuple, severity: str) -> PlainReceipt:
        each = zip(GROUPS[group], firing, strict=False)
        alerts = [self.monitoring.alert(source, name, fires, severity, self.now) for name, fires in each]
        status = "firing" if any(alert.firing for alert in alerts) else "resolved"
        signals = self.plain.doors.signals(source, group, alerts, status)
        return PlainReceipt(source, group, content(group, status, alerts), self.now, signals)

    def _again(self, before: PlainReceipt) -> PlainReceipt:
        """The same bytes."""
        return PlainReceipt(before.source, before.line, before.body, self.now, before.signals)

    def _source(self, receipt: PlainReceipt) -> Source:
        return Source.objects.get(name=receipt.source)

    # --- poison --------------------------------------------------------------------------------

    @rule(
        keys=st.sampled_from([(), ("disk",), ("net", "disk-1"), ("power", "power-1"), ("net", "disk")]),
        how=st.sampled_from(["fails", "kills"]),
    )
    def is_poison(self, keys, how) -> None:
        """Incidents about these keys cannot be opened: our own code fails, or a process dies of it."""
        self.plain.poison, self.plain.how = set(keys), how

    @contextmanager
    def _poisoned(self) -> Iterator[Interruption]:
        mishap = Interruption("verb.written")
        last = Incident.objects.aggregate(pk=Max("pk"))["pk"] or 0

        def act(name: str) -> None:
            if name == "verb.written" and self.plain.poison.intersection(_being_opened(last)):
                raise (Stumbled if self.plain.how == "fails" else Died)(name)

        failpoint.arm(act)
        try:
            yield mishap
        except Died:
            mishap.died = True
            assert not connection.in_atomic_block
        finally:
            failpoint.arm(None)

    # --- worked off ------------------------------------------------------------------------------

    @rule(times=st.integers(1, 4))
    def the_task_runs(self, times) -> None:
        """Lost, it comes later; doubled, it finds nothing."""
        for _time in range(times):
            order = self._order()
            with self._poisoned() as mishap:
                intake.process_waiting(seconds=PATIENT)
            assert self.plain.work(order, self.now) == mishap.died
            self.everything_is_as_the_reference_says()

    @precondition(lambda self: self.plain.waiting())
    @rule()
    def two_workers(self) -> None:
        """One comes while the other is in the middle of it."""
        self.is_poison((), "fails")
        order = self._order()
        with meanwhile("verb.written", lambda: elsewhere(_work)):
            _work()
        self.plain.work(order, self.now)

    def _order(self) -> list[list[int]]:
        """Whose turn it is, is the product's to say; but nobody is passed over, and no line is out of its order."""
        numbers = {pk: number for number, pk in enumerate(self._receipts().values_list("pk", flat=True))}
        order = [[numbers[pk] for pk in line.receipts] for line in waiting.choose(100)]
        assert sorted(order) == sorted(self.plain.lines()), f"{order} are chosen, {self.plain.lines()} wait"
        return order

    def _receipts(self):
        return Receipt.objects.order_by("id")

    @rule(seconds=st.sampled_from([1, 6, 30, 61, 121]))
    def time_passes(self, seconds) -> None:
        clock.forward(timedelta(seconds=seconds))

    @precondition(lambda self: self.turned_back < 2)
    @rule(seconds=st.sampled_from([2, 45, 600]))
    def clock_jumps_back(self, seconds) -> None:
        self.turn_back(timedelta(seconds=seconds))

    @rule()
    def everybody_is_told_of_a_storm(self) -> None:
        assert bool(self.storm.notices(self.now)) == self.weather.look(self.plain, self.now)

    # --- what must hold ----------------------------------------------------------------------------

    @invariant()
    def everything_is_as_the_reference_says(self) -> None:
        rows = list(self._receipts())
        for row, plain in zip(rows, self.plain.doors.receipts, strict=True):
            state = "quarantined" if plain.set_aside else "processed" if plain.done else "received"
            found, should = (row.state, row.attempts), (state, plain.tries)
            assert found == should, f"receipt {row.pk} is {found}, should be {should}"
            said = row.outcome.get("results", {})
            assert said == Counter(plain.did), f"of receipt {row.pk} is said {said}, should be {plain.did}"
        self._keys_are_right()
        refs = {incident.ref for incident in Incident.objects.filter(title__contains="could not be read")}
        aside = [ref for row in rows if row.state == Receipt.State.QUARANTINED for ref in row.outcome["incidents"]]
        assert sorted(aside) == sorted(refs), "in the place of each receipt that is given up stands an incident"
        assert len(refs) == sum(receipt.set_aside for receipt in self.plain.doors.receipts)
        assert Incident.objects.count() == len(self.plain.fires) + len(refs)

    def _keys_are_right(self) -> None:
        rows = AlertKey.objects.select_related("source", "incident").order_by("id")
        real = grouped(rows, lambda row: (row.source.name, HASHES.get(row.key, row.key)))
        plain = grouped(self.plain.doors.keys, lambda one: (one.source, one.key))
        found, should = ({key: len(each) for key, each in all_of.items()} for all_of in (real, plain))
        assert found == should, f"the fires are {found}, should be {should}"
        pairs = [pair for key in plain for pair in zip(real[key], plain[key], strict=True)]
        numbers = {row.incident_id: one.case.number for row, one in pairs}
        assert len(numbers) == len(pairs), "two fires share an incident"
        for row, one in pairs:
            incident, fire = row.incident, one.case
            stated = (row.count, row.ended_at is not None, incident.reported_severity, incident.resolved_at)
            told = (one.count, one.ended, fire.facts.reported, fire.resolved_at)
            assert stated == told, f"the fire at {one.source}/{one.key} is {stated}, should be {told}"
            assert numbers.get(incident.previous_id) == fire.previous


class Crowd:
    """Senders, each with a thread of their own, as at a web server."""

    def __init__(self, brings: list[tuple[Source, bytes]]) -> None:
        self.rung: list[int] = []
        self.answers = [""] * len(brings)
        self._threads = [threading.Thread(target=self._bring, args=(n, *one)) for n, one in enumerate(brings)]

    @contextmanager
    def while_one_is_inside(self, dies: str | None) -> Iterator[None]:
        """They come in their order; ``dies`` where whoever sees to all of them does."""
        seen: Counter[str] = Counter()

        def act(name: str) -> None:
            seen[name] += 1
            if name == "intake.kept" and seen[name] == 1:
                self._come()
            elif name == dies and seen[name] == 2:
                raise Died(name)

        failpoint.arm(act)
        try:
            yield
            for thread in self._threads:
                thread.join(PATIENT)
        finally:
            failpoint.arm(None)

    def _come(self) -> None:
        for number, thread in enumerate(self._threads, start=1):
            thread.start()
            end = time.monotonic() + PATIENT
            while len(intake._door._waiting) < number and time.monotonic() < end:
                time.sleep(0.001)

    def _bring(self, number: int, source: Source, body: bytes) -> None:
        try:
            intake.take_in(source, body, ring=self.rung.append)
            self.answers[number] = "kept"
        except Died:
            self.answers[number] = "nothing"
        except Exception as error:
            self.answers[number] = repr(error)
        finally:
            connection.close()


def grouped(each: Iterable, key: Callable[[Any], tuple[str, str]]) -> dict[tuple[str, str], list]:
    found: dict[tuple[str, str], list] = {}
    for one in each:
        found.setdefault(key(one), []).append(one)
    return found


def _being_opened(last: int) -> set[str]:
    """The keys of those that are opened just now, after the ``last`` one."""
    keys = AlertKey.objects.filter(Q(incident=NOT_YET) | Q(incident__gt=last)).values_list("key", flat=True)
    return {HASHES.get(key, key) for key in keys}


def _work() -> None:
    intake.process_waiting(seconds=PATIENT)
