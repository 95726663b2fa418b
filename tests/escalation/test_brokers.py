"""The timekeeper's judgement, the queue's order, and the parts of django-q2 that are overridden."""

import contextlib
import inspect
import pickle
from datetime import timedelta
from types import SimpleNamespace

import django_q
import pytest
from django import db
from django.utils import timezone
from django_q import cluster as dq_cluster
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.pusher import pusher
from django_q.signing import SignedPackage
from django_q.worker import worker

from escalation.engine import beats, brokers, climb, cluster, registry, tasks
from escalation.engine.brokers import LOOK, SOON, Pulse, StandbyBroker, TimerBroker
from escalation.engine.models import Beat
from escalation.engine.supervisor import CannotStart, listen
from escalation.engine.watching import FIRST, LAST, THEN, Progress

# --- when to drain ------------------------------------------------------------------------------


def test_with_nothing_armed_it_looks_four_times_a_second():
    assert Pulse().look(None, 1000.0, 0.0, 0) == (False, LOOK)


@pytest.mark.parametrize(("away", "wait"), [(60.0, LOOK), (0.1, 0.1), (LOOK, LOOK)])
def test_it_sleeps_until_the_next_timer_but_never_long(away, wait):
    drain, seconds = Pulse().look(1000.0 + away, 1000.0, 0.0, 0)
    assert (drain, round(seconds, 6)) == (False, wait)


def test_the_standby_leaves_others_their_time():
    pulse = Pulse(patience=0.5)
    assert pulse.look(1000.0, 999.0, 0.0, 0) == (False, 0.5)
    assert pulse.look(1000.0, 1000.4, 0.0, 0)[0] is False
    assert pulse.look(1000.0, 1000.5, 0.1, 0)[0] is True


# (seconds since the start, the head that is due, packages waiting) → whether to drain
ONE_DRAIN_IS_ENOUGH = [(0.0, 1, 0, True), (0.05, 1, 1, False), (0.1, 2, 1, False), (0.9, 3, 1, False)]
MORE_CAME_DUE_BEHIND_IT = [(0.0, 1, 0, True), (0.06, 2, 0, True), (0.08, 3, 0, False), (0.12, 3, 0, True)]
A_SKIPPED_TIMER_IS_TRIED_AGAIN_EVER_LESS_OFTEN = [
    (0.0, 1, 0, True),
    (0.05, 1, 0, False),
    (0.11, 1, 0, True),
    (0.25, 1, 0, False),
    (0.32, 1, 0, True),
    (0.6, 1, 0, False),
    (0.75, 1, 0, True),
    (1.5, 1, 0, False),
    (1.6, 1, 0, True),
    (2.5, 1, 0, False),
    (2.65, 1, 0, True),
]
A_LOST_DRAIN_IS_REPEATED_THOUGH_WORKERS_ARE_BUSY = [(0.0, 1, 2, True), (0.9, 1, 2, False), (1.0, 1, 2, True)]
NOTHING_DUE_FOR_A_MOMENT_STARTS_ANEW = [(0.0, 1, 0, True), (0.01, None, 0, False), (0.02, 1, 3, True)]


@pytest.mark.parametrize(
    "story",
    [
        ONE_DRAIN_IS_ENOUGH,
        MORE_CAME_DUE_BEHIND_IT,
        A_SKIPPED_TIMER_IS_TRIED_AGAIN_EVER_LESS_OFTEN,
        A_LOST_DRAIN_IS_REPEATED_THOUGH_WORKERS_ARE_BUSY,
        NOTHING_DUE_FOR_A_MOMENT_STARTS_ANEW,
    ],
)
def test_when_something_is_due(story):
    pulse = Pulse()
    for at, head, backlog, expected in story:
        drain, wait = pulse.look(head, 1000.0 + at, at, backlog)
        assert drain is expected, at
        assert wait == (LOOK if head is None else SOON)


# --- the broker ---------------------------------------------------------------------------------


@pytest.fixture
def asleep(monkeypatch):
    """How long the broker slept, without sleeping."""
    naps: list[float] = []
    monkeypatch.setattr(brokers.time, "sleep", naps.append)
    return naps


@pytest.fixture
def quiet(monkeypatch):
    """No timer is armed."""
    monkeypatch.setattr(climb, "look", lambda: (None, timezone.now()))


