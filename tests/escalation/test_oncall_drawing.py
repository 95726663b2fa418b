"""Rows of bars: whole, in proportion, and true on the days when the clocks change."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.oncall.drawing import month_of, rows, week_of
from tests.escalation.oncall_kit import utc

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]
NOW = utc("2026-03-02T09:30")


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


@pytest.mark.parametrize(
    ("day", "first", "last", "before", "after"),
    [
        ("2026-03-15", "2026-02-23", "2026-04-06", "2026-02-01", "2026-04-01"),
        ("2026-12-31", "2026-11-30", "2027-01-04", "2026-11-01", "2027-01-01"),
        ("2026-06-01", "2026-06-01", "2026-07-06", "2026-05-01", "2026-07-01"),
    ],
)
def test_a_month_is_whole_weeks_around_it(day, first, last, before, after):
    period = month_of(date.fromisoformat(day))
    found = [one.isoformat() for one in (period.first, period.last, period.before, period.after)]
    assert found == [first, last, before, after]


@pytest.mark.parametrize(("day", "hours", "nine"), [("2026-03-29", 23, 8 / 23), ("2026-10-25", 25, 10 / 25)])
def test_a_day_on_which_the_clocks_change_has_its_own_hours(day, hours, nine):
    sunday = rows(week_of(date.fromisoformat(day)), [[]], BERLIN, NOW)[6]
    assert sunday.end - sunday.start == timedelta(hours=hours)
    marks = {mark.at.astimezone(BERLIN).hour: mark.x for mark in sunday.marks}
    assert marks[9] == pytest.approx(nine * 100, abs=0.01)
    assert sunday.marks[0].hours == hours


def test_in_a_month_such_a_day_is_narrower_than_the_others():
    week = next(row for row in rows(month_of(date(2026, 3, 1)), [[]], BERLIN, NOW) if row.marks[6].hours == 23)
    assert week.marks[6].width < week.marks[5].width
    assert sum(mark.width for mark in week.marks) == pytest.approx(100, abs=0.01)


def test_a_shift_over_midnight_is_one_bar_in_each_row():
    night = Span(utc("2026-03-02T18:00"), utc("2026-03-03T06:00"))
    first, second, *rest = rows(week_of(date(2026, 3, 2)), [[night]], ZoneInfo("UTC"), NOW)
    (evening,), (morning,) = first.lanes[0].bars, second.lanes[0].bars
    assert (evening.x, evening.width, evening.begins, evening.ends) == (75.0, 25.0, True, False)
    assert (morning.x, morning.width, morning.begins, morning.ends) == (0.0, 25.0, False, True)
    assert not any(row.lanes[0].bars for row in rest)


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    cuts=st.lists(st.integers(0, 45 * 24 * 60), min_size=1, max_size=8, unique=True),
    by=st.sampled_from([month_of, week_of]),
)
def test_what_fills_the_time_fills_the_rows(zone, day, cuts, by):
    """Spans that touch from before the page until after it leave no hole in any row, and overlap nowhere."""
    period = by(day)
    begin = datetime.combine(period.first, datetime.min.time(), zone).astimezone(utc("2026-01-01").tzinfo)
    edges = [
        begin - timedelta(days=9),
        *(begin + timedelta(minutes=cut) for cut in sorted(cuts)),
        begin + timedelta(days=60),
    ]
    spans = [Span(one, two) for one, two in pairwise(edges)]
    found = rows(period, [spans], zone, NOW)
    assert [row.end for row in found[:-1]] == [row.start for row in found[1:]]
    for row in found:
        at = 0.0
        for bar in row.lanes[0].bars:
            assert bar.x == pytest.approx(at, abs=0.01)
            at = bar.x + bar.width
        assert at == pytest.approx(100, abs=0.01)
