"""What the audit repairs: once, on record, under the lock; and how it is carried out every minute."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation.engine import beats, climb, deliver, registry, tasks
from escalation.engine.audit import auditing, findings, outbox, reading
from escalation.engine.models import Beat, Delivery, EscalationRun, Timer
from escalation.kit import clock as kit_clock
from escalation.policies.models import Installation
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify_all
from tests.audit_kit import found, named, quiet, sql
from tests.threads import together

pytestmark = pytest.mark.django_db

LOST = "DELETE FROM engine_timer WHERE state = 'armed'"


def repairs() -> list[dict]:
    entries = Entry.objects.filter(kind="repaired").order_by("id")
    return [one for entry in entries for one in json.loads(entry.data)["repairs"]]


def intact() -> bool:
    return all(verdict.fault is None for verdict in verify_all(now=kit_clock.now()))


# --- repairs ------------------------------------------------------------------------------------


def test_a_lost_timer_is_armed_again_for_the_same_instant(open_incident, clock, phones):
    incident = open_incident()
    due = Timer.objects.get(state="armed").due_at
    Timer.objects.filter(state="armed").update(state="cancelled", next_at=None)
    report = auditing.audit()
    assert (report.green, report.repaired) == (True, 1)
    assert Timer.objects.get(state="armed").due_at == due
    assert repairs() == [{"did": "rearmed", "found": ["I1"]}]
    clock.forward(minutes=5)
    assert phones.rang == ["ana", "jo", "mei"]
    assert Entry.objects.filter(trail=incident.trail, kind="called").count() == 2
    assert quiet()
    assert intact()


def test_a_timer_lost_long_ago_fires_at_once_and_says_how_late(open_incident, clock):
    open_incident()
    sql(LOST)
    clock.jump(minutes=20)
    auditing.audit()
    climb.drain()
    assert json.loads(Entry.objects.filter(kind="called").latest("id").data)["late_s"] == 900


def test_a_trail_is_repaired_once_in_ten_minutes(open_incident, clock):
    open_incident()
    sql(LOST)
    assert auditing.audit().green
    sql(LOST)
    report = auditing.audit()
    assert (set(report.counts), report.repaired) == ({"I1"}, 0)
    clock.jump(minutes=10)
    assert auditing.audit().repaired == 1
    assert repairs() == [{"did": "rearmed", "found": ["I1"]}] * 2


def test_only_looking_changes_nothing(open_incident):
    open_incident()
    sql(LOST)
    assert named() == {"I1"}
    assert not Timer.objects.filter(state="armed").exists()
    assert repairs() == []


def test_what_is_not_safe_to_repair_is_left_alone(open_incident, clock):
    open_incident()
    clock.forward(minutes=6)
    before = list(EscalationRun.objects.functional().values())
    sql("UPDATE engine_escalationrun SET place = 0 WHERE track = 'functional'")
    report = auditing.audit()
    assert set(report.counts) == {"I3"}
    assert [{**run, "place": 1} for run in EscalationRun.objects.functional().values()] == before
    assert repairs() == []


def test_a_message_that_came_to_a_halt_is_sent(open_incident, clock, mailoutbox):
    open_incident()
    Delivery.objects.filter(channel="email").update(next_at=None)
    deliver.deliver_due()
    assert mailoutbox == []
    assert auditing.audit().green
    assert deliver.deliver_due() == 2
    assert repairs() == [{"did": "requeued", "found": ["I10"]}]
    assert quiet()


def test_a_message_whose_lease_has_ended_is_left_to_the_sweep(open_incident, clock):
    """The audit only puts it forward: how often it may be tried is the outbox's business."""
    open_incident()
    deliver.deliver_due()
    told = Delivery.objects.filter(channel="email").first()
    Delivery.objects.filter(pk=told.pk).update(state="sending", lease="x", finished_at=None, attempts=deliver.TRIES)
    Delivery.objects.filter(pk=told.pk).update(next_at=clock.now() - timedelta(minutes=2))
    assert auditing.audit().green
    deliver.deliver_due()
    assert Delivery.objects.get(pk=told.pk).state == "unknown"


