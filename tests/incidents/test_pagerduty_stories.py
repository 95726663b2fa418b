"""What was made for PagerDuty sends here: the answers are that contract's own, and an incident lives by them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.inbound import intake, pagerduty
from incidents.models import Alert, Change, Incident, Receipt, Service, Source
from tests.incidents.pagerduty_kit import CHANGES, EVENTS, V1, PagerDutySender, sample

pytestmark = pytest.mark.django_db

DONE = {"status": "success", "message": "Event processed", "dedup_key": "mail-out/queue"}
UNKNOWN = {"status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"]}
LENGTH = "Length of 'routing_key' is incorrect (should be 32 characters)"


@pytest.fixture
def watch(cast, clock):
    return PagerDutySender(service=cast.service)


def results() -> list[dict]:
    return [receipt.outcome["results"] for receipt in Receipt.objects.order_by("id")]


def kinds(incident: Incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail).order_by("seq").values_list("kind", flat=True))


# --- the life of an incident ---------------------------------------------------------------------


def test_triggered_acknowledged_resolved(watch, cast, phones, clock):
    answer = watch.says("trigger")
    assert (answer.status_code, answer.json()) == (202, DONE)
    incident = Incident.objects.get()
    assert (incident.title, incident.severity, incident.service) == (
        "12 000 messages wait in mail-out",
        1,
        cast.service,
    )
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=1)
    assert watch.says("acknowledge").json() == DONE
    clock.forward(minutes=10)
    assert phones.rang == ["ana", "jo"], "who works on it elsewhere has the step's time to work"
    clock.forward(minutes=6)
    assert phones.rang == ["ana", "jo", "mei"], "but nobody here has answered, and the path goes on"
    assert watch.says("resolve").json() == DONE
    incident.refresh_from_db()
    assert incident.resolved_at
    assert Alert.objects.get().state == "resolved"
    assert Alert.objects.get().labels["component"] == "rabbitmq", "an end without facts takes none away"
    assert results() == [{"opened": 1}, {"acknowledged": 1}, {"resolved": 1}]


def test_the_same_key_is_the_same_trouble_until_it_is_resolved(watch, clock):
    for _time in range(3):
        watch.says("trigger")
    assert Incident.objects.count() == 1
    watch.says("resolve")
    clock.forward(seconds=5)
    watch.says("trigger")  # byte for byte the same, and news
    first, second = Incident.objects.order_by("id")
    assert (bool(first.resolved_at), second.resolved_at, second.previous) == (True, None, first)


def test_keys_are_compared_as_they_are_and_each_source_has_its_own(watch, cast):
    other = PagerDutySender(name="Other", service=cast.service)
    for sender, key in ((watch, "a b"), (watch, "A b"), (watch, "a  b"), (other, "a b"), (watch, "a b")):
        assert sender.says("trigger", dedup_key=key).json()["dedup_key"] == key
    assert Incident.objects.count() == 4
    assert other.says("resolve", dedup_key="A b").status_code == 202
    assert not Incident.objects.resolved().exists()


def test_what_matches_nothing_is_taken_and_opens_nothing(watch):
    for action in ("acknowledge", "resolve"):
        assert (watch.says(action).status_code, watch.says(action).json()) == (202, DONE)
    assert not Incident.objects.exists()
    assert results() == [{"no match": 1}] * 4


def test_without_a_key_each_trigger_is_its_own_and_is_told_its_key(watch, monkeypatch):
    event = sample("trigger", routing_key=watch.key)
    del event["dedup_key"]
    first, second = (watch.post(event).json()["dedup_key"] for _time in range(2))
    assert len({first, second}) == Incident.objects.count() == 2
    watch.says("resolve", dedup_key=first)
    assert Incident.objects.resolved().get().keys.get().key == first


def test_what_is_worked_off_later_has_the_key_that_was_told(watch, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(pagerduty, "decode", lambda *args, **kwargs: 1 / 0)
        event = sample("trigger", routing_key=watch.key, dedup_key=None)
        told = watch.post(event)
    assert told.status_code == 202
    assert intake.process_waiting() == 1
    assert Incident.objects.get().keys.get().key == told.json()["dedup_key"]


def test_an_acknowledgement_by_one_of_us_stays(watch, cast, clock, phones):
    watch.says("trigger")
    incident = Incident.objects.get()
    incident.acknowledge(by=cast.ana)
    watch.says("acknowledge")
    watch.says("trigger")
    incident = Incident.objects.get()
    assert (incident.status, incident.run.holder) == ("acknowledged", cast.ana)
    assert phones.rang == ["ana", "jo"]
    assert "outside_acknowledged" not in kinds(incident)


# --- addresses, keys, limits -----------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/compat/pagerduty"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("address", "name", "code"), [(EVENTS, "trigger", 202), (CHANGES, "change", 202), (V1, "v1-trigger", 200)]
)
def test_every_address_that_senders_know(watch, prefix, slash, address, name, code):
    named = "service_key" if address == V1 else "routing_key"
    answer = watch.post(sample(name, **{named: watch.key}), prefix + address + slash)
    assert (answer.status_code, answer.json()["status"], answer.cookies) == (code, "success", {})
    assert watch.client.get(prefix + address + slash).status_code == 405


def test_the_key_may_come_in_a_header_if_the_body_has_none(watch):
    event = sample("trigger")
    del event["routing_key"]
    assert watch.post(event, headers={"X-Routing-Key": watch.key}).status_code == 202
    assert watch.post(sample("trigger"), headers={"X-Routing-Key": watch.key}).json() == UNKNOWN


@pytest.mark.parametrize("given", [None, "", "short", 42, "x" * 33, ["a" * 32], "é" * 32])
def test_what_can_be_no_key_is_told_so(watch, given):
    answer = watch.post(sample("trigger", routing_key=given))
    assert (answer.status_code, answer.json()["errors"]) == (400, [LENGTH])


def test_wrong_ended_and_disabled_keys_and_those_of_another_kind_get_one_answer(watch, cast):
    other = Source.objects.create(name="Prometheus").new_key()
    ended = watch.source.new_key()
    watch.source.door_keys.order_by("-id").first().end(kit_clock.now())
    answers = [watch.post(sample("trigger", routing_key=key)) for key in ("0" * 32, other, ended)]
    Source.objects.filter(pk=watch.source.pk).update(enabled=False)
    answers.append(watch.says("trigger"))
    assert {(answer.status_code, str(answer.json())) for answer in answers} == {(400, str(UNKNOWN))}
    assert not Receipt.objects.exists()


BROKEN = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_event_is_told_so(watch, body):
    answer = watch.post(body)
    assert (answer.status_code, answer.json()) == (400, BROKEN)


def test_what_a_shell_sends_as_a_form_is_read_as_what_it_is(watch):
    form = "application/x-www-form-urlencoded"
    assert watch.post(sample("trigger", routing_key=watch.key), content_type=form).status_code == 202


def test_512_kib_are_taken_and_more_is_not(watch):
    event = sample("trigger", routing_key=watch.key)
    room = 512 * 1024 - len(str(event).encode()) - 200
    event["payload"]["custom_details"]["log"] = "x" * room
    assert watch.post(event).status_code == 202
    event["payload"]["custom_details"]["log"] = "x" * 512 * 1024
    answer = watch.post(event)
    assert (answer.status_code, answer.json()["status"]) == (413, "invalid event")


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize(("address", "name", "code"), [(EVENTS, "trigger", 429), (V1, "v1-trigger", 403)])
def test_beyond_the_quota_repeats_are_put_off_but_no_end_and_no_acknowledgement(cast, clock, address, name, code):
    watch = PagerDutySender(service=cast.service, quota=60)
    answers = [watch.says(name, address) for _time in range(200)]
    assert {answer.status_code for answer in answers} >= {code}
    refused = next(answer for answer in answers if answer.status_code == code)
    assert (refused.json()["status"], refused["Retry-After"]) == ("throttle exceeded", "10")
    assert [watch.says(action).status_code for action in ("acknowledge", "resolve")] == [202, 202]


def test_if_nothing_can_be_stored_the_sender_is_asked_to_try_again(watch, monkeypatch):
    monkeypatch.setattr(Receipt.objects, "bulk_create", lambda *args, **kwargs: 1 / 0)
    answer = watch.says("trigger")
    assert (answer.status_code, answer["Retry-After"], sorted(answer.json())) == (
        503,
        "5",
        ["errors", "message", "status"],
    )


def test_no_receipt_keeps_its_key_beside_the_body(watch):
    watch.says("trigger", dedup_key=None)
    watch.says("change", CHANGES)
    first, second = Receipt.objects.order_by("id")
    assert list(first.envelope) == ["dedup_key"]
    assert second.envelope == {"door": "pagerduty-change"}


# --- changes ----------------------------------------------------------------------------------------


def test_a_change_calls_nobody_and_is_seen_beside_what_is_open(watch, cast, clock, phones, client):
    answer = watch.says("change", CHANGES)
    assert (answer.status_code, answer.json()) == (202, {"status": "success", "message": "Change event processed"})
    assert (Incident.objects.count(), phones.rang, results()) == (0, [], [{"change kept": 1}])
    watch.says("trigger")
    client.force_login(cast.ana)
    page = client.get(reverse("incident", args=[Incident.objects.get().number])).content.decode()
    assert "Changes lately" in page
    assert '<a class="link" href="https://builds.example.org/812"' in page
    assert "Mail service 4.2 is live" in page
    Change.objects.update(at=kit_clock.now() - timedelta(hours=25))
    page = client.get(reverse("incident", args=[Incident.objects.get().number])).content.decode()
    assert "Changes lately" not in page


def test_changes_are_kept_for_90_days_and_no_longer(watch, clock, cast):
    source = PagerDutySender(name="Labels", service_label="source")
    source.source.allowed_services.add(Service.objects.create(name="builds.example.org", team=cast.service.team))
    source.says("change", CHANGES)
    assert Change.objects.get().service.name == "builds.example.org"
    clock.jump(days=91)
    payload = sample("change")["payload"] | {"timestamp": kit_clock.now().isoformat()}
    source.says("change", CHANGES, payload=payload)
    assert Change.objects.get().at == kit_clock.now()
