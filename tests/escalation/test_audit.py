"""Each promise broken by SQL, and the audit names it."""

from datetime import timedelta

import pytest
from django.db import connection

from escalation.engine import deliver
from escalation.engine.audit import auditing, findings
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.policies.models import Installation
from escalation.trail import triggers
from incidents.models import Incident
from tests.audit_kit import found, named, quiet, sql

pytestmark = pytest.mark.django_db

# The stories begin at 09:30. SQLite keeps instants in UTC without saying so.
ZONE = "+00" if connection.vendor == "postgresql" else ""
HOUR_BACK, SOON, HOUR_ON = (f"2026-03-02 {at}{ZONE}" for at in ("08:30:00", "09:41:04", "10:30:00"))


@pytest.fixture
def climbing(open_incident, clock):
    """Nobody has answered: the third tier was called."""
    incident = open_incident()
    clock.forward(minutes=11)
    assert quiet()
    return incident


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident()
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    assert quiet()
    return incident


@pytest.fixture
def held(worked, clock, cast):
    fresh(worked).hold(by=cast.ana, until=clock.now() + timedelta(hours=3), text="The supplier is asleep")
    assert quiet()
    return worked


@pytest.fixture
def exhausted(open_incident, clock):
    incident = open_incident()
    clock.forward(hours=1)
    assert quiet()
    return incident


@pytest.fixture
def resolved(worked, clock, cast):
    clock.forward(minutes=1)
    fresh(worked).resolve(by=cast.ana, cause="change", text="Rolled back")
    assert quiet()
    return worked


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


ARMED = "UPDATE engine_timer SET {} WHERE state = 'armed' AND run_id IS NOT NULL"
RUN = "UPDATE engine_escalationrun SET {}"
TOLD = "UPDATE engine_delivery SET {} WHERE id = (SELECT MIN(id) FROM engine_delivery)"
LOST = "DELETE FROM engine_timer WHERE state = 'armed' AND run_id IS NOT NULL"

WHILE_CLIMBING = {
    "no timer": ("I1", LOST),
    "a timer and a reason why not": ("I1", RUN.format("idle = 'told'")),
    "a reason nobody knows": ("I1", LOST, RUN.format("idle = 'forgot'")),
    "a reason that is not true": ("I1", LOST, RUN.format("idle = 'answered'")),
    "a timer that nobody takes": ("I1", ARMED.format("next_at = NULL")),
    "a timer that nobody took": ("I1", ARMED.format(f"next_at = '{HOUR_BACK}'")),
    "a timer for another instant": ("I1", ARMED.format(f"due_at = '{HOUR_ON}', next_at = '{HOUR_ON}'")),
    "a place nobody called": ("I3", RUN.format("place = 0, lap = 3")),
    "a place behind the record": ("I3", RUN.format("place = 0")),
    "an early step": ("I4", f"UPDATE engine_timer SET fired_at = '{HOUR_BACK}' WHERE state = 'fired'"),
    "a timer of an older call": ("I5", RUN.format("epoch = epoch + 1")),
    "a message nobody looks at": ("I10", TOLD.format("state = 'queued', finished_at = NULL")),
    "a message nobody sends": ("I10", TOLD.format(f"state = 'queued', finished_at = NULL, next_at = '{HOUR_BACK}'")),
    "a lease long over": (
        "I10",
        TOLD.format(f"state = 'sending', lease = 'x', finished_at = NULL, next_at = '{HOUR_BACK}'"),
    ),
    "a message ended at no time": ("I10", TOLD.format("finished_at = NULL")),
    "a message in no state": ("I10", TOLD.format("state = 'maybe'")),
    "a message tried too often": ("I11", TOLD.format("attempts = 7")),
    "a head too far": ("I12", "UPDATE trail_trail SET length = length + 1"),
    "a head of another chain": ("I12", "UPDATE trail_trail SET head = 'f00'"),
    "a lease that outlived its message": ("I13", TOLD.format("lease = 'x'")),
    "a message sent by nobody": ("I13", TOLD.format(f"state = 'sending', finished_at = NULL, next_at = '{HOUR_ON}'")),
    "a clock that starts in the future": ("I14", RUN.format(f"clock_from = '{HOUR_ON}'")),
    "a message from the future": (
        "I14",
        TOLD.format(f"state = 'queued', finished_at = NULL, next_at = '{HOUR_ON}', queued_at = '{HOUR_ON}'"),
    ),
    "a poisoned timer": ("I15", ARMED.format(f"attempts = 4, next_at = '{SOON}'")),
    "a step that died in silence": (
        "I15",
        ARMED.format("state = 'dead', next_at = NULL"),
        RUN.format("idle = 'step_failed'"),
    ),
    "a reason without its dead timer": ("I15", LOST, RUN.format("idle = 'step_failed'")),
    "nobody told": ("I16", "DELETE FROM engine_delivery"),
    "one call without a message": (
        "I16",
        "DELETE FROM engine_delivery WHERE cause = (SELECT MIN(cause) FROM engine_delivery)",
    ),
    "a last resort without an account": (
        "I16",
        "UPDATE people_user SET is_active = false WHERE email = 'ada@example.com'",
    ),
    "a round that is not on the path": ("I17", RUN.format("lap = 9")),
    "a timer fired without an entry": ("I20", f"UPDATE engine_timer SET fired_at = '{HOUR_ON}' WHERE state = 'fired'"),
}