def queue(broker, *payloads: str) -> list[int]:
    return [broker.enqueue(payload) for payload in payloads]


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_packages_are_claimed_in_their_order_and_once(monkeypatch):
    broker = TimerBroker("general")
    queue(broker, "a", "b", "c")
    monkeypatch.setattr(Conf, "BULK", 1)
    claimed = [broker.claim() for _ in range(4)]
    assert [[payload for _, payload in packages] for packages in claimed] == [["a"], ["b"], ["c"], []]


@pytest.mark.django_db
def test_two_brokers_take_different_packages(monkeypatch):
    one, other = TimerBroker("general"), StandbyBroker("general")
    queue(one, *"abcdef")
    monkeypatch.setattr(Conf, "BULK", 3)
    first, second = one.claim(), other.claim()
    assert [payload for _, payload in first + second] == list("abcdef")
    assert not {pk for pk, _ in first} & {pk for pk, _ in second}


@pytest.mark.django_db
def test_a_package_that_was_not_acknowledged_comes_again():
    broker = TimerBroker("general")
    [pk] = queue(broker, "a")
    assert broker.claim() == [(pk, "a")]
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=1))
    assert broker.claim() == [(pk, "a")]
    broker.acknowledge(pk)
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_each_cluster_has_its_own_queue():
    queue(TimerBroker("general"), "a")
    assert TimerBroker("timers").claim() == []


@pytest.mark.django_db
@pytest.mark.usefixtures("asleep")
def test_a_due_timer_becomes_a_package_without_identity(monkeypatch):
    monkeypatch.setattr(climb, "look", lambda: (timezone.now() - timedelta(seconds=2), timezone.now()))
    pairs = [(TimerBroker("timers"), tasks.drain_timers), (StandbyBroker("general"), tasks.drain_standby)]
    for broker, function in pairs:
        (ack, payload), *_others = broker.dequeue()  # the audit may be due too
        task = SignedPackage.loads(payload)
        assert ack is None
        assert task["func"] == f"{function.__module__}.{function.__name__}"
        assert (task["args"], task["kwargs"], task["save"]) == ((), {}, False)


@pytest.mark.django_db
@pytest.mark.usefixtures("asleep")
def test_a_poll_of_the_queue_is_no_reason_to_look_at_the_timers(monkeypatch):
    looks: list[None] = []
    monkeypatch.setattr(climb, "look", lambda: looks.append(None) or (None, timezone.now()))
    broker, read = TimerBroker("timers"), [0.0]
    monkeypatch.setattr(brokers.time, "monotonic", lambda: read[-1])
    for at in (1000.0, 1000.0 + Conf.POLL, 1000.0 + LOOK, 1000.0 + 2 * Conf.POLL):
        read.append(at)
        broker.dequeue()
    assert len(looks) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_with_full_hands_it_takes_nothing_from_the_queue(asleep):
    broker = TimerBroker("general")
    queue(broker, "a")
    broker.backlog = lambda: Conf.WORKERS
    assert broker.dequeue() is None
    broker.backlog, broker._poll_at = (lambda: 0), 0.0
    assert [payload for _, payload in broker.dequeue()] == ["a"]
    assert all(0 <= nap <= LOOK for nap in asleep)


@pytest.mark.parametrize(
    "error", [db.OperationalError("gone\nfor a while"), db.InterfaceError("closed"), db.DatabaseError()]
)
@pytest.mark.django_db
def test_a_database_that_is_away_never_ends_the_pusher(monkeypatch, asleep, caplog, error):
    closed = []
    monkeypatch.setattr(brokers.climb, "look", lambda: (_ for _ in ()).throw(error))
    monkeypatch.setattr(brokers, "connections", {Conf.ORM: SimpleNamespace(close=lambda: closed.append(error))})
    assert TimerBroker("timers").dequeue() is None
    assert asleep == [brokers.AFTER_ERROR]
    assert closed
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


def test_a_lost_acknowledgement_does_not_end_the_monitor(monkeypatch):
    def away(*_):
        raise db.OperationalError("gone")

    monkeypatch.setattr(ORM, "delete", away)
    monkeypatch.setattr(brokers, "refresh", lambda: None)
    monkeypatch.setattr(brokers, "connections", {Conf.ORM: SimpleNamespace(close=lambda: None)})
    TimerBroker("general").acknowledge(1)


