"""The Alert API's calls, read: addresses with anything in them, and bodies into signals."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incidents.inbound.alert import KEY_LIMIT, Action
from incidents.inbound.opsgenie import answers, calls, decoding, fields
from incidents.inbound.opsgenie.calls import Call

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "opsgenie"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "rest", "call"),
    [
        ("POST", "", Call("create")),
        ("POST", "/var/close", Call("close", "/var")),
        ("GET", "", Call("list")),
        ("PUT", "", None),
        ("POST", "disk/close", Call("close", "disk")),
        ("POST", "disk/close/", Call("close", "disk")),
        ("POST", "srv/db-7:/var/close", Call("close", "srv/db-7:/var")),
        ("POST", "ends in a slash//notes", Call("notes", "ends in a slash/")),
        ("POST", "door/close/notes", Call("notes", "door/close")),
        ("POST", "100% ?#+🔥/acknowledge", Call("acknowledge", "100% ?#+🔥")),
        ("POST", "a\0b\ud800/acknowledge", Call("acknowledge", "ab")),
        ("POST", "two\nlines/snooze", Call("snooze", "two\nlines")),
        ("POST", "a/b/actions/Restart it", Call("custom", "a/b", "Restart it")),
        ("POST", "close", None),
        ("POST", "disk", None),
        ("POST", "disk/explode", None),
        ("PUT", "a/b/message", Call("message", "a/b")),
        ("PUT", "disk/close", None),
        ("DELETE", "a/b/tags", Call("tags", "a/b")),
        ("DELETE", "a/b", Call("delete", "a/b")),
        ("GET", "a/b", Call("get", "a/b")),
        ("GET", "requests/8f", Call("status", "8f")),
        ("GET", "" + "x" * 4_001, None),
    ],
)
def test_the_last_part_says_what_is_asked_and_the_rest_is_the_identifier(method, rest, call):
    assert calls.understood(method, rest) == call


def test_an_alert_may_be_called_like_the_address_of_requests():
    assert calls.understood("GET", "requests/8f", typed=True) == Call("get", "requests/8f")


def decoded(call: str, payload: dict, alias: str | None = "a", **envelope):
    return decoding.decode(payload, {"call": call, "alias": alias, **envelope}, now=NOW)


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def test_everything_that_a_whole_alert_says_is_kept():
    payload = sample("create-full")
    created, noted = decoded("create", payload, decoding.alias_in(payload)).signals
    element = created.elements[0]
    assert (created.action, created.key) == (Action.TRIGGER, "hall-3/printers:queue 100%")
    assert (created.title, element.severity) == ("Queue of the label printers is 4000 long", 2)
    assert created.body.startswith("The printers in hall 3 answer")
    assert "host: prn-3.depot.example" in created.body.splitlines()
    assert fields.parts(element.labels) == (
        {
            "description": payload["description"],
            "entity": "prn-3",
            "source": "queue-watch",
            "priority": "P2",
            "responders": "Warehouse, mei@example.com, Warehouse_schedule",
        },
        ["hall-3", "service:Payments"],
        {"host": "prn-3.depot.example", "waiting": "4000", "since": '{"hours": 2}', "#odd": "yes"},
    )
    routes = {name: created.labels[name] for name in ("team", "service", "entity", "host")}
    assert routes == {"team": "Warehouse", "service": "Payments", "entity": "prn-3", "host": "prn-3.depot.example"}
    assert (noted.action, noted.outside.text, noted.outside.by) == (
        Action.NOTE,
        "second time this week",
        "queue-watch",
    )


def test_what_says_no_priority_has_the_third():
    (created,) = decoded("create", {"message": "Nightly backup did not finish"}).signals
    assert created.elements[0].severity == 3


def test_an_address_as_source_leads_back_however_long_it_is():
    payload = sample("alertmanager-create")
    (created,) = decoded("create", payload).signals
    assert created.elements[0].link == payload["source"]


def test_names_that_are_empty_are_nobody():
    (created,) = decoded("create", sample("zabbix-create")).signals
    own, tags, _details = fields.parts(created.elements[0].labels)
    assert "responders" not in own
    assert tags == ["scope:capacity", "component:storage"]


@pytest.mark.parametrize(
    ("call", "payload", "field"),
    [
        ("create", {}, "message"),
        ("create", {"message": " \n"}, "message"),
        ("create", {"message": ["x"]}, "message"),
        ("create", {"message": "x", "priority": "P6"}, "priority"),
        ("create", {"message": "x", "priority": 1}, "priority"),
        ("notes", {}, "note"),
        ("snooze", {}, "endTime"),
        ("snooze", {"endTime": "tomorrow"}, "endTime"),
        ("snooze", {"endTime": "0001-01-01T00:00:00Z"}, "endTime"),
        ("snooze", {"endTime": "9999-12-31T23:59:59-14:00"}, "endTime"),
        ("snooze", {"endTime": "2026-03-02T09:30:00Z"}, "endTime"),
        ("assign", {"owner": {"username": ""}}, "owner"),
        ("escalate", {"escalation": "somebody"}, "escalation"),
        ("responders", {}, "responder"),
        ("teams", {"team": {}}, "team"),
        ("message", {"message": ""}, "message"),
        ("description", {}, "description"),
        ("priority", {}, "priority"),
        ("tags", {"tags": []}, "tags"),
        ("details", {"details": []}, "details"),
    ],
)
@pytest.mark.parametrize("alias", ["a", None])
def test_what_a_call_cannot_do_without_is_named(call, payload, field, alias):
    with pytest.raises(fields.Unprocessable) as refused:
        decoded(call, payload, alias)
    assert list(refused.value.errors) == [field]
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("call", "payload", "action", "told"),
    [
        ("acknowledge", sample("acknowledge"), Action.ACKNOWLEDGE, {"by": "mei@example.com"}),
        ("acknowledge", {}, Action.ACKNOWLEDGE, {"by": "", "text": ""}),
        ("unacknowledge", {}, Action.UNACKNOWLEDGE, {}),
        ("snooze", sample("snooze"), Action.HOLD, {"until": datetime(2026, 3, 2, 14, tzinfo=UTC)}),
        ("escalate", sample("escalate"), Action.ESCALATE, {"by": "mei@example.com"}),
        ("assign", sample("assign"), Action.ASSIGN, {"to": "mei@example.com", "by": "kim@example.com"}),
        ("notes", {"note": "looking"}, Action.NOTE, {"text": "looking"}),
        ("responders", {"responder": {"type": "schedule", "name": "DBA"}}, Action.NOTE, {"text": "responder: DBA"}),
        ("teams", {"team": {"name": "DBA"}}, Action.NOTE, {"text": "team: DBA"}),
        ("custom", {"note": "now"}, Action.NOTE, {"text": "action: Restart\nnow"}),
    ],
)
def test_what_people_did_about_it(call, payload, action, told):
    (signal,) = decoded(call, payload, method="POST", **({"action": "Restart"} if call == "custom" else {})).signals
    assert signal.action == action
    assert {name: getattr(signal.outside, name) for name in told} == told


def test_a_close_without_a_body_ends_it_and_with_a_note_keeps_that_first():
    (over,) = decoded("close", {}).signals
    assert (over.action, over.elements[0].firing) == (Action.RESOLVE, False)
    assert [signal.action for signal in decoded("close", sample("zabbix-close")).signals] == ["note", "resolve"]


def test_every_call_that_an_address_can_ask_for_is_read():
    asked = {name for names in calls.ACTIONS.values() for name in names}
    assert asked | {"create", "delete", "custom"} == set(decoding._CALLS) == set(answers._ACTIONS)


def test_an_identifier_that_means_nothing_keeps_its_order_and_does_nothing():
    message = decoded("close", {}, None, identifier="12")
    assert not message.signals
    assert message.line == decoded("close", {}, None, identifier="12").line


def test_an_alias_is_compared_byte_by_byte_and_a_long_one_by_its_hash():
    assert decoding.alias_in({"alias": " A "}) == " A "
    assert decoding.alias_in({"alias": 771204}) == "771204"
    assert decoding.alias_in({"alias": " "}) == decoding.alias_in({"alias": True}) == ""
    hashed = decoding.alias_in({"alias": "x" * (KEY_LIMIT + 1)})
    assert hashed.startswith("sha256:")
    assert decoded("close", {}, hashed).signals[0].key == hashed


def test_numbers_travel_as_identifiers_and_only_as_those_of_their_kind():
    assert answers.receipt_of(answers.request_id(42)) == 42
    assert answers.key_of(answers.alert_id(42)) == 42
    for other in (answers.alert_id(42), answers.new_request_id(), "42", "", "{" * 99):
        assert answers.receipt_of(other) is None
