"""What Alertmanager's bodies mean, without a database."""

from datetime import UTC, datetime

import pytest

from incidents.inbound import alert, alertmanager
from incidents.inbound.alert import Action, Invalid
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, ONE_ENDS, an_alert, sample

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def decode(message, per_alert=False):
    return alertmanager.decode(message, per_alert=per_alert, now=NOW)


def group(message):
    (signal,) = decode(message).signals
    return signal


@pytest.mark.parametrize(
    ("name", "action", "firing"),
    [(FIRES, "trigger", 1), (JOINS, "trigger", 2), (ONE_ENDS, "trigger", 1), (ALL_ENDED, "resolve", 0)],
)
def test_a_group_triggers_while_any_of_its_alerts_fires(name, action, firing):
    signal = group(sample(name))
    assert (signal.action, len(signal.firing)) == (action, firing)


def test_the_four_messages_of_a_group_share_one_key_which_is_the_hash_of_the_group_key():
    keys = {group(sample(name)).key for name in (FIRES, JOINS, ONE_ENDS, ALL_ENDED)}
    assert keys == {alert.sha256(sample(FIRES)["groupKey"])}


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "5100 messages wait on mq-1"),
        ({"commonAnnotations": {"title": "T", "message": "M", "description": "D"}}, "T"),
        ({"commonAnnotations": {"message": "M", "description": "D"}}, "M"),
        ({"commonAnnotations": {"description": "D\n  on two lines"}}, "D on two lines"),
        ({"commonAnnotations": {"summary": "  "}}, "QueueTooLong north (1 alert)"),
        ({"commonAnnotations": None}, "QueueTooLong north (1 alert)"),
        ({"commonAnnotations": {}, "truncatedAlerts": 11}, "QueueTooLong north (12 alerts)"),
        ({"commonAnnotations": {}, "groupLabels": {}, "commonLabels": {}}, "QueueTooLong (1 alert)"),
        ({"commonAnnotations": {"summary": "x" * 3000}}, "x" * 1023 + "…"),
    ],
)
def test_the_title_is_the_first_thing_that_says_what_happened(changes, title):
    assert group(sample(FIRES, **changes)).title == title


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", 1),
        ("PAGE", 1),
        ("fatal", 1),
        ("Emergency", 1),
        ("error", 2),
        ("high", 2),
        ("major", 2),
        ("warning", 3),
        ("warn", 3),
        ("minor", 3),
        ("ticket", 3),
        ("info", 4),
        ("none", 4),
        ("low", 4),
        ("debug", 4),
        ("sev1", None),
        ("", None),
        (7, None),
        (None, None),
        (["critical"], None),
    ],
)
def test_severity_words(word, severity):
    labels = {"alertname": "A", "severity": word}
    (element,) = group(sample(FIRES, alerts=[an_alert(labels=labels)])).elements
    assert element.severity == severity


def test_a_truncated_resolved_cannot_resolve_its_group():
    signal = group(sample(ALL_ENDED, truncatedAlerts=3))
    assert signal.action is Action.UPDATE
    assert signal.unlisted == 3


def test_of_very_many_alerts_the_worst_that_fire_are_kept_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(alert, "KEPT", 2)
    listed = [an_alert("a", "resolved"), an_alert("b"), an_alert("c"), an_alert("d", labels={"severity": "critical"})]
    message = decode(sample(FIRES, alerts=listed, truncatedAlerts=3))
    (signal,) = message.signals
    assert [element.fingerprint for element in signal.elements] == ["d-fp", "b-fp"]
    assert signal.unlisted == 5
    assert message.warnings[-1] == "2 of 4 alerts are only counted"
    assert group(sample(FIRES, alerts=listed, truncatedAlerts=2**31)).unlisted == 2**31 - 1, "it fits its column"
    ended = group(sample(ALL_ENDED, alerts=[an_alert(name, "resolved") for name in "abc"]))
    assert (ended.action, len(ended.elements)) == (Action.RESOLVE, 2)


@pytest.mark.parametrize(
    ("status", "alerts", "action"),
    [
        ("resolved", [], "resolve"),
        ("resolved", [an_alert()], "trigger"),  # a firing alert is believed before the group's status
        ("firing", [an_alert(status="resolved")], "update"),
        (None, [an_alert(status="resolved")], "resolve"),
        (None, [an_alert(status="resolved"), 7], "update"),  # what cannot be read may still fire
        ("resolved", [an_alert(status="resolved"), 7], "resolve"),
    ],
)
def test_odd_pairs_of_status_and_alerts(status, alerts, action):
    assert group(sample(FIRES, status=status, alerts=alerts)).action == action


@pytest.mark.parametrize("per_alert", [False, True])
def test_an_empty_firing_list_does_nothing_and_says_so(per_alert):
    message = decode(sample(FIRES, alerts=[]), per_alert)
    assert not message.signals
    assert "nothing to do" in message.warnings[-1]


