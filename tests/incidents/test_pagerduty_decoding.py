"""PagerDuty's bodies, read by tables. No database."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.inbound import alert, pagerduty, pagerduty_v1
from incidents.inbound.alert import Action
from incidents.inbound.pagerduty import Faults
from tests.incidents.pagerduty_kit import sample

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FACTS = sample("trigger")["payload"]


def decoded(payload, *, envelope=None, lenient=False):
    message = pagerduty.decode(payload, envelope=envelope or {}, lenient=lenient, now=NOW)
    [signal] = message.signals
    return signal


def faults(payload, *, lenient=False) -> tuple[str, ...]:
    with pytest.raises(Faults) as found:
        decoded(payload, lenient=lenient)
    return found.value.errors


def test_a_trigger_says_all_that_it_carries():
    signal = decoded(sample("trigger"))
    [element] = signal.elements
    assert (signal.action, signal.key, signal.title) == (
        Action.TRIGGER,
        "mail-out/queue",
        "12 000 messages wait in mail-out",
    )
    assert (element.severity, element.name, element.starts_at) == (
        1,
        "mq-2.example.org",
        NOW - timedelta(minutes=17, seconds=15.482),
    )
    assert element.link == "https://watch.example.org/run/311"
    assert signal.labels == {
        "source": "mq-2.example.org",
        "component": "rabbitmq",
        "group": "mail",
        "class": "queue length",
        "waiting": "12000",
        "per second": "3.5",
    }
    assert signal.body.splitlines() == [
        "waiting: 12000",
        "per second: 3.5",
        'consumers: [{"host": "app-1", "state": "gone"}]',
        "Queue length: https://graphs.example.org/d/mail",
        "The last day: https://graphs.example.org/mail.png",
        "Night watch: https://watch.example.org/run/311",
    ]


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("payload", ["absent", None, {}, FACTS, {"summary": 3, "severity": []}])
def test_what_follows_a_trigger_may_say_as_much_or_as_little_as_it_likes(action, payload):
    event = sample(action) if payload == "absent" else sample(action, payload=payload)
    assert (decoded(event).action, decoded(event).key) == (Action(action), "mail-out/queue")


def test_what_scripts_and_alertmanager_send_is_taken():
    script, monitoring = decoded(sample("from-a-script")), decoded(sample("from-alertmanager"))
    assert (script.key, script.title, script.body) == (
        "4711",
        "Backup of 🗄 failed",
        'details: ["disk full", "2 files"]',
    )
    assert script.elements[0].starts_at is None
    assert (monitoring.elements[0].name, monitoring.elements[0].severity) == ("unknown", 2)


MISSING, KEY = "is missing or blank", "'dedup_key' is too long (maximum is 255 characters)"
WORDS = "is invalid (must be one of the following:"
REFUSED = [
    ({"event_action": "Trigger"}, f"'event_action' {WORDS} 'trigger', 'acknowledge' or 'resolve')"),
    ({"event_action": None}, f"'event_action' {MISSING}"),
    ({"event_action": "resolve", "dedup_key": " "}, f"'dedup_key' {MISSING}"),
    ({"event_action": "acknowledge", "dedup_key": True}, f"'dedup_key' {MISSING}"),
    ({"dedup_key": "k" * 256}, KEY),
    ({"event_action": "resolve", "dedup_key": "k" * 256}, KEY),
    ({"payload": None}, f"'payload' {MISSING}"),
    ({"payload": [1]}, f"'payload' {MISSING}"),
    ({"payload": {**FACTS, "summary": " \n"}}, f"'payload.summary' {MISSING}"),
    ({"payload": {**FACTS, "summary": {}}}, f"'payload.summary' {MISSING}"),
    ({"payload": {**FACTS, "source": None}}, f"'payload.source' {MISSING}"),
    ({"payload": {**FACTS, "severity": None}}, f"'payload.severity' {MISSING}"),
    (
        {"payload": {**FACTS, "severity": "Critical"}},
        f"'payload.severity' {WORDS} 'critical', 'warning', 'error' or 'info')",
    ),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED)
def test_what_is_refused_and_in_which_words(changes, said):
    assert faults(sample("trigger", **changes)) == (said,)


def test_all_that_is_wrong_is_said_at_once():
    assert len(faults({"event_action": "trigger", "dedup_key": "k" * 300, "payload": {}})) == 4


@pytest.mark.parametrize("severity", ["Critical", "urgent!", 7, None, []])
def test_a_lenient_source_takes_severities_that_nobody_knows(severity):
    event = sample("trigger", payload={**FACTS, "severity": severity})
    known = {"Critical": 1}
    assert decoded(event, lenient=True).elements[0].severity == (
        known.get(severity) if isinstance(severity, str) else None
    )


ODD = [
    {"links": 3, "images": [1, {}, {"src": "javascript:x"}], "client": [], "client_url": "javascript:x"},
    {"payload": {**FACTS, "timestamp": 12, "component": ["a"], "group": {}, "class": None, "custom_details": "text"}},
    {
        "payload": {**FACTS, "custom_details": {str(n): n for n in range(100)}},
        "links": [{"href": "https://a.example"}] * 50,
    },
    {"payload": {**FACTS, "summary": "s" * 5000}},
]


@pytest.mark.parametrize("changes", ODD)
def test_optional_fields_of_a_wrong_type_or_size_are_left_out_or_cut(changes):
    signal = decoded(sample("trigger", **changes))
    assert len(signal.title) <= alert.TITLE_LIMIT
    assert len(signal.labels) <= alert.LABELS
    assert "javascript" not in signal.body + signal.elements[0].link
    assert len(signal.body.splitlines()) < 50


def test_an_event_without_a_key_has_one_of_its_own_that_stays_the_same():
    event = sample("trigger")
    del event["dedup_key"]
    own = pagerduty.own_key(event.get("dedup_key"))
    assert decoded(event, envelope=own).key == decoded(event, envelope=own).key == own["dedup_key"]
    assert own != pagerduty.own_key(None)
    assert pagerduty.own_key(42) == {}


def test_the_older_api_says_the_same_in_other_words():
    [signal] = pagerduty_v1.decode(sample("v1-trigger"), envelope={}, now=NOW).signals
    assert (signal.action, signal.key, signal.title) == (
        Action.TRIGGER,
        "mail-out/queue",
        "12 000 messages wait in mail-out",
    )
    assert signal.body.splitlines() == [
        "waiting: 12000",
        "Queue length: https://graphs.example.org/d/mail",
        "Link: https://graphs.example.org/mail.png",
        "Old script: https://watch.example.org/old",
    ]
    with pytest.raises(Faults) as found:
        pagerduty_v1.decode({"event_type": "resolved"}, envelope={}, now=NOW)
    assert "'event_type' is invalid" in str(found.value)


def test_a_change_says_what_where_and_when():
    changed = pagerduty.change(sample("change"), now=NOW)
    assert (changed.summary, changed.origin, changed.link) == (
        "Mail service 4.2 is live",
        "builds.example.org",
        "https://builds.example.org/812",
    )
    assert changed.at == NOW - timedelta(minutes=25)
    with pytest.raises(Faults):
        pagerduty.change({"payload": {"summary": ""}}, now=NOW)
