"""Grafana's webhook: read by Alertmanager's rules, with what Grafana says besides."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.inbound import alertmanager, grafana, intake, tasks
from incidents.inbound.alert import Action, Invalid
from incidents.models import Incident
from tests.incidents.inbound_kit import Sender
from tests.incidents.test_inbound_fuzz import FUZZ, messages, values, whole

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "grafana"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def sample(name, **changes):
    return {**json.loads((SAMPLES / f"{name}.json").read_text()), **changes}


def decode(payload, per_alert=False):
    return grafana.decode(payload, per_alert=per_alert, now=NOW)


def only(payload, per_alert=False):
    (signal,) = decode(payload, per_alert).signals
    return signal


def test_the_title_is_its_users_without_the_tag_and_links_and_values_are_told():
    signal = only(sample("fires"))
    assert signal.title == "Queue age Billing (critical orders)"
    for told in (
        "The oldest order waits for 9 minutes",
        "Values: A=540.5",
        "Runbook: https://wiki.example.com/queue",
        "Panel: https://grafana.example.com/d/q/orders?viewPanel=2",
        "Silence in Grafana: https://grafana.example.com/alerting/silence/new",
        "Image: https://grafana.example.com/picture.png",
    ):
        assert told in signal.body, told
    assert signal.elements[0].severity == 1


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("[FIRING:2, RESOLVED:1] A", "A"),
        ("[Alerting] [shop] A", "[shop] A"),
        ("", "The oldest order waits for 9 minutes"),
        ("[RESOLVED]", "The oldest order waits for 9 minutes"),
        (7, "The oldest order waits for 9 minutes"),
    ],
)
def test_titles(title, told):
    assert only(sample("fires", title=title)).title == told


def test_organisations_keys_and_modes_are_as_at_alertmanagers_door():
    fires, resolved = sample("fires"), sample("resolved")
    assert only(fires).key == only(resolved).key != only({**fires, "orgId": 2}).key
    assert only(fires, per_alert=True).key == only(resolved, per_alert=True).key == "org 1/aa00bb11cc22dd33"
    there = alertmanager.decode(fires, per_alert=False, now=NOW)
    assert there.signals == decode(fires).signals
    assert "Grafana" in there.warnings[0]
    assert only(resolved).action is Action.RESOLVE


@pytest.mark.parametrize("per_alert", [False, True])
def test_no_data_is_a_trouble_of_its_own(per_alert):
    signal = only(sample("no-data"), per_alert)
    assert signal.title == "No data: Queue age"
    assert signal.elements[0].severity == 3
    paused = sample("resolved")
    paused["alerts"][0]["annotations"]["grafana_state_reason"] = "Paused"
    assert only(paused, per_alert).outside.text == "Resolved by Grafana: Paused"


def test_what_is_no_alert_lends_its_words_to_no_other():
    """Nor breaks what is read of the others, whatever stands in it."""
    odd = {"status": "firing", "labels": 7, "annotations": {"summary": False, "grafana_state_reason": []}}
    ended = sample("resolved")["alerts"][0]
    read = only(sample("resolved", alerts=[ended, {**odd, "fingerprint": ended["fingerprint"]}]))
    assert read.outside.text == ""
    assert decode(sample("fires", alerts=[odd])).signals == []


def test_the_test_button_opens_nothing_and_a_custom_payload_is_told_where_to_go():
    test = sample("fires")
    test["alerts"][0]["labels"] = {"alertname": "TestAlert", "instance": "Grafana"}
    message = decode(test)
    assert not message.signals
    assert "test" in message.warnings[0]
    with pytest.raises(Invalid, match="Webhook"):
        decode({"my": "own"})


@pytest.mark.parametrize(
    ("state", "action", "severity", "title"),
    [
        ("alerting", Action.TRIGGER, None, "Queue age"),
        ("no_data", Action.TRIGGER, 3, "No data: Queue age"),
        ("ok", Action.RESOLVE, None, "Queue age"),
    ],
)
def test_alerting_up_to_version_8(state, action, severity, title):
    rule = {"ruleId": 7, "orgId": 1, "ruleName": "Queue age", "ruleUrl": "https://grafana.example.com/r", "tags": {}}
    signal = only({**rule, "state": state, "imageUrl": "https://grafana.example.com/i.png", "message": "Slow"})
    assert (signal.action, signal.elements[0].severity, signal.title) == (action, severity, title)
    assert signal.key == "legacy/1/7"
    assert signal.body == "Slow\nRule: https://grafana.example.com/r\nImage: https://grafana.example.com/i.png"
    assert not decode({**rule, "state": "pending"}).signals


@pytest.mark.django_db
def test_through_its_door_by_post_and_put_and_what_paused_means_is_on_record(cast, clock):
    grafanas = Sender(kind="grafana", name="Grafana", service=cast.service)
    address = "/integrations/grafana"
    headers = {"authorization": f"Token {grafanas.key}"}
    opened = grafanas.client.put(address, sample("fires"), content_type="application/json", headers=headers)
    assert opened.status_code == 202, opened.content
    resolved = sample("resolved")
    resolved["alerts"][0]["annotations"]["grafana_state_reason"] = "RuleDeleted"
    ended = grafanas.client.post(f"{address}/{grafanas.key}/", resolved, content_type="application/json")
    assert ended.json()["incidents"] == opened.json()["incidents"]
    entry = Incident.objects.get().trail.entries.get(kind="resolved")
    assert entry.said.text == "Resolved by Grafana: RuleDeleted"
    assert grafanas.client.post(address, {}, content_type="application/json").status_code == 401


extras = st.fixed_dictionaries(
    {"orgId": values, "state": values},
    optional={"title": values, "message": values, "ruleId": values, "tags": values, "ruleName": values},
)


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
def test_whatever_is_posted_gets_an_answer_and_leaves_whole_incidents(cast, clock):
    sender = Sender(kind="grafana", name="Grafana", service=cast.service)

    @FUZZ
    @given(st.one_of(st.builds(lambda a, b: {**a, **b}, messages, extras), extras, values))
    def run(body):
        intake.pace = intake.Pace()
        path = f"/integrations/grafana/{sender.key}"
        answer = sender.client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code in (202, 400)
        tasks.process_waiting()
        whole()

    run()
