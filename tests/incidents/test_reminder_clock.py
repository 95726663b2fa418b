"""An update that is to be published is missed once in each interval; of several that were said only the last stands."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.promises.clock import PUBLISHED, WITHDRAWN, PromiseClock, clock_of
from incidents.promises.cycle import Counts, Kind, Say, Term, Told

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY_HOUR = Term(Kind.UPDATE, 60, warn=100, counts=Counts.PUBLISHED)
RISK, BROKEN = Say.RISK, Say.BROKEN


def minute(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def heard(*lines, term: Term = EVERY_HOUR) -> PromiseClock:
    """An incident opened at T0, then (minute, kind[, data[, wrote]]) lines."""
    told = [Told(1, T0, "opened", {"promised": [term.plain()]}, wrote=True)]
    for seq, (n, kind, *more) in enumerate(lines, start=2):
        told.append(Told(seq, minute(n), kind, more[0] if more else {}, kind in ("note", PUBLISHED)))
    return clock_of(told)


def said(name: str) -> dict:
    return {"name": name}


def n(number: int) -> dict:
    return {"number": number}


@pytest.mark.parametrize(
    ("lines", "now", "what", "at"),
    [
        ([], 10, BROKEN, 60),
        ([(30, "note")], 40, BROKEN, 60),  # nobody outside has read it
        ([(30, PUBLISHED)], 40, BROKEN, 90),
        ([(60, "promise_broken", said("update:1:1"))], 61, BROKEN, 120),
        ([(60, "promise_broken", said("update:1:1"))], 120, BROKEN, 120),
        ([(60, "promise_broken", said("update:1:1")), (120, "promise_broken", said("update:1:1:2"))], 130, BROKEN, 180),
        ([], 200, BROKEN, 180),  # after an outage the latest alone
        ([(60, "promise_broken", said("update:1:1")), (70, PUBLISHED)], 75, BROKEN, 130),
        ([(20, "held"), (100, "woken")], 110, BROKEN, 140),
        ([(30, PUBLISHED, n(1)), (50, WITHDRAWN, n(1))], 51, BROKEN, 60),
        ([(30, PUBLISHED, n(1)), (80, WITHDRAWN, n(1))], 80, BROKEN, 60),  # nobody has an update that stands
        ([(30, PUBLISHED, n(1)), (40, PUBLISHED, n(2)), (50, WITHDRAWN, n(1))], 51, BROKEN, 100),
        ([(30, PUBLISHED, n(1)), (40, PUBLISHED, n(2)), (50, WITHDRAWN, n(2))], 51, BROKEN, 90),
        ([(9, PUBLISHED, n(1)), (40, PUBLISHED, n(2)), (50, WITHDRAWN, n(1)), (51, WITHDRAWN, n(2))], 52, BROKEN, 60),
    ],
)
def test_what_is_said_next_and_when(lines, now, what, at):
    clock = heard(*lines)
    [reading] = clock.readings(minute(now))
    assert clock.next_said(reading, minute(now)) == (what, minute(at))


def test_a_warning_comes_before_the_first_alone():
    clock = heard(term=Term(Kind.UPDATE, 60, warn=80, counts=Counts.PUBLISHED))
    [reading] = clock.readings(minute(10))
    assert clock.next_said(reading, minute(10)) == (RISK, minute(48))
    clock = heard((60, "promise_broken", said("update:1:1")), term=Term(Kind.UPDATE, 60, counts=Counts.PUBLISHED))
    [reading] = clock.readings(minute(61))
    assert clock.next_said(reading, minute(61)) == (BROKEN, minute(120))


def test_of_those_that_wait_the_latest_leaves():
    twice = heard((60, "promise_broken", said("update:1:1")), (120, "promise_broken", said("update:1:1:2")))
    assert twice.moot(minute(130)) == [(BROKEN, "update:1:1")]
    assert heard((60, "promise_broken", said("update:1:1"))).moot(minute(70)) == []
    over = heard((60, "promise_broken", said("update:1:1")), (70, PUBLISHED))
    assert over.moot(minute(75)) == [(BROKEN, "update:1:1")]


def test_what_is_promised_goes_on_record_and_comes_back():
    assert Term.of(EVERY_HOUR.plain()) == EVERY_HOUR
    assert "counts" not in Term(Kind.UPDATE, 60).plain()  # as it was on record before there was a choice
