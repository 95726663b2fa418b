"""The watchdog's judgement, and what it sees in the rows."""

from datetime import timedelta

import pytest
from django import db

from escalation.engine import beats, health, watching
from escalation.engine.models import Beat, Delivery
from escalation.engine.watching import FIRST, LAST, THEN, Progress, Starts, Stillness, Watch
from escalation.kit import clock as kit_clock
from escalation.policies.models import Installation


def test_what_stays_stuck_is_met_with_ever_more():
    progress = Progress(0)
    found = [progress.see({1}, at) for at in (0, 3, 6, 12, 24)]  # each in vain makes it more patient
    assert found == [(), FIRST, THEN, LAST, THEN]


def test_a_crowded_machine_is_given_more_time():
    progress = Progress(0)
    found = [progress.see({1}, at, 4.0) for at in (0, 11, 12, 23, 24)]
    assert found == [(), (), FIRST, (), THEN]
    assert [Stillness(25.0, 0).see("a", None, at, 4.0) for at in (0, 99)] == [False, False]


# --- how clusters start ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("took", "slowness"), [((), 1), ((0.5, 1.2), 1), ((3.0,), 2), ((1.0, 6.0), 4), ((6.0, 1.0), 4), ((300.0,), 10)]
)
def test_how_long_a_start_took_says_how_slow_the_machine_is(took, slowness):
    starts = Starts()
    for name, seconds in zip(("timers", "general"), took, strict=False):
        starts.begin(name, 100)
        starts.done(name, 100 + seconds)
    assert starts.slowness == slowness


def test_the_next_start_tells_anew():
    starts = Starts()
    for seconds in (15, 1):
        starts.begin("timers", 100)
        starts.done("timers", 100 + seconds)
    assert starts.slowness == 1


def test_a_start_goes_on_until_it_is_done_or_takes_for_ever():
    starts = Starts()
    starts.begin("timers", 100)
    assert [starts.going_on("timers", at) for at in (100, 159, 160)] == [True, True, False]
    assert not starts.going_on("general", 101)
    starts.done("timers", 150)
    assert not starts.going_on("timers", 151)


@pytest.mark.parametrize(("took", "most"), [(1.0, 10), (4.0, 20), (30.0, 60)])
def test_a_later_start_may_take_several_times_as_long_as_the_last(took, most):
    starts = Starts()
    starts.begin("timers", 0)
    starts.done("timers", took)
    starts.begin("timers", 100)
    assert [starts.going_on("timers", at) for at in (100 + most - 1, 100 + most)] == [True, False]


def test_a_start_in_vain_gives_the_next_one_twice_as_long():
    starts = Starts()
    starts.begin("timers", 0)
    starts.done("timers", 1)
    for begin, most in ((100, 10), (200, 20), (300, 40), (400, 60), (500, 60)):
        starts.begin("timers", begin)
        assert [starts.going_on("timers", at) for at in (begin + most - 1, begin + most)] == [True, False]
    starts.done("timers", 501)
    starts.begin("timers", 600)
    assert not starts.going_on("timers", 610)


def test_nothing_follows_from_the_silence_of_a_cluster_that_starts(cast, monkeypatch):
    """Both start; 40 s later they are there. From then on it counts, by how slow that was."""
    monkeypatch.setattr(watching, "overdue", lambda: {1})
    watch = Watch()
    began = watch._looked
    for name in ("timers", "general"):
        watch.starts.begin(name, began)
    assert [watch._look(began + second) for second in range(1, 40)] == [[]] * 39
    for name in ("timers", "general"):
        watch.starts.done(name, began + 40)
    found = [(second, names) for second in range(40, 80) for names in watch._look(began + second)]
    assert found == [(69, FIRST)]


# --- one cluster ----------------------------------------------------------------------------------

