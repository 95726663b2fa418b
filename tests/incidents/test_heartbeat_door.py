"""The address that beats come in at: whoever may, by every method, and what is on disk when it says so."""

import base64

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.kit import clock as kit_clock
from incidents.inbound import views
from incidents.models import Heartbeat, Receipt, Source, SourceKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(cast, clock):
    return Source.objects.create(name="Jobs", service=cast.service, kind="heartbeat")


@pytest.fixture
def key(source):
    views._remembered.clear()
    return source.new_key()


@pytest.fixture
def backup(source):
    return Heartbeat.objects.create(source=source, name="backup.daily_1")


def again(one: Heartbeat) -> Heartbeat:
    return Heartbeat.objects.get(pk=one.pk)


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("end", ["", "/"])
def test_a_beat_is_on_disk_when_it_is_answered(backup, key, client, method, end):
    answer = getattr(client, method)(f"/heartbeats/{key}/{backup.name}{end}")
    assert answer.status_code == 200
    backup.refresh_from_db()
    assert backup.last_beat == backup.since == kit_clock.now()
    assert "Set-Cookie" not in answer
    if method != "head":
        assert answer.json() == {"status": "beating", "heartbeat": backup.name}
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("scheme", ["Bearer {key}", "Basic {basic}"])
def test_the_key_may_be_in_a_header(backup, key, client, scheme):
    words = scheme.format(key=key, basic=base64.b64encode(f"jobs:{key}".encode()).decode())
    assert client.post(f"/heartbeats/{backup.name}", headers={"Authorization": words}).status_code == 200
    assert client.post(f"/heartbeats/{backup.name}").status_code == 401


def test_a_key_of_any_kind_of_source_opens_it_and_only_its_own_heartbeats(backup, cast, client):
    other = Source.objects.create(name="North", kind="alertmanager")
    key = other.new_key()
    assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 404
    Heartbeat.objects.create(source=other, name="watchdog")
    answer = client.post(f"/heartbeats/{key}/watchdog", b"{ any body", content_type="application/json")
    assert answer.status_code == 200
    assert SourceKey.objects.get(source=other).used_at == kit_clock.now()


def test_whoever_has_no_right_key_is_refused_and_no_log_says_the_address(backup, key, client, source, caplog):
    assert client.get("/heartbeats/wrong/backup.daily_1").status_code == 403
    SourceKey.objects.update(ends_at=kit_clock.now())
    assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 403
    SourceKey.objects.update(ends_at=None)
    views._remembered.clear()
    assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 200
    beaten = again(backup)
    kit_clock.forward(backup.rhythm.step)
    Source.objects.update(enabled=False)
    assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 404, "the key is still remembered"
    views._remembered.clear()
    assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 403
    assert client.put(f"/heartbeats/{key}/{backup.name}").status_code == 405
    assert key not in caplog.text
    assert again(backup).last_beat == beaten.last_beat


def test_trouble_of_ours_is_no_beat(backup, key, monkeypatch, caplog):
    def away(self):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(Heartbeat, "beat", away)
    answer = Client(raise_request_exception=False).get(f"/heartbeats/{key}/{backup.name}")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert key not in caplog.text


def test_a_beat_that_says_nothing_new_asks_once_and_writes_nothing(backup, key, client):
    client.get(f"/heartbeats/{key}/{backup.name}")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 200
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        kit_clock.forward(backup.rhythm.step)
        assert client.get(f"/heartbeats/{key}/{backup.name}").status_code == 200
    backup.refresh_from_db()
    assert backup.last_beat == kit_clock.now()
    assert len(queries) <= 10


def test_the_page_of_people_is_not_the_address_of_beats(client, cast):
    client.force_login(cast.ana)
    assert b"Nothing is watched" in client.get("/heartbeats/").content


@pytest.mark.parametrize("name", ["%00", "%ff%fe", "a" * 5000, "..%2f..", "💓"])
def test_no_name_is_trouble(key, client, name):
    assert client.get(f"/heartbeats/{key}/{name}").status_code in (403, 404)
