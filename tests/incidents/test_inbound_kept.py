"""Nothing that was accepted is lost: what fails is kept, finished later, or set aside loudly."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError

from escalation.kit import clock as kit_clock
from escalation.kit.logs import HidesKeys
from incidents.inbound import backlog, hearing, intake, tasks
from incidents.models import AlertKey, Incident, Receipt, Source
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, Sender, an_alert, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


@pytest.fixture
def rung(monkeypatch):
    """Receipts that a task was asked to finish."""
    asked: list[int] = []
    monkeypatch.setattr(tasks, "ring", asked.append)
    return asked


def only() -> Incident:
    return Incident.objects.get()


def fail(*args, **kwargs):
    raise RuntimeError("planted")


def away(*args, **kwargs):
    raise OperationalError("it is away")


def test_if_our_own_code_fails_the_message_is_kept_and_a_task_finishes_it(
    north, monkeypatch, rung, django_capture_on_commit_callbacks
):
    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(hearing.Hearing, "_write", fail)
        answer = north.posts(FIRES)
    assert answer["message"]
    assert not Incident.objects.exists()
    assert not AlertKey.objects.exists()
    assert rung == [Receipt.objects.get().pk]
    assert intake.process_waiting() == 1
    assert intake.process_waiting() == 0
    assert only().title == "5100 messages wait on mq-1"
    assert Receipt.objects.get().state == "processed"


def test_if_decoding_fails_the_message_is_kept(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr("incidents.inbound.alertmanager.decode", fail)
        north.posts(FIRES)
    assert Receipt.objects.get().state == "received"
    kit_clock.forward(timedelta(seconds=3))
    assert intake.process_waiting() == 1
    assert only()


def test_a_resolve_does_not_overtake_the_trigger_that_waits(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", fail)
        north.posts(FIRES)
    north.posts(ALL_ENDED)
    assert not Incident.objects.exists()
    other = north.posts(FIRES, groupKey="another", alerts=[an_alert("db-1")])
    assert other["incidents"], "another group does not wait"
    assert intake.process_waiting() == 2
    assert Incident.objects.resolved().get().title == "5100 messages wait on mq-1"


def test_a_poisonous_receipt_is_quarantined_loudly_after_three_attempts_and_the_line_moves_on(
    north, monkeypatch, rung, caplog
):
    real = hearing.Hearing.hear

    def fails_on_the_first(self, said):
        if Receipt.objects.order_by("id")[0].pk in [receipt.pk for receipt, _signals in said]:
            raise RuntimeError("poison\0")
        real(self, said)

    monkeypatch.setattr(hearing.Hearing, "hear", fails_on_the_first)
    north.posts(FIRES)
    north.posts(JOINS)
    for _sweep in range(3):
        kit_clock.forward(timedelta(seconds=3))
        intake.process_waiting()
    first, second = Receipt.objects.order_by("id")
    assert (first.state, second.state) == ("quarantined", "processed")
    assert "poison" in first.outcome["error"]
    assert [record.levelname for record in caplog.records if "quarantined" in record.message] == ["CRITICAL"]
    unread, heard = Incident.objects.order_by("id")  # somebody is called to what could not be read
    assert (unread.title, heard.title) == ("A message from North could not be read", "QueueTooLong north (2 alerts)")


@pytest.fixture
def no_rest(monkeypatch):
    monkeypatch.setattr(backlog, "_resting", {})
    monkeypatch.setattr(backlog, "REST", 0.0)


def test_no_receipt_is_blamed_for_the_database(north, monkeypatch, rung, no_rest):
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", fail)
        north.posts(FIRES)
    Receipt.objects.update(attempts=2)  # it may have killed two processes
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", away)
        for _sweep in range(4):
            assert intake.process_waiting() == 0
    receipt = Receipt.objects.get()
    assert (receipt.state, receipt.attempts) == ("received", 2)
    assert "it is away" in receipt.outcome["error"]
    assert intake.process_waiting() == 1
    assert "error" not in Receipt.objects.get().outcome
    assert only().title == "5100 messages wait on mq-1"


def test_what_was_waited_for_in_vain_rests_and_the_others_have_their_turn(north, monkeypatch, rung):
    monkeypatch.setattr(backlog, "_resting", {})
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_write", fail)
        for n in range(3):
            north.posts(FIRES, groupKey=f"g{n}", alerts=[an_alert(f"mq-{n}")])
    first = Receipt.objects.order_by("id").values_list("pk", flat=True)[0]
    real, tried = hearing.Hearing.hear, []

    def waits_for_the_first(self, said):
        tried.append([receipt.pk for receipt, _signals in said])
        if first in tried[-1]:
            away()
        real(self, said)

    monkeypatch.setattr(hearing.Hearing, "hear", waits_for_the_first)
    assert intake.process_waiting() == 2
    assert set(Receipt.objects.waiting().values_list("pk", flat=True)) == {first}
    tried.clear()
    assert intake.process_waiting() == 0
    assert tried == []
    monkeypatch.setattr(backlog, "_resting", {first: 0.0})  # it has rested
    assert intake.process_waiting() == 0
    assert [pks for pks in tried if pks] == [[first]]


def test_a_receipt_that_kills_its_process_is_found_out(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr("incidents.inbound.alertmanager.decode", fail)
        north.posts(FIRES)

    class Killed(BaseException):
        pass

    def killed(*args):
        raise Killed

    monkeypatch.setattr(backlog, "decode", killed)
    for _attempt in range(3):
        with pytest.raises(Killed):
            intake.process_waiting()
    intake.process_waiting()
    assert Receipt.objects.get().state == "quarantined"


def test_a_large_message_is_worked_off_in_portions(cast, clock, rung, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(backlog, "PORTION", 2)
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    with django_capture_on_commit_callbacks(execute=True):
        answer = each.posts(FIRES, alerts=[an_alert(f"mq-{n}") for n in range(7)])
    assert len(answer["incidents"]) == 2
    assert "message" in answer
    assert intake.process_waiting() == len(rung) == 1
    assert Incident.objects.count() == 7
    outcome = Receipt.objects.get().outcome
    assert (len(outcome["incidents"]), outcome["results"], outcome["done"]) == (7, {"opened": 7}, 7)


def test_if_nothing_can_be_stored_the_sender_is_asked_to_try_again(north, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(Receipt.objects, "bulk_create", down)
    answer = north.post(sample(FIRES))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["status"] == "unavailable"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyError("pool"), RecursionError("too deep")])
def test_whatever_fails_at_the_door_the_sender_tries_again_and_no_log_has_its_key(north, monkeypatch, caplog, error):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(Receipt.objects, "bulk_create", broken)
    north.client.raise_request_exception = False
    answer = north.post(sample(FIRES))
    assert (answer.status_code, answer["Retry-After"], answer.json()["status"]) == (503, "5", "unavailable")
    assert "could not be kept" in caplog.text
    assert north.key not in caplog.text


def test_no_log_says_a_key_whoever_writes_it(north, caplog):
    caplog.handler.addFilter(HidesKeys())
    for address in (
        "/integrations/alertmanager/%s",
        "/integrations/alertmanager/%s/",
        "/integrations/alert-manager/%s",
        "/Integrations/alertmanager/%s/api",
        "/integrations/v1/formatted_webhook/%s/heartbeat/",
        "/heartbeats/%s/nightly",
        "/api/v2/heartbeat/%s/",
        "/v1/api/heartbeat/%s",
        *(f"/api/v2/generic/incoming?{word}=%s" for word in ("token", "integrationKey", "integration_key", "key")),
    ):
        logging.getLogger("django.request").error("Service Unavailable: %s", address % north.key)
    logging.getLogger("django.request").error("Bad: %s", f"/integrations/webhook?team=a&token={north.key}&x=1")
    logging.getLogger("django.request").error("Bad: %s", f"/integrations/alertmanager/from/there={north.key}")
    assert caplog.text.lower().count("/integrations/alertmanager/…") == 4
    assert "/heartbeats/…/nightly" in caplog.text
    assert "/integrations/webhook?team=a&token=…&x=1" in caplog.text
    assert north.key not in caplog.text


def test_who_came_in_with_a_message_that_is_refused_is_kept_all_the_same(cast, clock):
    """Its mapping was taken away while it came in, and in our words it says nothing. Its crowd is another's."""
    hook, north = Sender(name="Hook", kind="webhook", service=cast.service), Sender(service=cast.service)
    body = b'{"grade": "bad"}'
    Source.objects.filter(pk=hook.source.pk).update(mapping="title = {grade}")
    hook.source.refresh_from_db()
    bodies = [(hook.source, body), (north.source, json.dumps(sample(FIRES)).encode())]
    arrivals = [intake.Arrival(source, sent, intake._understood(source, sent)) for source, sent in bodies]
    Source.objects.filter(pk=hook.source.pk).update(mapping="")
    intake._keep([(arrival, lambda _pk: None) for arrival in arrivals])
    wrong, right = arrivals
    assert (wrong.receipt, str(wrong.refusal)) == (None, "title: required.")
    assert right.refusal is None
    assert right.receipt == Receipt.objects.get()


def test_the_body_is_kept_verbatim(north):
    body = json.dumps(sample("unicode-and-html"), ensure_ascii=True, indent=3).encode()
    north.post(body)
    receipt = Receipt.objects.get()
    assert bytes(receipt.body) == body
    assert receipt.state == "processed"
