"""What we say to those who watch us, and to whom."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django_q.models import OrmQ
from prometheus_client.parser import text_string_to_metric_families

from escalation.engine import beats, health, registry, watching
from escalation.engine.models import Beat, Delivery, EscalationRun, Timer
from escalation.kit import clock as kit_clock
from escalation.policies.models import Installation
from escalation.policies.readiness import badge
from escalation.trail import triggers
from incidents.models import Receipt, Source

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-those-who-watch"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def token(settings):
    settings.WATCH_TOKEN = TOKEN


@pytest.fixture
def well(cast, clock):
    """Everybody beats and the audit is green."""

    def beat(**audit) -> None:
        now = kit_clock.now()
        for name in ("timers", "general"):
            beats.beat(name, now=now)
        beats.beat("audit", now=now, detail={"green": True, "findings": {}} | audit)

    beat()
    return beat


@pytest.fixture
def away(monkeypatch):
    """The database does not answer."""

    def gone(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(health.clock, "now", gone)


def deep(client) -> dict:
    cache.clear()
    answer = client.get("/healthz?deep=1", headers=BEARER)
    found = json.loads(answer.content)
    assert answer.status_code == (503 if found["problems"] else 200)
    assert found["status"] == ("failing" if found["problems"] else "ok")
    return found


def metrics(client) -> dict[tuple, float]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.content.decode())
    samples = [one for family in families for one in family.samples]
    return {(one.name, *(one.labels[key] for key in sorted(one.labels))): one.value for one in samples}


# --- ready ----------------------------------------------------------------------------------------


def test_ready_when_the_database_has_all_it_needs(client, django_assert_num_queries):
    assert client.get("/readyz").content == b"ready\n"
    with django_assert_num_queries(0):  # for a moment
        assert client.get("/readyz").status_code == 200


def test_not_ready_without_the_records_triggers(client):
    with triggers.lifted(connection):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "triggers are missing or different: trail_entry_no_" in answer.content.decode()


def test_not_ready_while_migrations_wait(client, monkeypatch):
    known = [*health._known_migrations(), ("engine", "0099_later")]
    monkeypatch.setattr(health, "_known_migrations", lambda: known)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"migrations are not applied: engine.0099_later\n")


def test_without_a_database_it_is_alive_and_not_ready(client, away):
    client.cookies["sessionid"] = "whatever"
    assert client.get("/livez").content == b"ok\n"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"the database does not answer\n")
    assert client.get("/healthz").content == b"failing\n"


# --- one word for everybody -------------------------------------------------------------------------


def test_all_is_well(client, well):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"].startswith("max-age=0")


def test_a_stranger_learns_one_word(client, well):
    Beat.objects.all().delete()
    assert client.get("/healthz").content == b"failing\n"


# --- the token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz?deep=1", "/metrics"])
class TestToken:
    def test_without_a_token_set_there_are_no_numbers(self, client, path, settings):
        settings.WATCH_TOKEN = ""
        answer = client.get(path, headers={"Authorization": "Bearer "})
        assert answer.status_code == 404
        assert b"BATON_WATCH_TOKEN is set" in answer.content

    @pytest.mark.parametrize("shown", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ü\x80"])
    def test_a_wrong_one_shows_nothing(self, client, path, token, shown):
        answer = client.get(path, headers={"Authorization": shown} if shown else {})
        assert answer.status_code == 403
        assert TOKEN.encode() not in answer.content

    def test_a_session_is_no_token(self, client, path, token, cast):
        client.force_login(cast.ada)
        assert client.get(path).status_code == 403

    def test_without_a_database_it_says_so(self, client, path, token, away):
        answer = client.get(path, headers=BEARER)
        assert answer.status_code == 503
        assert b"database" in answer.content


# --- the numbers -------------------------------------------------------------------------------------


def test_numbers_when_all_is_well(client, token, well, clock, open_incident):
    open_incident()
    clock.forward(minutes=6)
    rings = OrmQ.objects.all().delete()[0]  # the general cluster has heard them
    assert rings
    well()
    found = deep(client)
    assert found["problems"] == []
    assert {(beat["name"], beat["age"]) for beat in found["beats"]} == {("timers", 0), ("general", 0), ("audit", 0)}
    assert found["timers"] == {"oldest_overdue": 0, "fired": 1, "late_p50": 0, "late_p99": 0, "late_most": 0}
    assert found["audit"] == {"green": True, "findings": {}, "age": 0}
    assert found["open_without_step"] == found["queue"] == 0
    assert found["deliveries"]["queued"] == Delivery.objects.filter(state="queued").count() > 0


def test_a_late_step_is_found_and_then_its_lateness(client, token, well, clock, open_incident):
    open_incident()
    clock.jump(minutes=5, seconds=30)
    well()
    found = deep(client)
    assert "late" in found["problems"]
    assert found["timers"]["oldest_overdue"] == 30
    assert metrics(client)["baton_oldest_overdue_seconds",] == 30
    clock.forward(seconds=1)
    assert deep(client)["timers"]["late_most"] == 30
    assert metrics(client)["baton_timer_lateness_seconds", "0.99"] == 30
    clock.forward(minutes=6)
    assert deep(client)["timers"]["late_most"] == 0


def test_while_the_installation_is_held_that_is_the_one_problem(client, token, well, clock, open_incident):
    open_incident()
    clock.jump(minutes=10)
    well()
    Installation.objects.update(held_at=kit_clock.now())
    found = deep(client)
    assert (found["held"], found["problems"]) == (True, ["held"])
    assert client.get("/healthz").content == b"failing\n"
    assert metrics(client)["baton_up",] == 0


def test_an_open_run_without_a_step_is_counted(client, token, well, open_incident):
    open_incident()
    Timer.objects.update(state="cancelled", next_at=None)
    found = deep(client)
    assert found["open_without_step"] == EscalationRun.objects.running().functional().count() == 1
    assert "without_step" in found["problems"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda well, clock: Beat.objects.filter(name="audit").delete(), "audit_missing"),
        (lambda well, clock: well(green=False, findings={"I1": 2}), "audit_failing"),
        (lambda well, clock: well(green="yes"), "audit_failing"),
        (lambda well, clock: clock.jump(seconds=130), "audit_old"),
        (lambda well, clock: clock.jump(seconds=46), "stopped"),
    ],
)
def test_what_is_wrong_has_a_name(client, token, well, clock, change, problem):
    change(well, clock)
    assert problem in deep(client)["problems"]


def test_one_cluster_that_beats_is_enough_to_take_steps(client, token, well, clock):
    clock.jump(seconds=100)
    beats.beat("general", now=kit_clock.now())
    assert deep(client)["problems"] == []
    assert metrics(client)["baton_up",] == 1


def test_what_was_written_before_the_clock_was_set_back_proves_nothing(client, token, well, clock, settings):
    clock.jump(hours=-2)
    found = deep(client)
    assert {"stopped", "audit_missing"} <= set(found["problems"])
    assert found["beats"] == []
    settings.HOST_NAME = "another"
    well(green=False)
    found = deep(client)
    assert found["problems"] == ["audit_failing"]
    assert {beat["host"] for beat in found["beats"]} == {"another"}


def test_a_receipt_that_waits_is_seen(client, token, well, clock, cast):
    source = Source.objects.create(name="Alertmanager", service=cast.service)
    Receipt.objects.create(source=source, received_at=kit_clock.now() - timedelta(seconds=90), body=b"", digest="d")
    assert "waiting_receipts" in deep(client)["problems"]
    assert metrics(client)["baton_oldest_waiting_seconds", "receipts"] == 90


def test_metrics_say_what_the_rows_say(client, token, well, clock, open_incident):
    open_incident()
    clock.jump(seconds=7)
    well(green=False, findings={"I1": 1, "I12": 3})
    found = metrics(client)
    assert found["baton_up",] == 0
    assert found["baton_deliveries", "queued"] == Delivery.objects.filter(state="queued").count()
    assert found["baton_audit_green",] == 0
    assert found["baton_audit_findings", "I12"] == 3
    assert found["baton_runs_without_step",] == found["baton_held",] == 0
    assert {key[-1] for key in found if key[0] == "baton_beat_age_seconds"} == {"timers", "general", "audit"}


def test_nothing_names_a_person_or_a_title(client, token, well, open_incident, clock):
    open_incident("A very secret title")
    clock.forward(minutes=20)
    said = client.get("/metrics", headers=BEARER).content + client.get("/healthz?deep=1", headers=BEARER).content
    assert b"secret" not in said
    for name in (b"Ana", b"ana@", b"Mei", b"INC-", b"Payments", b"L1"):
        assert name not in said


def test_what_is_only_a_chore_keeps_nobody_waiting():
    before = dict(registry._watched)
    registry.watch("sweeping", lambda: kit_clock.now(), "nowhere", patience=timedelta(0), chore=True)
    try:
        assert "sweeping" not in registry.oldest_waiting()
    finally:
        registry._watched.clear()
        registry._watched.update(before)


@pytest.mark.sqlite_only
def test_the_outbox_is_read_through_its_small_index(cast, clock, open_incident):
    """With its parameters: written out in the statement SQLite would know that it may use the index."""
    open_incident()
    clock.jump(minutes=1)  # nobody sends
    asked: list[tuple] = []

    def listen(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        assert health._deliveries()["queued"] > 0
        assert watching.waited_for() is not None
    looks = [(sql, params) for sql, params in asked if "engine_delivery" in sql and "ORDER BY" not in sql]
    assert len(looks) == 3
    with connection.cursor() as cursor:
        plans = []
        for sql, params in looks:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            plans.append(str(cursor.fetchall()))
    pending, ended, talking = plans
    assert "INDEX delivery_" in pending
    assert "PRIMARY KEY" in ended
    assert "INDEX delivery_next" in talking


def test_looking_reads_indexes_and_costs_the_same_for_few_and_for_many(
    client, token, well, open_incident, django_assert_max_num_queries
):
    for n in range(12):
        open_incident(f"Incident {n}")
    badge.refresh()  # a process looks at everybody's readiness every ten minutes, and not when it is asked
    with django_assert_max_num_queries(15):
        client.get("/metrics", headers=BEARER)
