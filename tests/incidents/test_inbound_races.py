"""Many messages at once, with real threads and commits: the database settles it, on both kinds."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from escalation.kit import clock as kit_clock
from escalation.kit import failpoint
from escalation.trail.models import Trail
from incidents.inbound import backlog, hearing, intake, tasks, waiting
from incidents.models import Alert, AlertKey, Incident, IncidentNumber, Receipt, Source
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, Sender, an_alert, sample
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

postgresql_only = pytest.mark.postgresql_only


@pytest.fixture
def north(cast):
    return Sender(service=cast.service)


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(tasks, "ring", asked.append)
    return asked


def at_once(north: Sender, messages: list[dict], threads: int = 50) -> list[int]:
    def post(message: dict) -> int:
        try:
            mine = Sender.__new__(Sender)
            mine.key, mine.client = north.key, Client()
            return mine.post(message).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(post, messages))


def finish_what_waits() -> None:
    while intake.process_waiting():
        pass


def test_fifty_posts_of_one_key_are_one_incident_with_a_count_of_fifty(north):
    codes = at_once(north, [sample(FIRES)] * 50)
    assert codes == [202] * 50
    finish_what_waits()
    assert Incident.objects.count() == 1
    assert AlertKey.objects.get().count == 50
    assert Alert.objects.count() == 1
    assert IncidentNumber.objects.count() == 1, "the losers of the race took no number"


def test_fifty_keys_at_once_are_fifty_incidents(north):
    messages = [sample(FIRES, groupKey=f"g{n}", alerts=[an_alert(f"mq-{n}")]) for n in range(50)]
    assert at_once(north, messages) == [202] * 50
    finish_what_waits()
    assert Incident.objects.count() == 50
    assert set(Receipt.objects.values_list("state", flat=True)) == {"processed"}


@pytest.mark.parametrize("point", ["intake.kept", "intake.committed"])
def test_a_crash_at_the_door_loses_nothing_that_was_answered(north, point):
    """Every third crowd dies at this point; whoever was told "kept" is on disk, and nothing is half there."""
    reached: list[str] = []

    def crash(name: str) -> None:
        if name == point:
            reached.append(name)
            if len(reached) % 3 == 0:
                raise RuntimeError("crash")

    def post(n: int) -> int | None:
        message = sample(FIRES, groupKey=f"g{n}", alerts=[an_alert(f"mq-{n}")])
        try:
            return intake.take_in(north.source, json.dumps(message).encode(), ring=lambda _pk: None).pk
        except RuntimeError:
            return None
        finally:
            connections.close_all()

    failpoint.arm(crash)
    try:
        with ThreadPoolExecutor(12) as pool:
            answered = [pk for pk in pool.map(post, range(60)) if pk is not None]
    finally:
        failpoint.arm(None)
    assert len(reached) >= 3
    kept = set(Receipt.objects.values_list("pk", flat=True))
    assert set(answered) <= kept
    assert point == "intake.committed" or set(answered) == kept
    finish_what_waits()
    assert Incident.objects.count() == AlertKey.objects.count() == len(kept)


@pytest.mark.rehearsal("long")
def test_two_workers_share_a_flood_and_nothing_is_counted_twice(north):
    for lot in range(8):
        bodies = [json.dumps(sample(FIRES, groupKey=f"g{n % 30}", n=lot * 40 + n)).encode() for n in range(40)]
        arrivals = [intake.Arrival(north.source, body, intake._understood(north.source, body)) for body in bodies]
        intake._keep([(arrival, lambda _pk: None) for arrival in arrivals])

    def work(_n: int) -> None:
        try:
            for _turn in range(200):
                intake.process_waiting(seconds=0.2)
                if not waiting.any_waiting():
                    return
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert set(Receipt.objects.values_list("state", "attempts").distinct()) == {("processed", 0)}
    assert Incident.objects.count() == 30
    assert sum(AlertKey.objects.values_list("count", flat=True)) == 320


def test_the_same_new_keys_in_opposite_orders_do_not_deadlock(cast):
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    alerts = [an_alert(f"mq-{n}") for n in range(8)]
    messages = [sample(FIRES, alerts=alerts if n % 2 else alerts[::-1]) for n in range(10)]
    assert at_once(each, messages) == [202] * 10
    finish_what_waits()
    assert Incident.objects.count() == 8
    assert set(AlertKey.objects.values_list("count", flat=True)) == {10}


@pytest.mark.rehearsal("races")
def test_triggers_and_resolves_at_once_leave_no_half_made_incident(north):
    messages = [sample(name, notification_reason=str(n)) for n in range(8) for name in (FIRES, JOINS, ALL_ENDED)]
    assert set(at_once(north, messages, threads=12)) == {202}
    finish_what_waits()
    living = AlertKey.objects.filter(ended_at=None)
    assert living.count() == Incident.objects.open().count() <= 1
    assert sum(AlertKey.objects.values_list("count", flat=True)) + _no_match() == len(messages)
    for incident in Incident.objects.all():
        assert incident.trail.length == incident.trail.entries.count() > 0


def _no_match() -> int:
    return sum(receipt.outcome["results"].get("no match", 0) for receipt in Receipt.objects.all())


def test_two_workers_on_one_receipt_work_it_off_once(north, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", lambda *args: 1 / 0)
        north.posts(FIRES)

    def work(_n: int) -> None:
        try:
            intake.process_waiting()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert (Incident.objects.count(), AlertKey.objects.get().count) == (1, 1)
    assert Receipt.objects.get().state == "processed"


@postgresql_only
def test_if_the_incidents_lock_is_not_had_within_a_second_the_receipt_alone_is_kept(north, rung):
    north.posts(FIRES)
    with transaction.atomic():
        Trail.objects.lock([Incident.objects.get().trail_id])
        assert at_once(north, [sample(JOINS)]) == [202]
    assert rung == [Receipt.objects.latest("id").pk]
    assert AlertKey.objects.get().count == 1
    assert intake.process_waiting() == 1
    assert AlertKey.objects.get().count == 2


@pytest.fixture
def no_rest(monkeypatch):
    monkeypatch.setattr(backlog, "_resting", {})
    monkeypatch.setattr(backlog, "REST", 0.0)


@postgresql_only
def test_a_receipt_that_waits_in_vain_for_a_lock_again_and_again_is_not_set_aside(north, rung, no_rest):
    north.posts(FIRES)

    def works_off():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        assert [intake.process_waiting(seconds=0) for _turn in range(4)] == [0] * 4

    with transaction.atomic():
        Trail.objects.lock([Incident.objects.get().trail_id])
        assert at_once(north, [sample(JOINS)]) == [202]
        together(works_off)
    receipt = Receipt.objects.waiting().get()
    assert receipt.attempts == 0 and "lock timeout" in receipt.outcome["error"]
    assert intake.process_waiting() == 1
    assert AlertKey.objects.get().count == 2


@postgresql_only
@pytest.mark.parametrize("attempts", [0, 1], ids=["with others", "alone"])
def test_a_receipt_during_which_the_database_goes_away_is_not_set_aside(north, rung, no_rest, monkeypatch, attempts):
    """It stays away until the turn is over: what was begun is given back in the next."""
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", _fails)
        north.posts(FIRES)
    Receipt.objects.update(attempts=attempts)
    for _turn in range(4):
        with monkeypatch.context() as gone:

            def goes(self, *_args):
                gone.setitem(connection.settings_dict, "PORT", "1")
                _cut()

            gone.setattr(hearing.Hearing, "_write", goes)
            with pytest.raises(OperationalError):
                intake.process_waiting()
    assert intake.process_waiting() == 1
    assert Receipt.objects.get().state == "processed"


def _fails(*_args):
    raise RuntimeError("planted")


def _cut():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@postgresql_only
def test_a_connection_lost_in_the_middle_is_no_acceptance(north, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "hear", lambda self, signals: _cut())
        assert at_once(north, [sample(FIRES)]) == [503]
    assert not Receipt.objects.exists()


@pytest.mark.sqlite_only
def test_a_database_busy_for_too_long_is_no_acceptance(north, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    kit_clock.now()
    with transaction.atomic():
        Source.objects.update(name="held")
        assert at_once(north, [sample(FIRES)]) == [503]
    assert not Receipt.objects.exists()
