"""The canonical form cannot change unnoticed, and no two different entries look the same to the seal."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.trail import chain

GOLDEN = {
    "trail_id": 42,
    "seq": 7,
    "at": datetime(2026, 3, 29, 1, 30, 0, 5, UTC),
    "kind": "acknowledged",
    "actor_kind": "person",
    "actor_id": 3,
    "actor_name": "Zoë “Z” Müller",
    "run": 9,
    "policy_version": 2,
    "cause": "timer-12",
    "data": '{"tier":"1st line","after_s":300,"names":["a\\nb","\\u20ac"],"ok":true,"none":null}',
    "text_digest": "fcec2551f0a2c35d87c4da7e859f84c00e76b7bb6a26c3720d2f02532663158d",  # of "On it.", salted with 00…
    "prev": chain.GENESIS,
}
GOLDEN_CANONICAL = (
    '{"actor_id":3,"actor_kind":"person","actor_name":"Zoë “Z” Müller","at":"2026-03-29T01:30:00.000005Z",'
    '"cause":"timer-12","data":{"after_s":300,"names":["a\\nb","€"],"none":null,"ok":true,"tier":"1st line"},'
    '"kind":"acknowledged","policy_version":2,"prev":"' + "0" * 64 + '","run":9,"seq":7,"text_digest":"'
    'fcec2551f0a2c35d87c4da7e859f84c00e76b7bb6a26c3720d2f02532663158d","trail":42,"v":1}'
)


def test_a_golden_entry_keeps_its_text_and_its_seal():
    assert chain.canonical(GOLDEN) == GOLDEN_CANONICAL
    sealed = chain.seal(chain.GENESIS, GOLDEN_CANONICAL)
    assert sealed == "3ed44b2d858072bba10ffe5f949b97f7776c5d206d038262f718c597b7c98819"


def test_the_seal_is_over_utf8_and_joined_as_documented():
    expected = hashlib.sha256(b"baton-entry-1\n" + b"ab" + b"\n" + "Zoë".encode()).hexdigest()
    assert chain.seal("ab", "Zoë") == expected
    assert chain.digest("ab", "Zoë") == hashlib.sha256(b"baton-text-1\nab\nZo\xc3\xab").hexdigest()


def test_the_zone_of_an_instant_does_not_matter_but_a_microsecond_does():
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert chain.instant(at) == "2026-10-25T00:30:00.000000Z"
    assert chain.instant(at.astimezone(timezone(timedelta(hours=2)))) == chain.instant(at)
    assert chain.instant(at + timedelta(microseconds=1)) == "2026-10-25T00:30:00.000001Z"
    assert chain.instant(datetime(987, 1, 2, tzinfo=UTC)) == "0987-01-02T00:00:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        chain.instant(datetime(2026, 10, 25))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.0, TypeError),
        ({"a": [{"b": 0.5}]}, TypeError),
        (float("nan"), TypeError),
        ({1: "a"}, TypeError),
        (datetime(2026, 1, 1, tzinfo=UTC), TypeError),
        ({"é": 1}, ValueError),
        (2**53, ValueError),
        (-(2**53), ValueError),
    ],
)
def test_what_has_no_canonical_form_is_refused(value, error):
    with pytest.raises(error):
        chain.plain(value)


def test_floats_in_the_data_text_are_refused_too():
    with pytest.raises(TypeError):
        chain.canonical(GOLDEN | {"data": '{"a":1.0}'})


INTS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
DATA = st.recursive(
    st.none() | st.booleans() | INTS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
COLUMNS = {
    "trail_id": INTS,
    "seq": INTS,
    "at": st.datetimes(timezones=st.just(UTC)),
    "kind": TEXT,
    "actor_kind": TEXT,
    "actor_id": st.none() | INTS,
    "actor_name": TEXT,
    "run": st.none() | INTS,
    "policy_version": st.none() | INTS,
    "cause": st.none() | TEXT,
    "data": st.dictionaries(KEYS, DATA, max_size=3).map(chain.plain),
    "text_digest": TEXT,
    "prev": TEXT,
}


@given(st.fixed_dictionaries(COLUMNS), st.data())
def test_a_difference_in_any_column_is_a_difference_under_the_seal(fields, draw):
    name = draw.draw(st.sampled_from(sorted(COLUMNS)))
    other = fields | {name: draw.draw(COLUMNS[name])}
    assert (chain.canonical(fields) == chain.canonical(other)) == (fields == other)


@given(st.fixed_dictionaries(COLUMNS))
def test_the_canonical_form_is_json_that_says_the_same_again(fields):
    text = chain.canonical(fields)
    read = json.loads(text)
    assert chain.plain(read) == text
    assert read.pop("v") == 1
    back = {**read, "trail_id": read.pop("trail"), "data": chain.plain(read["data"])}
    back.pop("trail", None)
    back["at"] = datetime.fromisoformat(back["at"])
    assert back == fields
