"""Every door's real messages with something else in any place: read, or refused, and what is read can be stored."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from incidents.inbound import alert, ready, registry
from incidents.inbound.alert import Invalid, Message
from incidents.inbound.door import Told
from incidents.inbound.opsgenie.calls import ACTIONS
from tests.parts import examples

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ELSE = [
    *(None, True, 0, -1, 1.5, 2**63, 10**300, "", " ", "x", "9" * 600, "\0\ud800", "firing", "resolved"),
    *([], {}, [[]], [{}], {"a": []}, ["a", 1, None, {}], [None] * 3),
    *("2026-03-02T09:12:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
]
CALLS = ["create", "close", "acknowledge", "custom", *sorted(set().union(*ACTIONS.values()))]


def told_to(kind: str) -> list[tuple[str, Any, dict[str, Any]]]:
    """(mapping, message, envelope) of all that is known of a door's senders."""
    if kind == "webhook":
        known = [(tool.mapping, one, {}) for tool in ready.TOOLS for one in tool.samples.values()]
        return known + [("", message, {}) for _mapping, message, _envelope in known]
    samples = [json.loads(file.read_text()) for file in sorted((SAMPLES / kind).glob("*.json"))]
    envelopes: list[dict[str, Any]] = [{}]
    if kind == "pagerduty":
        envelopes = [{"door": door, "dedup_key": "k"} for door in ("pagerduty", "pagerduty-v1", "pagerduty-change")]
    if kind == "opsgenie":
        envelopes = [{"call": call, "alias": alias, "identifier": "a"} for call in CALLS for alias in ("a", None)]
    return [("", one, envelope) for one in samples for envelope in envelopes if isinstance(one, dict)]


def places(value: Any, here: tuple = ()) -> Iterator[tuple]:
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*here, name))


def put(value: Any, place: tuple, other: Any) -> Any:
    if not place:
        return other
    value = copy.copy(value)
    value[place[0]] = put(value[place[0]], place[1:], other)
    return value


def check(message: Message) -> None:
    texts = [message.line, *message.warnings]
    for signal in message.signals:
        texts += [signal.key, signal.title, signal.body, *signal.labels, *signal.labels.values()]
        texts += [signal.outside.by, signal.outside.text, signal.outside.to]
        assert len(signal.key) <= alert.KEY_LIMIT and len(signal.title) <= alert.TITLE_LIMIT
        assert signal.unlisted < 2**31
        for one in signal.elements:
            texts += [one.fingerprint, one.name, one.summary, one.link, *one.labels, *one.labels.values()]
            assert len(one.fingerprint) <= 64 and len(one.summary) <= 1024 and len(one.link) <= 2000
    for change in message.changes:
        texts += [change.summary, change.origin, change.link]
        assert len(change.summary) <= 1024 and len(change.origin) <= 255
    for text in texts:
        assert "\0" not in text.encode().decode()


@pytest.mark.parametrize("kind", ["alertmanager", "grafana", "pagerduty", "opsgenie", "webhook"])
def test_whatever_stands_where_something_else_should_is_no_trouble_of_ours(kind):
    dice = random.Random(kind)  # the same each time
    known = told_to(kind)
    assert len(known) >= 3
    for _time in range(examples(5_000)):
        mapping, message, envelope = dice.choice(known)
        for _change in range(dice.randint(1, 4)):
            message = put(message, dice.choice(list(places(message))), dice.choice(ELSE))
        how = {"grouping": dice.choice(["group", "alert"]), "lenient": dice.choice([True, False])}
        source: Any = SimpleNamespace(kind=kind, name="S", mapping=mapping, **how)
        try:
            check(registry.door_of(source, envelope).decode(Told(source, json.dumps(message).encode(), envelope, NOW)))
        except Invalid:
            continue
        except Exception as error:
            raise AssertionError(f"{mapping!r} {envelope} {json.dumps(message)[:2000]}") from error
