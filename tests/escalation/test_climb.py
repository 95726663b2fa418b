"""The drain: once only, in order, never early, and nobody else waits for a poisoned timer."""

import json
import re
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation.engine import climb, moves
from escalation.engine import work as engine_work
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.engine.work import Work
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify_all
from incidents.models import Incident
from tests.threads import together

pytestmark = pytest.mark.django_db


def entries(kind: str) -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind=kind).order_by("id")]


def test_after_an_outage_one_step_is_taken_and_says_how_late(open_incident, clock):
    open_incident()
    clock.jump(hours=2)
    climb.drain()
    called = entries("called")
    assert [step["to"] for step in called] == ["L1 Service desk", "L2 Applications"]
    assert called[1]["late_s"] == 2 * 3600 - 300
    clock.forward(minutes=5)  # the next clock counts from the late call
    assert entries("called")[2]["to"] == "L3 Platform"


def test_a_timer_is_never_early(open_incident, clock):
    open_incident()
    clock.jump(minutes=4, seconds=59)
    assert climb.drain() == 0


def test_a_stale_timer_does_nothing(open_incident, clock, cast):
    """An armed timer of an older epoch, as if a cancellation had been lost."""
    incident = open_incident()
    EscalationRun.objects.filter(pk=incident.run.pk).update(epoch=incident.run.epoch + 1)
    clock.jump(minutes=10)
    climb.drain()
    assert len(entries("called")) == 1


def test_two_timers_for_one_run_cannot_be_armed(open_incident):
    timer = Timer.objects.get(run=open_incident().run, state="armed")
    timer.pk, timer.kind = None, "another"
    with pytest.raises(Exception, match="(?i)unique"), transaction.atomic():
        timer.save()


def test_an_effect_is_recorded_once_even_if_the_timer_row_comes_back(open_incident, clock):
    incident = open_incident()
    timer = Timer.objects.get(run=incident.run, state="armed")
    before = EscalationRun.objects.get(pk=incident.run.pk)
    clock.forward(minutes=5)
    # The rows as a botched restore would leave them: the old run and the old timer again.
    Timer.objects.filter(run=incident.run, state="armed").delete()
    before.save()
    Timer.objects.filter(pk=timer.pk).update(state="armed", next_at=clock.now(), attempts=0)
    climb.drain()
    assert len(entries("called")) == 2


def test_a_failing_timer_delays_only_itself_and_ends_loudly(open_incident, clock, monkeypatch, cast):
    good, bad = open_incident("Good"), open_incident("Bad")
    look = moves.look

    def poisoned(work, run, roster):
        if run.pk == bad.run.pk:
            raise RuntimeError("cannot be carried out")
        return look(work, run, roster)

    monkeypatch.setattr(moves, "look", poisoned)
    clock.jump(minutes=5)
    climb.drain()
    assert EscalationRun.objects.get(pk=good.run.pk).tier == cast.tiers["l2"]
    for _ in range(3):
        clock.jump(seconds=5)
        climb.drain()
    timer = Timer.objects.get(run=bad.run, state="dead")
    assert (timer.attempts, "cannot be carried out" in timer.last_error) == (3, True)
    assert [told.person for told in Delivery.objects.filter(kind="last_resort", channel="desk")] == [cast.ada]
    assert Entry.objects.filter(trail=bad.trail, kind="step_failed").count() == 1