def test_one_bad_alert_does_not_lose_the_others():
    bad = [None, 7, "x", [], {}, {"status": "firing"}, {"status": "firing", "labels": []}, {"status": 1, "labels": {}}]
    message = decode(sample(FIRES, alerts=[*bad, an_alert()]))
    assert [element.name for element in message.signals[0].elements] == ["mq-1"]
    assert [warning.split()[0] for warning in message.warnings] == [f"alerts[{place}]" for place in range(len(bad))]


def test_in_alert_mode_each_alert_has_its_own_key_and_its_own_end():
    signals = decode(sample(ONE_ENDS), per_alert=True).signals
    assert [(signal.action, signal.title) for signal in signals] == [
        ("resolve", "5100 messages wait on mq-1"),
        ("trigger", "9000 messages wait on mq-2"),
    ]
    assert [signal.key for signal in signals] == [item["fingerprint"] for item in sample(ONE_ENDS)["alerts"]]


def test_a_missing_fingerprint_is_computed_as_alertmanager_does():
    sent = sample(FIRES)["alerts"][0]
    without = {name: value for name, value in sent.items() if name != "fingerprint"}
    assert group(sample(FIRES, alerts=[without])).elements[0].fingerprint == sent["fingerprint"]


def test_a_fingerprint_listed_twice_is_one_alert():
    alerts = [an_alert(), an_alert(status="resolved")]
    assert [element.firing for element in group(sample(FIRES, alerts=alerts)).elements] == [False]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-02T09:12:44.518203991Z", datetime(2026, 3, 2, 9, 12, 44, 518203, tzinfo=UTC)),
        ("2026-03-02T10:12:44+0100", datetime(2026, 3, 2, 9, 12, 44, tzinfo=UTC)),
        ("2026-03-02T09:12:44", datetime(2026, 3, 2, 9, 12, 44, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-03-04T10:00:00Z", None),
        ("soon", None),
        ("", None),
        (None, None),
        (7, None),
        ("2" * 5000, None),
    ],
)
def test_times(text, read):
    assert alert.instant(text, NOW) == read


def test_text_stays_text_and_only_web_addresses_become_links():
    signal = group(sample("unicode-and-html"))
    assert signal.title == "<b>Tür</b> & Tor 🚪 offen"
    assert signal.body.splitlines() == [
        "<script>alert(1)</script> [hier](javascript:alert(2))",
        "• Tür offen: <b>Tür</b> & Tor 🚪 offen",
    ]
    assert signal.elements[0].link == ""


def test_the_runbook_and_the_firing_alerts_are_part_of_the_symptom():
    assert group(sample(FIRES)).body.splitlines() == [
        "The queue on mq-1 has grown for 20 minutes.",
        "Runbook: https://wiki.example.org/queues",
        "• mq-1:9419: 5100 messages wait on mq-1",
    ]


def test_labels_are_bounded():
    huge = {f"label{n:03}": "v" * 5000 for n in range(300)} | {"n": 1.5, "nested": {"a": 1}}
    labels = alert.labels(huge)
    assert len(labels) == 64
    assert {len(value) for value in labels.values()} == {1024}
    assert alert.labels({"n": 1.5, "yes": True, "nested": {"a": 1}, "none": None}) == {"n": "1.5", "yes": "True"}


def test_a_key_too_long_is_replaced_by_its_hash_and_others_are_kept_byte_for_byte():
    assert alert.key(" Key ") == " Key "
    assert alert.key("k" * 513).startswith("sha256:")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({}, "custom payload"),
        ({"version": "4"}, "custom payload"),
        ({"version": "3"}, 'version "3"'),
        ({"alerts": None}, "must be a list"),
        ({"alerts": {}, "version": "4"}, "must be a list"),
        ({"title": "x", "state": "alerting", "orgId": 1}, "custom payload"),
    ],
)
def test_what_is_not_alertmanagers_is_refused_with_words_for_its_log(message, words):
    with pytest.raises(Invalid, match=words):
        decode(message)


def test_another_version_with_alerts_is_taken():
    assert group(sample(FIRES, version="5")).action is Action.TRIGGER


def test_grafanas_shape_is_taken_and_its_organisation_is_part_of_the_key():
    message = decode(sample("grafana"))
    assert "Grafana" in message.warnings[0]
    assert message.signals[0].key not in (group(sample("grafana", orgId=8)).key, group(sample(FIRES)).key)


def test_without_a_group_key_the_group_is_told_by_its_labels():
    first, second = (decode(sample(name, groupKey=None)) for name in (FIRES, ALL_ENDED))
    assert first.signals[0].key == second.signals[0].key
    assert "groupKey" in first.warnings[0]


NUMBERS = [(3, 3), (-3, 0), (2.5, 3), (10**400, 2**31 - 1), ("3", 0), (True, 0), ([], 0)]


@pytest.mark.parametrize(("value", "read"), NUMBERS)
def test_the_number_of_unlisted_alerts(value, read):
    assert alert.number(value) == read
