"""Gaps as people say them: what comes every week is said once. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.oncall.spans import Span
from escalation.policies.readiness.checks import Finding, Kind
from escalation.policies.readiness.facts import Rota
from escalation.policies.readiness.spells import spells
from escalation.policies.readiness.spellwords import when

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
END = NOW + 60 * DAY


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(first: str, hours: float) -> list[Span]:
    start, found = at(first), []
    while start < END:
        found.append(Span(start, min(start + timedelta(hours=hours), END)))
        start += 7 * DAY
    return found


def test_what_comes_every_week_is_said_once():
    [one] = spells(weekly("2026-03-08T08:00", 12), "UTC", NOW, END)
    assert (one.weekdays, one.start, one.days) == ((6,), at("2026-03-08T08:00"), 0)


def test_days_with_the_same_times_are_said_together():
    both = sorted(weekly("2026-03-07T08:00", 12) + weekly("2026-03-08T08:00", 12))
    [one] = spells(both, "UTC", NOW, END)
    assert one.weekdays == (5, 6)


def test_a_clock_that_is_put_forward_does_not_break_the_row():
    """In Berlin on 29 March: the same wall time is another instant afterwards."""
    starts = [at("2026-03-08T07:00") + n * 7 * DAY - (HOUR if n >= 3 else 0 * HOUR) for n in range(8)]
    [one] = spells([Span(start, start + 12 * HOUR) for start in starts], "Europe/Berlin", NOW, END)
    assert one.weekdays == (6,) and one.start.hour == 8


def test_what_is_under_way_once_or_without_end_stands_by_itself():
    gaps = [Span(NOW, NOW + HOUR), Span(NOW + 3 * DAY, NOW + 3 * DAY + HOUR), Span(NOW + 50 * DAY, END)]
    found = spells(gaps, "UTC", NOW, END)
    assert [(one.under_way, one.again, one.endless) for one in found] == [
        (True, False, False),
        (False, False, False),
        (False, False, True),
    ]


def test_one_more_of_a_row_that_the_horizon_cuts_is_not_endless():
    nights = [
        Span(start, min(start + 12 * HOUR, END)) for start in (at("2026-03-02T22:00") + n * DAY for n in range(60))
    ]
    nights = [night for night in nights if night.start < night.end]
    assert nights[-1].end == END
    [one] = spells(nights, "UTC", NOW, END)
    assert one.weekdays == tuple(range(7)) and not one.endless


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        (weekly("2026-03-08T09:30", 24), "from Sundays 09:30 until Mondays 09:30, next 8 March"),
        (weekly("2026-03-08T00:00", 24), "on Sundays 00:00–24:00, next 8 March"),
        (weekly("2026-03-08T22:00", 9), "on Sundays 22:00–07:00, next 8 March"),
        (weekly("2026-03-08T09:30", 24)[:1], "from 8 March 09:30 until 9 March 09:30"),
    ],
)
def test_a_whole_day_is_told_with_both_of_its_days(gaps, said):
    assert when(Finding(Kind.STEP_GAPS, False, Rota(1, "Desk"), gaps=tuple(gaps)), NOW) == said
