"""Which cue comes first: the pure part of My cues."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.desk.cues.cue import When, in_order

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


@dataclass(frozen=True)
class One:
    name: str
    when: When


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (When(after(minutes=-5)), When(after(minutes=5))),
        (When(after(minutes=-9)), When(after(minutes=-5))),
        (When(after(minutes=5)), When(after(minutes=6), severity=1)),
        (When(after(minutes=5), severity=1), When(after(minutes=5), severity=2)),
        (When(after(minutes=5), severity=3, since=1), When(after(minutes=5), severity=3, since=2)),
        (When(after(minutes=5), severity=5), When(after(minutes=5))),
        (When(after(minutes=-1)), When(waits=True, severity=1)),  # late is later than now
        (When(waits=True), When(after(seconds=1), severity=1)),
        (When(waits=True, severity=1), When(waits=True, severity=2)),
        (When(after(days=50)), When(severity=1)),
        (When(after(minutes=4)), When(after(days=-21), by_day=True)),  # a day hurries nobody
        (When(after(days=50)), When(after(days=-21), by_day=True)),
        (When(after(days=-21), by_day=True), When(after(days=-1), by_day=True)),
        (When(after(days=9), by_day=True), When()),
        (When(severity=2), When()),
    ],
)
def test_the_one_comes_before_the_other(first, then):
    one, two = One("one", first), One("two", then)
    assert in_order([one, two], NOW) == in_order([two, one], NOW) == [one, two]


INSTANTS = st.none() | st.integers(-300, 300).map(lambda minutes: after(minutes=minutes))
CUES = st.builds(When, due=INSTANTS, waits=st.booleans(), by_day=st.booleans(), severity=st.integers(1, 9))


@given(st.lists(CUES.map(lambda when: One("", when)), max_size=12))
def test_none_is_lost_and_nothing_late_stands_behind_what_comes(found):
    ordered = in_order(found, NOW)
    assert sorted(map(repr, ordered)) == sorted(map(repr, found))
    instants = [one.when.due for one in ordered if one.when.due and not one.when.by_day]
    assert instants == sorted(instants)
    endless = [one.when.due is None and not one.when.waits for one in ordered]
    assert endless == sorted(endless)