@pytest.mark.parametrize(("number", "statements"), [(n, s) for n, *s in WHILE_CLIMBING.values()], ids=WHILE_CLIMBING)
def test_what_breaks_a_climb_is_named(climbing, number, statements):
    sql(*statements)
    assert number in named()


# Changed under the record's triggers, so that the chain is broken as well.
ON_RECORD = {
    "a step is missing": (
        "I3",
        "DELETE FROM trail_entrytext",
        "DELETE FROM trail_entry WHERE cause LIKE '%:call:0:1:%'",
    ),
    "the order is turned round": (
        "I4",
        "UPDATE trail_entry SET cause = 'run:' || run || ':call:0:2:0' WHERE cause LIKE '%:call:0:2:%'",
    ),
    "an entry is edited": ("I12", "UPDATE trail_entry SET actor_name = 'Nobody' WHERE seq = 2"),
    "the last entry is cut off": (
        "I12",
        "DELETE FROM trail_entry WHERE seq = (SELECT MAX(seq) FROM trail_entry)",
    ),
    "a message ended twice": (
        "I13",
        "UPDATE trail_entry SET kind = 'delivery', cause = 'delivery:1:' || seq WHERE seq > 2",
    ),
    "a call to nobody": ("I16", "UPDATE trail_entry SET data = '{\"people\":[]}' WHERE cause LIKE '%:call:0:1:%'"),
    "two steps at once": (
        "I19",
        "UPDATE trail_entry SET at = (SELECT MAX(at) FROM trail_entry WHERE kind = 'called') WHERE kind = 'called'",
    ),
}


@pytest.mark.parametrize(("number", "statements"), [(n, s) for n, *s in ON_RECORD.values()], ids=ON_RECORD)
def test_what_breaks_the_record_is_named(climbing, number, statements):
    sql()
    with triggers.lifted(connection):
        sql(*statements)
        sql()
    assert number in named()


def test_a_record_without_its_triggers_is_named(climbing):
    sql()
    with triggers.lifted(connection):
        assert named() == {"I12"}


ONCE_ACKNOWLEDGED = {
    "an old call waits again": (
        "I5",
        f"UPDATE engine_delivery SET state = 'queued', finished_at = NULL, next_at = '{HOUR_ON}' WHERE kind = 'call'",
    ),
    "an acknowledgement by nobody": ("I20", RUN.format(f"acknowledged_at = '{HOUR_BACK}'")),
}


@pytest.mark.parametrize(("number", "statement"), ONCE_ACKNOWLEDGED.values(), ids=ONCE_ACKNOWLEDGED)
def test_what_breaks_an_acknowledgement_is_named(worked, number, statement):
    sql(statement)
    assert number in named()


def test_a_call_that_left_after_the_acknowledgement_is_named(open_incident, clock, cast):
    incident = open_incident()
    clock.jump(seconds=30)
    incident.acknowledge(by=cast.ana)
    assert quiet()
    cancelled = "state = 'cancelled' AND kind = 'call' AND channel = 'email'"
    sql(f"UPDATE engine_delivery SET state = 'queued', finished_at = NULL, next_at = queued_at WHERE {cancelled}")
    clock.jump(seconds=1)
    deliver.deliver_due()
    assert Delivery.objects.filter(kind="call", state="sent", tried_at=clock.now()).exists()
    assert named() == {"I5"}


def test_a_hold_without_an_entry_is_named(held):
    sql(RUN.format(f"held_at = '{HOUR_BACK}'"))
    assert "I20" in named()


