"""What leaves, byte by byte; and which entries are events at all."""

import base64
import json
from pathlib import Path

import pytest
from django.conf import settings
from standardwebhooks.webhooks import Webhook as Library

from escalation.kit import sealing
from escalation.notify.webhook import shown, signature
from incidents import heartbeat_admin
from incidents.models import webhook_events
from incidents.models.webhooks import PAUSES, Listener, Webhook, new_id
from incidents.problems import words as problems
from incidents.webhooks.writing import BINARY, MOST, PLAIN, STRUCTURED, Event, body_of, headers_of
from tests.conftest import START
from tests.stories.test_incident_page import kinds_written

HERE = "https://desk.example.com"
INCIDENT = {"id": 1042, "ref": "INC-1042", "title": "Card payments fail", "version": 3}
ACTOR = {"type": "user", "id": 5, "name": "Ana Ruiz"}


def event(text: str = "", **facts) -> Event:
    whole = {"incident": INCIDENT, "actor": ACTOR, "change": {"kind": "note"}, **facts}
    return Event("msg_01", "incident.note_added", "2026-03-02T09:30:00.000000Z", whole, text)


def body(one: Event, format: str = PLAIN) -> bytes:
    return body_of(one, format=format, address=HERE)


# --- which entries ------------------------------------------------------------------------------


def test_of_every_kind_of_entry_somebody_has_decided_whether_it_is_an_event():
    parts = {"delivered", "other_part", "tries", "unknown", "runbook_step"}
    drawn = {file.stem for file in Path(settings.BASE_DIR, "templates", "entries").glob("*.html")} - parts
    kinds = kinds_written() | {kind for kind in drawn if not kind.endswith("_part")}
    kinds |= heartbeat_admin.SAID.keys() | problems.SAID.keys()  # on a record of their own, drawn on its page
    assert kinds - webhook_events.known() == set(), "name it in webhook_events: an event, or left out and why"
    assert webhook_events.known() - kinds == set(), "no entry is of this kind any more"


@pytest.mark.parametrize(
    ("kind", "data", "type_"),
    [
        ("opened", {}, "incident.triggered"),
        ("called", {"why": "opened", "track": "functional"}, ""),
        ("called", {"why": "opened", "track": "hierarchical"}, "incident.escalated"),
        ("called", {"why": "not_acknowledged", "track": "functional"}, "incident.escalated"),
        ("alert", {"firing": 3}, ""),
        ("alert", {"severity": {"from": 3, "to": 1}}, "incident.priority_changed"),
        ("facts", {"people_affected": [0, 20]}, "incident.updated"),
        ("facts", {"severity": {"from": 3, "to": 2}}, "incident.priority_changed"),
        ("absorbed", {"ref": "INC-7", "severity": {"from": 3, "to": 2}}, "incident.priority_changed"),
        ("facts", {"override": 2, "kept": 2}, "incident.updated"),
        ("delivery", {}, ""),
        ("config_changed", {}, ""),
    ],
)
def test_what_an_entry_is_to_others(kind, data, type_):
    assert webhook_events.type_of(kind, data) == type_


def test_only_named_facts_of_an_entry_go_along():
    data = {
        "ref": "INC-7",
        "policy": "Payments",
        "labels": {"password": "x"},
        "severity": {"from": 3, "to": 2, "least": 100, "promised": [{"kind": "update"}]},
        "people": [{"id": n, "name": f"Person {n}"} for n in range(30)],
        "rule": {"id": 4, "name": "Too many people"},
        "to": None,
    }
    change = webhook_events.change("absorbed", data)
    assert set(change) == {"kind", "severity", "people", "rule"}
    assert (change["severity"], change["rule"]) == ({"from": 3, "to": 2}, "Too many people")
    assert len(change["people"]) == webhook_events.MOST


@pytest.mark.parametrize(
    ("wants", "type_", "severity", "heard"),
    [
        ({}, "incident.resolved", 5, True),
        ({"from_severity": 2}, "incident.resolved", 2, True),
        ({"from_severity": 2}, "incident.resolved", 3, False),
        ({"types": frozenset({"incident.resolved"})}, "incident.resolved", 1, True),
        ({"types": frozenset({"incident.resolved"})}, "incident.triggered", 1, False),
    ],
)
def test_who_wants_what(wants, type_, severity, heard):
    whole = {"teams": frozenset(), "types": frozenset(), "from_severity": 5, "restricted": False, **wants}
    assert Listener(1, **whole).wants(type_, severity) is heard