def test_a_broker_can_be_sent_to_another_process():
    broker = StandbyBroker("general")
    broker.backlog = lambda: 7  # belongs to this process
    sent = pickle.loads(pickle.dumps(broker))
    assert (type(sent), sent.list_key, sent.backlog()) == (StandbyBroker, "general", 0)
    assert sent.pulse.patience == 0.5
    assert sent.pulse is not broker.pulse


@pytest.mark.django_db
@pytest.mark.usefixtures("asleep")
def test_the_watch_looks_at_some_rows_only_now_and_then(monkeypatch):
    looks: list[str] = []
    monkeypatch.setattr(registry, "_watched", {})
    for name, every in (("outbox", 0.0), ("calendars", 5.0)):
        registry.watch(name, lambda name=name: looks.append(name), name, patience=timedelta(0), every=every)
    read = [0.0]
    monkeypatch.setattr(brokers.time, "monotonic", lambda: read[-1])
    broker = StandbyBroker("general")
    for at in (1.0, 3.0, 5.0, 6.0):
        read.append(at)
        broker.dequeue()
    assert (looks.count("outbox"), looks.count("calendars")) == (4, 2)


@pytest.mark.django_db
def test_a_drain_survives_the_database_and_is_careful_after_a_death(monkeypatch):
    seen = []
    monkeypatch.setattr(beats, "_beaten", {})
    monkeypatch.setattr(climb, "drain", lambda **how: seen.append(how) or 3)
    monkeypatch.setenv("BATON_CAREFUL_UNTIL", "0")
    assert tasks.drain_timers() == 3
    monkeypatch.setenv("BATON_CAREFUL_UNTIL", "99999999999")
    assert tasks.drain_standby() == 3
    assert set(Beat.objects.values_list("name", flat=True)) == {"timers", "general"}
    assert seen == [{"seconds": 5.0, "careful": False}, {"seconds": 1.0, "careful": True}]

    def away(**_):
        raise db.OperationalError("gone")

    monkeypatch.setattr(climb, "drain", away)
    monkeypatch.setattr(tasks.db, "connection", SimpleNamespace(close=lambda: None))
    assert tasks.drain_timers() == 0


# --- the guard ----------------------------------------------------------------------------------


class FakeTimer:
    def __init__(self, value: float):
        self.cell = SimpleNamespace(value=value)

    def get_obj(self):
        return self.cell

    def get_lock(self):
        return SimpleNamespace(acquire=lambda timeout: True, release=lambda: None)


def child(*, alive: bool, exitcode: int | None = None, timer: float = -1) -> SimpleNamespace:
    return SimpleNamespace(name="child", is_alive=lambda: alive, exitcode=exitcode, timer=FakeTimer(timer))


@pytest.fixture
def guard():
    """The guard without processes: its pool is set by the test, its verdicts are kept."""
    made = object.__new__(cluster.CrashOnly)
    made.monitor = made.pusher = child(alive=True)
    made.pool, made.verdicts = [], []

    def end(why):
        made.verdicts.append("end")
        raise SystemExit(why)

    made.end = end
    made.reincarnate = lambda process: made.verdicts.append("replace")
    return made


@pytest.mark.parametrize(
    ("a_worker", "verdict"),
    [
        (child(alive=True), []),
        (child(alive=True, timer=5), []),
        (child(alive=True, timer=0), ["replace"]),  # overran
        (child(alive=False, exitcode=0, timer=0), ["replace"]),  # overran and left
        (child(alive=False, exitcode=0, timer=-2), ["replace"]),  # recycled
        (child(alive=False, exitcode=0, timer=-1), ["end"]),  # left without a reason
        (child(alive=False, exitcode=-9, timer=-1), ["end"]),
        (child(alive=False, exitcode=-9, timer=-2), ["end"]),
        (child(alive=False, exitcode=1, timer=30), ["end"]),
    ],
)
def test_only_planned_endings_are_forgiven(guard, a_worker, verdict):
    guard.pool = [a_worker]
    with contextlib.suppress(SystemExit):
        guard._check(0.5)
    assert guard.verdicts == verdict