def test_a_timer_whose_last_call_fails_too_delays_only_itself(open_incident, clock, monkeypatch):
    """What fails whenever somebody is called fails again when the last-resort contact is."""
    bad = open_incident("Bad")
    open_incident("Good")

    def poisoned(work, calls):
        if any(run.pk == bad.run.pk for run, _whom in calls):
            raise RuntimeError("nobody can be called")

    monkeypatch.setattr(engine_work, "besides", [*engine_work.besides, poisoned])
    clock.jump(minutes=5)
    for _ in range(4):
        climb.drain()
        clock.jump(seconds=5)
    dead = Timer.objects.get(run=bad.run, state="dead")
    assert "nobody can be called" in dead.last_error
    assert EscalationRun.objects.get(pk=bad.run.pk).idle == "step_failed"
    clock.jump(minutes=5)
    climb.drain()
    assert [step["to"] for step in entries("called")].count("L3 Platform") == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_costs_no_timer_a_try(open_incident, clock, monkeypatch):
    incident = open_incident()

    def cut_off(*args):
        if connection.vendor == "sqlite":
            raise OperationalError("database or disk is full")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    clock.jump(minutes=5)
    for _restart in range(4):
        with monkeypatch.context() as patch:
            patch.setattr(moves, "look", cut_off)
            with pytest.raises((OperationalError, InterfaceError)):
                climb.drain()
        connection.close()
    assert Timer.objects.get(run=incident.run, state="armed").attempts == 0
    assert climb.drain() == 1
    assert [step["to"] for step in entries("called")] == ["L1 Service desk", "L2 Applications"]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("wait", ["lock_timeout", "statement_timeout"])
def test_waiting_in_vain_costs_a_timer_no_try_and_nobody_elses_turn(open_incident, clock, monkeypatch, careful, wait):
    good, bad = open_incident("Good"), open_incident("Bad")
    look, other = moves.look, connection.copy()
    other.cursor().execute("SELECT pg_advisory_lock(47)")

    def waits(work, run, roster):
        if run.pk == bad.run.pk:
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL {wait} = '20ms'")
                cursor.execute("SELECT pg_advisory_xact_lock(47)")
        return look(work, run, roster)

    monkeypatch.setattr(moves, "look", waits)
    clock.jump(minutes=5)
    try:
        for _try in range(4):
            climb.drain(careful=careful)
            clock.jump(seconds=5)
    finally:
        other.close()
    timer = Timer.objects.get(run=bad.run, state="armed")
    assert (timer.attempts, "canceling statement" in timer.last_error) == (0, True)
    assert EscalationRun.objects.get(pk=good.run.pk).tier.name == "L2 Applications"
    climb.drain(careful=careful)
    assert EscalationRun.objects.get(pk=bad.run.pk).tier.name == "L2 Applications"


def test_a_timer_whose_work_kills_the_process_is_found_out(open_incident, clock, monkeypatch, cast):
    """Careful mode counts the attempt first; here the process "dies" by an exception nothing catches."""

    class Died(BaseException):
        pass

    incident = open_incident()

    def deadly(*args):
        raise Died

    monkeypatch.setattr(moves, "look", deadly)
    clock.jump(minutes=5)
    for _ in range(3):
        with pytest.raises(Died):
            climb.drain(careful=True)
        clock.jump(seconds=5)
    climb.drain(careful=True)
    assert Timer.objects.get(run=incident.run, state="dead")
    assert Entry.objects.filter(trail=incident.trail, kind="step_failed").count() == 1


def test_a_clock_put_back_between_the_claim_and_the_work_hurries_nothing(open_incident, clock, monkeypatch):
    incident = open_incident()
    clock.jump(minutes=5)
    claim = climb._claim

    def claim_and_go_back(*args):
        claimed = claim(*args)
        clock.jump(hours=-1)
        return claimed

    monkeypatch.setattr(climb, "_claim", claim_and_go_back)
    climb.drain(careful=True)
    timer = Timer.objects.get(run=incident.run)
    assert (timer.state, timer.attempts, timer.next_at) == ("armed", 0, timer.due_at)
    assert len(entries("called")) == 1
    monkeypatch.setattr(climb, "_claim", claim)
    clock.jump(hours=1)
    assert climb.drain(careful=True) == 1
    assert len(entries("called")) == 2