@pytest.mark.parametrize(
    ("mine", "also_restricted", "restricted", "seen", "heard"),
    [
        ((), False, False, {1}, True),
        ((), False, True, {1}, False),
        ((), True, True, {1}, True),
        ((1,), False, False, {1, 2}, True),
        ((3,), False, False, {1, 2}, False),
        ((1,), False, True, {1}, False),
        ((1,), True, True, {1}, True),
        ((3,), True, True, {1}, False),
    ],
)
def test_who_may_hear_what(mine, also_restricted, restricted, seen, heard):
    one = Listener(1, frozenset(mine), frozenset(), 5, also_restricted)
    assert one.may_hear(restricted=restricted, teams=seen) is heard


def test_whoever_heard_of_it_hears_that_it_is_less_severe():
    assert webhook_events.severities("facts", {"severity": {"from": 1, "to": 4}}, 4) == 1
    assert webhook_events.severities("note", {}, 4) == 4


# --- signatures ---------------------------------------------------------------------------------


def test_the_published_vector_comes_out():
    secret, said = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, said)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_key_signs_the_very_bytes_that_leave_and_the_new_one_first():
    new, old = b"n" * 32, b"o" * 32
    said = body(event("Zoë wrote this"))
    headers = headers_of(event(), said, now=1_700_000_000, keys=[new, old], format=PLAIN, address=HERE)
    both = headers["webhook-signature"].split(" ")
    assert both == [signature(key, "msg_01", 1_700_000_000, said) for key in (new, old)]
    assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_specification_s_own_library_takes_it():
    import time

    key, said, now = b"k" * 32, body(event("Zoë")), int(time.time())
    headers = headers_of(event(), said, now=now, keys=[key], format=PLAIN, address=HERE)
    assert Library(shown(key)).verify(said, headers)["data"]["change"]["text"] == "Zoë"


# --- bodies -------------------------------------------------------------------------------------


def test_the_body_is_small_and_says_when_it_was_cut():
    said = body(event("ü" * 30_000))
    data = json.loads(said)["data"]
    assert len(said) <= MOST and data["truncated"] is True and data["change"]["text"].endswith("ü…")
    assert "truncated" not in json.loads(body(event("short")))["data"]


def test_what_escapes_make_long_is_cut_too():
    hostile = {**INCIDENT, "title": '"' * 1024}
    said = body(event('"\n\\' * 6000, incident=hostile, change={"kind": "note", "people": [{"name": '"' * 900}] * 20}))
    data = json.loads(said)["data"]
    assert len(said) <= MOST and data["truncated"] is True and data["incident"]["id"] == 1042


def test_as_a_cloud_event_structured():
    said = json.loads(body(event("It is the acquirer"), STRUCTURED))
    assert {name: said[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": "msg_01",
        "source": HERE,
        "type": "com.example.desk.incident.note_added.v1",
        "subject": "incident/1042",
        "time": "2026-03-02T09:30:00.000000Z",
    }
    assert said["data"]["change"]["text"] == "It is the acquirer"
    headers = headers_of(event(), b"{}", now=1, keys=[b"k"], format=STRUCTURED, address=HERE)
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"


def test_as_a_cloud_event_binary():
    assert json.loads(body(event(), BINARY))["incident"]["id"] == 1042
    headers = headers_of(event(), b"{}", now=1, keys=[b"k"], format=BINARY, address="http://10.0.0.1:8000/ü desk")
    assert headers["ce-type"] == "baton.incident.note_added.v1"
    assert headers["ce-source"] == "http://10.0.0.1:8000/%C3%BC%20desk"
    assert (headers["ce-specversion"], headers["ce-id"], headers["ce-subject"]) == ("1.0", "msg_01", "incident/1042")
    assert headers["webhook-signature"].startswith("v1,")


# --- small things -------------------------------------------------------------------------------


def test_ids_are_ulids_in_their_order():
    one, other = new_id(START), new_id(START.replace(year=2027))
    assert len(one) == 30 and one.startswith("msg_") and "." not in one
    assert one < other and one != new_id(START)


def test_the_schedules_are_those_of_the_contract():
    days = sum(PAUSES["long"]) / 86_400
    assert len(PAUSES["long"]) == 9 and 3 < days < 3.5
    assert PAUSES["short"] == (5, 30, 120, 600, 3600)


def test_a_secret_is_kept_sealed_and_lives_through_a_change_of_the_key(settings):
    hook = Webhook()
    secret = hook.new_secret(START)
    assert secret.startswith("whsec_") and secret[6:] not in hook.secret
    [key] = hook.keys(START)
    assert shown(key) == secret
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key, long enough"
    settings.SECRET_KEY_FALLBACKS = [before]
    assert hook.keys(START) == [key]
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Unreadable):
        hook.keys(START)