def test_the_end_of_the_path_without_a_last_call_is_named(exhausted):
    sql("DELETE FROM engine_delivery WHERE kind = 'last_resort'")
    assert named() == {"I16"}


ONCE_RESOLVED = {
    "an armed timer": (
        f"UPDATE engine_timer SET state = 'armed', next_at = '{HOUR_ON}' WHERE id = "
        "(SELECT MAX(id) FROM engine_timer WHERE run_id IS NOT NULL)"
    ),
    "a waiting message": (
        f"UPDATE engine_delivery SET state = 'queued', finished_at = NULL, next_at = '{HOUR_ON}' WHERE kind = 'call'"
    ),
}


@pytest.mark.parametrize("statement", ONCE_RESOLVED.values(), ids=ONCE_RESOLVED)
def test_what_disturbs_a_resolved_incident_is_named_and_silenced(resolved, statement):
    sql(statement)
    assert named() == {"I6"}
    assert auditing.audit().green
    assert not Timer.objects.filter(state="armed", run__isnull=False).exists()
    assert not Delivery.objects.filter(state="queued").exists()


def test_whoever_left_while_nothing_else_is_due_is_named(open_incident, clock, cast):
    incident = open_incident()
    clock.forward(minutes=11)
    incident.acknowledge(by=cast.tom)  # the third tier may work as long as it takes
    assert quiet()
    sql("UPDATE people_user SET is_active = false WHERE email = 'tom@example.com'")
    assert named() == {"I17"}


def test_a_lost_unique_index_and_what_came_in_through_the_gap_are_named(climbing):
    sql("DROP INDEX timer_once", "DROP INDEX one_armed_timer_per_run")
    columns = "trail_id, run_id, kind, round, step, epoch, severity, due_at, next_at, state, attempts, last_error"
    sql(f"INSERT INTO engine_timer ({columns}) SELECT {columns} FROM engine_timer WHERE state = 'armed'")
    told = [words for words in found() if words.startswith("I2 ")]
    assert any("doubles any more: timer_once" in words for words in told)
    assert any("2 rows where there may be one" in words for words in told)
    assert "I1" in named()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("instant", ["2026-03-02T09:41:00Z", "2026-03-02 09:41:00+02:00", "tomorrow"])
def test_an_instant_in_another_form_is_named(climbing, instant):
    sql(ARMED.format(f"next_at = '{instant}'"))
    assert "I14" in named()


@pytest.mark.postgresql_only
def test_a_column_that_lost_its_zone_is_named(climbing):
    sql("ALTER TABLE engine_timer ALTER COLUMN fired_at TYPE timestamp")
    assert "I14" in named()


def test_every_promise_is_checked():
    """Each has a sentence; those without a check of its own state are read from the records."""
    checked = {check.invariant for check in auditing.checks()} | {"I19"}
    assert checked == set(findings.INVARIANTS) == {f"I{number}" for number in range(1, 21)}


# --- what is no fault ---------------------------------------------------------------------------


def test_while_the_installation_is_held_nothing_is_late(climbing, clock):
    clock.jump(hours=2)
    assert named() == {"I1"}
    Installation.objects.update(held_at=clock.now(), held_why="put back from a copy")
    assert found() == []


def test_a_moment_of_waiting_is_no_fault(climbing, clock):
    clock.jump(seconds=EscalationRun.objects.functional().get().clock_limit_s)
    assert found() == []


def test_a_call_that_was_under_way_at_the_acknowledgement_is_no_fault(open_incident, clock, cast):
    """It is marked; should its try fail, it is not repeated."""
    incident = open_incident()
    clock.jump(seconds=30)
    under_way = deliver.claim(8)
    fresh(incident).acknowledge(by=cast.ana)
    assert found() == []
    clock.jump(seconds=1)
    for bundle in under_way:
        deliver.deliver(bundle)
    assert Delivery.objects.filter(kind="call", state="sent", overtaken=True).exists()
    assert found() == []


def test_a_call_before_the_clock_was_set_back_is_no_fault(open_incident, clock, cast):
    """Acknowledged after it left, by the record; before, by the clock."""
    incident = open_incident()
    clock.jump(seconds=30)
    deliver.deliver_due()
    assert Delivery.objects.filter(kind="call", state="sent", tried_at=clock.now()).exists()
    clock.jump(seconds=-20)
    fresh(incident).acknowledge(by=cast.ana)
    clock.jump(minutes=1)
    assert found() == []