@pytest.mark.parametrize("which", ["monitor", "pusher"])
def test_a_dead_monitor_or_pusher_ends_the_cluster(guard, which):
    setattr(guard, which, child(alive=False, exitcode=0))
    with pytest.raises(SystemExit):
        guard._check(0.5)


def test_a_busy_workers_time_runs_out(guard):
    busy = child(alive=True, timer=1.2)
    guard.pool = [busy]
    for _ in range(3):
        guard._check(0.5)
    assert busy.timer.cell.value == 0
    guard._check(0.5)
    assert guard.verdicts == ["replace"]


# --- the watchdog -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "story",
    [
        [(0, {1, 2}, ()), (2, {1, 2}, ()), (3, {1, 2}, FIRST), (5, {1, 2}, ()), (6, {1, 2, 3}, THEN), (9, {1}, ())],
        [(0, {1, 2}, ()), (2, {2, 3}, ()), (4, {2, 3}, ()), (5, {2, 3, 4, 5}, FIRST)],  # it moved once
        [(0, {1}, ()), (1, set(), ()), (2, {1}, ()), (4, {1}, ()), (5, {1}, FIRST)],
        [(0, {1}, ()), (3, {1}, FIRST), (4, set(), ()), (5, {2}, ()), (8, {2}, FIRST)],  # all well in between
        [(0, set(), ()), (99, set(), ())],
        # A machine on which a start takes 10 s: it is let start. Once something moves, it is as strict as before.
        [(0, {1}, ()), (3, {1}, FIRST), (6, {1}, THEN), (11, {1}, ()), (12, {1}, LAST), (23, {1}, ()), (24, {1}, THEN)],
        [
            (0, {1}, ()),
            (3, {1}, FIRST),
            (6, {1}, THEN),
            (12, {1}, LAST),
            (13, {2}, ()),
            (16, {2}, THEN),
            (19, {2}, THEN),
        ],
    ],
)
def test_the_watchdog_judges_by_progress(story):
    progress = Progress(0)
    for at, overdue, names in story:
        assert progress.see(overdue, at) == names, at


def test_a_name_that_is_no_address_is_said_in_one_line():
    with pytest.raises(CannotStart, match="is not an address of this machine"):
        listen("203.0.113.7", 0)


# --- django-q2's internals, as they are when this was written -------------------------------------


def test_the_version_whose_internals_are_overridden():
    assert django_q.VERSION[:2] == (1, 11)


@pytest.mark.parametrize(
    ("thing", "parameters"),
    [
        (ORM.__init__, ["self", "list_key"]),
        (ORM.get_connection, ["list_key"]),
        (ORM.dequeue, ["self"]),
        (ORM.enqueue, ["self", "task"]),
        (ORM.delete, ["self", "task_id"]),
        (ORM.acknowledge, ["self", "task_id"]),
        (ORM.__setstate__, ["self", "state"]),
        (pusher, ["task_queue", "event", "broker"]),
        (worker, ["task_queue", "result_queue", "timer", "timeout"]),
        (dq_cluster.monitor, ["result_queue", "broker"]),
        (dq_cluster.scheduler, ["broker"]),
        (
            dq_cluster.Sentinel.__init__,
            ["self", "stop_event", "start_event", "cluster_id", "broker", "timeout", "start"],
        ),
        (dq_cluster.Sentinel.start, ["self"]),
        (dq_cluster.Sentinel.spawn_process, ["self", "target", "args"]),
        (dq_cluster.Sentinel.spawn_pusher, ["self"]),
        (dq_cluster.Sentinel.reincarnate, ["self", "process"]),
        (dq_cluster.Sentinel.guard, ["self"]),
        (dq_cluster.Sentinel.stop, ["self"]),
    ],
)
def test_signatures(thing, parameters):
    assert list(inspect.signature(thing).parameters) == parameters


def test_the_words_that_are_relied_on():
    assert "self.spawn_cluster()\n        self.guard()" in inspect.getsource(dq_cluster.Sentinel.start)
    assert "timer.value = -2  # Recycled" in inspect.getsource(worker)
    assert "timer.value = 0\n" in inspect.getsource(worker)
    assert "task = SignedPackage.loads(task[1])" in inspect.getsource(pusher)
    assert {field.name for field in OrmQ._meta.fields} == {"id", "key", "payload", "lock"}