def test_a_broken_record_stops_its_own_repair_and_no_other(open_incident):
    broken, other = open_incident("Broken"), open_incident("Other")
    sql(LOST, f"UPDATE trail_trail SET length = 1 WHERE id = {broken.trail_id}")  # number 2 is taken
    report = auditing.audit()
    assert report.repaired == 1
    assert {finding.subject for finding in report.findings} == {broken.ref}
    assert set(report.counts) == {"I1", "I12"}
    assert Timer.objects.filter(state="armed", trail=other.trail).count() == 1


def test_while_the_installation_is_held_nothing_is_repaired(open_incident, clock):
    open_incident()
    sql(LOST)
    Installation.objects.update(held_at=clock.now())
    assert auditing.audit().repaired == 0


@pytest.mark.django_db(transaction=True)
def test_two_audits_at_once_repair_once(open_incident):
    for number in range(4):
        open_incident(f"Number {number}")
    sql(LOST)
    together(auditing.audit, auditing.audit)
    assert len(repairs()) == Timer.objects.filter(state="armed").count() == 4
    assert intact()
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_whoever_is_first_takes_the_turn(clock, cast):
    took: list[bool] = []
    for _minute in range(2):
        together(*[lambda: took.append(auditing.take_turn() is not None)] * 3)
        clock.jump(seconds=60)
    assert sorted(took) == [False] * 4 + [True] * 2


# --- every minute -------------------------------------------------------------------------------


def test_its_beat_says_whether_all_is_well(open_incident, clock):
    open_incident()
    assert tasks.audit() == 0
    sql("UPDATE engine_escalationrun SET severity = 3, place = 2")
    clock.jump(seconds=30)
    assert tasks.audit() == 0  # not its turn yet
    assert beats.latest("audit", now=kit_clock.now()).detail["green"] is True
    clock.jump(seconds=30)
    assert tasks.audit() > 0
    beat = beats.latest("audit", now=kit_clock.now())
    assert beat.at == clock.now()
    assert beat.detail["green"] is False
    assert "I3" in beat.detail["findings"]


def test_after_an_outage_what_waits_has_a_minute_to_be_picked_up(open_incident, clock):
    tasks.audit()
    open_incident()
    clock.jump(hours=2)
    assert tasks.audit() == 0
    clock.jump(seconds=61)
    assert tasks.audit() == 1  # the timer; messages have five minutes
    assert beats.latest("audit", now=kit_clock.now()).detail["findings"] == {"I1": 1}
    clock.jump(seconds=61)
    climb.drain()
    assert tasks.audit() == 0
    clock.jump(minutes=4)
    assert tasks.audit() == 0  # audits were missed meanwhile: again nobody was there


def test_so_have_the_messages_of_what_is_repaired_then(open_incident, clock):
    tasks.audit()
    open_incident()
    sql(LOST)
    clock.jump(hours=2)
    assert tasks.audit() == 0
    assert repairs() == [{"did": "rearmed", "found": ["I1"]}]


def test_the_general_cluster_sees_when_it_is_due(clock, cast):
    watched = {one.task: one for one in registry.watched()}["escalation.engine.tasks.audit"]
    assert watched.next_due() < clock.now()
    tasks.audit()
    assert watched.next_due() == clock.now() + timedelta(seconds=60)


def test_a_clock_that_was_set_back_does_not_stop_it(clock, cast):
    tasks.audit()
    clock.jump(hours=-2)
    assert auditing.next_turn() < clock.now()
    assert auditing.take_turn() is not None


def test_beats_of_hosts_that_are_gone_are_deleted_but_for_the_newest_of_each_part(clock, cast):
    now = kit_clock.now()
    for name, host, hours in [("timers", "a", 1), ("timers", "b", 30), ("timers", "c", 20), ("general", "b", 30)]:
        Beat.objects.create(name=name, host=host, at=now - timedelta(hours=hours))
    tasks.audit()
    others = Beat.objects.exclude(name__startswith="audit").exclude(name__startswith="anchor")
    left = set(others.values_list("name", "host"))
    assert left == {("timers", "a"), ("timers", "c"), ("general", "b")}


def test_a_check_that_fails_is_a_finding(open_incident, monkeypatch):
    open_incident()
    broken = findings.Check("I11", lambda look: 1 / 0, whole=False)
    monkeypatch.setattr(outbox, "CHECKS", (broken,))
    assert "could not be checked" in found()[0]
    assert named() == {"I11"}


def test_an_audit_that_fails_ends_no_worker(cast, monkeypatch):
    monkeypatch.setattr(auditing, "audit", lambda **_how: 1 / 0)
    assert tasks.audit() == 0
    assert beats.latest("audit", now=kit_clock.now()) is None
    assert Beat.objects.filter(name=auditing.TURN).count() == 1  # the turn was taken: the next minute tries again