# (seconds since the start, its last beat, the heads of rows that wait too long or None) → start it afresh?
BEATING = [(at, at // 10, None, False) for at in range(0, 300, 2)]
SILENT = [(0, "a", None, False), (24, "a", None, False), (25, "a", None, True), (26, "a", None, False)]
NEVER_BEAT = [(1, None, None, False), (25, None, None, True)]
SILENT_AND_WAITED_FOR = [
    (0, "a", None, False),
    (3, "a", ("x",), False),
    (14, "a", ("x",), False),
    (15, "a", ("x",), True),
]
SLOW_BUT_MOVING = [(at, "a", (at // 10,), False) for at in range(25)]
WAITED_FOR_BUT_BEATING = [(at, at // 10, ("x",), False) for at in range(200)]
A_VERDICT_IN_VAIN_MAKES_PATIENT = [(25, None, None, True), (50, None, None, False), (75, None, None, True)]
A_BEAT_MAKES_STRICT_AGAIN = [(25, None, None, True), (30, "a", None, False), (55, "a", None, True)]


@pytest.mark.parametrize(
    "story",
    [
        BEATING,
        SILENT,
        NEVER_BEAT,
        SILENT_AND_WAITED_FOR,
        SLOW_BUT_MOVING,
        WAITED_FOR_BUT_BEATING,
        A_VERDICT_IN_VAIN_MAKES_PATIENT,
        A_BEAT_MAKES_STRICT_AGAIN,
    ],
)
def test_a_cluster_is_judged_by_its_beats_and_its_rows(story):
    still = Stillness(25.0, 0)
    for at, beat, rows, verdict in story:
        assert still.see(beat, rows, at) is verdict, at


def test_time_in_which_nobody_could_look_does_not_count():
    still = Stillness(25.0, 0)
    still.see("a", None, 0)
    still.excuse(500)
    assert [still.see("a", None, at) for at in (500, 524, 525)] == [False, False, True]


# --- what it sees ---------------------------------------------------------------------------------


@pytest.fixture
def waiting(open_incident):
    """A call whose message was due a minute ago."""
    open_incident()
    now = kit_clock.now()
    late = Delivery.objects.filter(channel="email", state="queued")
    assert late.update(next_at=now - timedelta(minutes=1))
    Delivery.objects.filter(channel="desk").update(state="sent", next_at=None)
    return late


def test_messages_that_nobody_sends_are_waited_for(waiting):
    assert watching.waited_for() is not None


def test_a_message_under_way_is_work_and_not_a_standstill(waiting):
    first = waiting.order_by("id").first()
    Delivery.objects.filter(pk=first.pk).update(state="sending", next_at=kit_clock.now() + timedelta(seconds=20))
    assert watching.waited_for() is None


def test_while_the_installation_is_held_nothing_is_waited_for(waiting, clock):
    clock.jump(minutes=30)
    assert watching.overdue()
    Installation.objects.update(held_at=kit_clock.now())
    assert watching.waited_for() is None
    assert watching.overdue() == set()


def test_a_database_that_is_away_accuses_nobody(cast, monkeypatch):
    watch = Watch()
    start = watch._looked
    assert watch._look(start + 1) == []

    def away():
        raise db.OperationalError("gone")

    monkeypatch.setattr(watching, "connection", type("Gone", (), {"close": staticmethod(lambda: None)}))
    monkeypatch.setattr(watching.climb, "next_due", away)
    for second in range(2, 120):
        assert watch._look(start + second) == []
    monkeypatch.undo()
    assert watch._look(start + 120) == []
    assert watch._look(start + 130) == []


@pytest.mark.parametrize(
    ("quiet", "verdicts"), [("timers", [FIRST]), ("general", [("general",)]), ("both", [THEN]), ("nobody", [])]
)
def test_silent_clusters_of_this_host_are_named_and_others_left_alone(cast, quiet, verdicts):
    watch = Watch()
    start = watch._looked
    found = []
    for second in range(1, 70):
        Beat.objects.update_or_create(name="timers", host="elsewhere", defaults={"at": kit_clock.now()})
        if quiet in ("timers", "nobody"):
            beats.beat("general", now=kit_clock.now())
        if quiet in ("general", "nobody"):
            beats.beat("timers", now=kit_clock.now())
        found += watch._look(start + second)
    assert found == verdicts


# --- beats ----------------------------------------------------------------------------------------


def test_a_beat_is_one_row_per_part_and_host(db, clock, settings):
    beats.beat("timers", now=kit_clock.now())
    clock.jump(seconds=10)
    beats.beat("timers", now=kit_clock.now(), detail={"fired": 3})
    settings.HOST_NAME = "other"
    beats.beat("timers", now=kit_clock.now() - timedelta(seconds=4))
    assert Beat.objects.count() == 2
    newest = beats.latest("timers", now=kit_clock.now())
    assert (newest.at, newest.detail) == (kit_clock.now(), {"fired": 3})
    assert beats.latest("nobody", now=kit_clock.now()) is None


@pytest.mark.parametrize(
    ("ahead", "found"),
    [
        pytest.param(-3600, "here", id="older than the other's"),
        pytest.param(2, "there", id="written after the clock was read"),
        pytest.param(3600, "here", id="written before the clock was set back"),
    ],
)
def test_a_beat_that_lies_ahead_is_not_the_newest(db, clock, ahead, found):
    now = kit_clock.now()
    Beat.objects.create(name="audit", host="here", at=now - timedelta(seconds=30))
    Beat.objects.create(name="audit", host="there", at=now + timedelta(seconds=ahead))
    assert beats.latest("audit", now=now).host == found


def test_a_busy_process_writes_its_beat_now_and_then(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(beats, "_beaten", {})
    beats.keep("general")
    with django_assert_num_queries(0):
        beats.keep("general")
    beats._beaten["general"] -= beats.EVERY
    at = Beat.objects.get().at
    beats.keep("general")
    assert Beat.objects.get().at > at


def test_hosts_that_are_gone_are_forgotten_unless_nobody_came_after_them(db, clock):
    now = kit_clock.now()
    for name, host, hours in [("timers", "a", 0), ("timers", "b", 30), ("audit", "b", 30)]:
        Beat.objects.create(name=name, host=host, at=now - timedelta(hours=hours))
    assert [(beat.name, beat.host) for beat in health.beats_of_now(now)] == [("audit", "b"), ("timers", "a")]