def test_a_crash_in_the_middle_changes_nothing(open_incident, clock, monkeypatch):
    incident = open_incident()
    clock.jump(minutes=5)

    def crash(self):
        write(self)
        raise KeyboardInterrupt

    write = Work.write
    monkeypatch.setattr(Work, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        climb.drain()
    monkeypatch.undo()
    kit_clock.fix(incident.opened_at + timedelta(minutes=5))
    assert len(entries("called")) == 1
    assert climb.drain() == 1
    assert len(entries("called")) == 2


def test_the_long_overdue_go_first_then_the_worst(open_incident, clock):
    mild = open_incident("Mild", impact=3, urgency=3)
    clock.jump(seconds=290)
    severe = open_incident("Severe", impact=1, urgency=2)
    clock.jump(seconds=295)
    late = [timer.trail_id for timer in climb._claim(clock.now() + timedelta(seconds=60), 10)]
    assert late == [severe.trail_id, mild.trail_id]  # both long overdue: the worse first
    now = Timer.objects.get(trail=severe.trail_id, state="armed", run__track="functional").due_at
    assert [timer.trail_id for timer in climb._claim(now, 10)] == [mild.trail_id, severe.trail_id]


@pytest.mark.rehearsal("long")
@pytest.mark.django_db(transaction=True)
def test_two_drains_take_each_timer_once(open_incident, clock):
    for number in range(60):
        open_incident(f"Number {number}")
    clock.jump(minutes=5)
    together(*[lambda: climb.drain(batch=7)] * 4)
    assert Timer.objects.filter(state="armed", due_at__lte=clock.now()).count() == 0
    assert len(entries("called")) == 120
    assert all(verdict.fault is None for verdict in verify_all(now=clock.now()))


@pytest.mark.rehearsal("races")
@pytest.mark.django_db(transaction=True)
def test_an_acknowledgement_and_a_drain_never_cross(open_incident, clock, cast):
    """Whoever is first wins; after a committed acknowledgement the older call is never made."""
    incidents = [open_incident(f"Number {number}") for number in range(30)]
    seen = {incident.pk: incident.state_token for incident in incidents}
    clock.jump(minutes=5)
    won: list[int] = []

    def acknowledge():
        for incident in incidents:
            mine = Incident.objects.get(pk=incident.pk)
            try:
                mine.acknowledge(by=cast.ana, seen=seen[mine.pk])
                won.append(mine.pk)
            except Refused as refusal:
                assert refusal.code == "stale"

    together(acknowledge, lambda: climb.drain(batch=3), lambda: climb.drain(batch=3))
    for incident in incidents:
        kinds = list(Entry.objects.filter(trail=incident.trail).order_by("seq").values_list("kind", flat=True))
        expected = ["opened", "called", "acknowledged" if incident.pk in won else "called"]
        assert kinds == expected
    assert all(verdict.fault is None for verdict in verify_all(now=clock.now()))


@pytest.mark.rehearsal("rows")
def test_next_due_and_claim_read_the_index_at_100_000_pending(open_incident, clock):
    trail, far = Trail.objects.create(subject="INC-1"), clock.now() + timedelta(days=3)
    Timer.objects.create(trail=trail, kind="close", due_at=far, next_at=far)
    columns = [field.column for field in Timer._meta.concrete_fields if not field.primary_key]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        for doubled in range(17):
            others = ", ".join(f"epoch + {2**doubled}" if name == "epoch" else name for name in columns)
            cursor.execute(f"INSERT INTO engine_timer ({names}) SELECT {others} FROM engine_timer")
        assert Timer.objects.count() > 100_000
        cursor.execute("ANALYZE")
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        with CaptureQueriesContext(connection) as asked:
            assert climb.look() == (climb.next_due(), clock.now())
        assert len(asked) == 2  # one each
        cursor.execute(explain + asked[0]["sql"])
        assert re.search(
            r"SCAN engine_timer USING INDEX timer_next|Index Only Scan using timer_next", str(cursor.fetchall())
        )
        sql, params = Timer.objects.filter(state="armed", next_at__lte=clock.now()).query.sql_with_params()
        cursor.execute(explain + sql, params)
        assert "timer_next" in str(cursor.fetchall())