def test_records_are_read_in_turn(open_incident, clock, monkeypatch):
    monkeypatch.setattr(reading, "PORTION", 1)
    trails = [open_incident(f"Number {number}").trail_id for number in range(3)]
    after, seen = 0, []
    for _round in range(4):
        _found, progress = reading.read(after, now=clock.now(), seconds=0)
        after = progress.after
        seen.append(after)
    assert seen == [*trails, trails[0]]
    assert reading.read(trails[1], now=clock.now(), seconds=None)[1] == reading.Progress(trails[1], 3)


def test_a_record_that_is_not_sound_is_read_in_every_round_until_it_is(open_incident, clock, monkeypatch):
    monkeypatch.setattr(reading, "PORTION", 1)
    monkeypatch.setattr(auditing, "READ_SECONDS", 0)  # one record a round
    broken, _other = open_incident("Broken"), open_incident("Other")
    due = Timer.objects.get(run=broken.run, state="armed").due_at
    deliver.deliver_due()
    Timer.objects.filter(run=broken.run).update(due_at=due + timedelta(hours=1), next_at=due + timedelta(hours=1))
    work = auditing.repairs.carry_out
    monkeypatch.setattr(auditing.repairs, "carry_out", lambda *_what, **_how: set())
    for _round in range(3):
        assert tasks.audit() == 1
        clock.jump(seconds=60)
    monkeypatch.setattr(auditing.repairs, "carry_out", work)
    assert tasks.audit() == 0
    assert Timer.objects.get(run=broken.run, state="armed").due_at == due


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_not_sound_stays_so_while_it_cannot_be_read(open_incident, clock):
    trail = open_incident().trail_id
    clock.forward(minutes=11)
    sql("UPDATE engine_escalationrun SET place = 0")
    findings, progress = reading.read(0, now=clock.now(), seconds=None)
    assert {finding.invariant for finding in findings} == {"I1", "I3"}

    def in_vain():
        sql("SET lock_timeout = '100ms'")
        [finding], again = reading.read(trail, now=clock.now(), seconds=0, again=progress.unsound)
        assert "could not be read again" in str(finding)
        assert again.unsound == progress.unsound == (trail,)

    with transaction.atomic():
        Trail.objects.lock([trail])
        together(in_vain)


def test_what_looks_wrong_is_read_again_under_the_lock(open_incident, monkeypatch):
    """Rows and record come from several statements; a verb between two of them is no fault."""
    open_incident()
    examined, asked = reading.examined, []

    def at_first_sight(pks, *, now):
        asked.append(connection.in_atomic_block)
        wrong = [findings.Finding("seen between two statements", trail=pks[0], invariant="I3")]
        return wrong if len(asked) == 1 else examined(pks, now=now)

    monkeypatch.setattr(reading, "examined", at_first_sight)
    assert found() == []
    assert len(asked) == 2


def test_the_number_of_statements_does_not_grow(open_incident, clock):
    counts = []
    for _more in range(2):
        for number in range(6):
            open_incident(f"Number {number}")
        with CaptureQueriesContext(connection) as queries:
            auditing.audit()
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the command --------------------------------------------------------------------------------


def test_the_command_says_that_all_is_well(open_incident, capsys):
    open_incident()
    call_command("audit_engine")
    assert capsys.readouterr().out.startswith(
        "1 open incident, all as promised, 0 repaired, audited at 2026-03-02T09:30"
    )


def test_the_command_names_what_is_not_and_exits_with_1(open_incident, capsys):
    incident = open_incident()
    sql(LOST)
    with pytest.raises(SystemExit) as end:
        call_command("audit_engine", no_repair=True)
    assert end.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"I1 {incident.ref}: its functional climb has no armed timer and no reason why"
    call_command("audit_engine")
    assert ", all as promised, 1 repaired" in capsys.readouterr().out


def test_the_command_speaks_json(open_incident, capsys):
    incident = open_incident()
    sql("UPDATE engine_delivery SET attempts = 7")
    with pytest.raises(SystemExit):
        call_command("audit_engine", json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["green"], told["findings"], told["incidents"]) == (False, {"I11": 4}, 1)
    assert told["found"][0]["subject"] == incident.ref
