"""Business hours: so many minutes on, and measured again, are so many minutes. Also on the nights the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.promises.hours import Hours, advance, measure

OFFICE = Hours("Mon-Fri 08:00-18:00", "Europe/Berlin")
NIGHTS = Hours("20:00-06:00", "Europe/Berlin")
NEW_YORK = Hours("00:00-08:00", "America/New_York")
ALL = Hours("Mon-Sun 00:00-24:00", "Europe/Berlin")


def at(local: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "since", "minutes", "until"),
    [
        (OFFICE, "2026-03-02 09:00", 60, "2026-03-02 10:00"),
        (OFFICE, "2026-03-02 09:00", 9 * 60, "2026-03-02 18:00"),  # to the last instant of the day
        (OFFICE, "2026-03-02 17:30", 60, "2026-03-03 08:30"),
        (OFFICE, "2026-03-06 17:30", 60, "2026-03-09 08:30"),  # a weekend
        (OFFICE, "2026-03-07 12:00", 1, "2026-03-09 08:01"),  # from within one
        (OFFICE, "2026-03-02 06:00", 240, "2026-03-02 12:00"),
        (Hours(OFFICE.text, OFFICE.zone, frozenset({date(2026, 3, 9)})), "2026-03-06 17:30", 60, "2026-03-10 08:30"),
        (NIGHTS, "2026-03-28 20:00", 9 * 60, "2026-03-29 06:00"),  # the night that has an hour less
        (NIGHTS, "2026-10-24 20:00", 11 * 60, "2026-10-25 06:00"),  # and the one that has an hour more
        (NIGHTS, "2026-10-24 20:00", 10 * 60, "2026-10-25 05:00"),
        (ALL, "2026-10-24 12:00", 24 * 60, "2026-10-25 11:00"),
        (Hours(ALL.text, ALL.zone, frozenset({date(2026, 10, 25)})), "2026-10-24 23:00", 120, "2026-10-26 01:00"),
        (Hours(NIGHTS.text, NIGHTS.zone, frozenset({date(2026, 3, 3)})), "2026-03-02 23:00", 120, "2026-03-04 01:00"),
    ],
)
def test_so_many_minutes_of_business_time_later(hours, since, minutes, until):
    amount = timedelta(minutes=minutes)
    assert hours.advance(at(since), amount) == at(until)
    assert hours.measure(at(since), at(until)) == amount


@pytest.mark.parametrize(
    ("since", "minutes", "until"),
    [
        ("2026-03-08 00:00", 7 * 60, "2026-03-08 08:00"),  # New York's short night
        ("2026-11-01 00:00", 9 * 60, "2026-11-01 08:00"),  # and its long one
    ],
)
def test_new_yorks_nights(since, minutes, until):
    zone = "America/New_York"
    assert NEW_YORK.advance(at(since, zone), timedelta(minutes=minutes)) == at(until, zone)


def test_no_hours_are_round_the_clock():
    since = at("2026-03-06 17:30")
    assert advance(None, since, timedelta(hours=1)) == since + timedelta(hours=1)
    assert measure(None, since, since + timedelta(hours=1)) == timedelta(hours=1)
    assert measure(None, since, since - timedelta(hours=1)) == timedelta()


def test_who_never_works_promises_nothing():
    mondays = frozenset(date(2026, 3, 2) + timedelta(days=7 * n) for n in range(400))
    assert Hours("Mon 08:00-09:00", "UTC", mondays).advance(at("2026-03-02 00:00"), timedelta(minutes=1)) is None


def test_the_record_gives_the_same_hours_back():
    hours = Hours(OFFICE.text, OFFICE.zone, frozenset({date(2026, 12, 25), date(2026, 5, 1)}), "Office hours")
    assert Hours.of(hours.plain()) == hours


patient = settings(deadline=None)  # the machine may be busy
WINDOWS = [
    "Mon-Fri 08:00-18:00",
    "22:00-06:00",
    "Sat, Sun",
    "Fri 18:00 - Mon 08:00",
    "Mon-Fri 08:00-12:00\n13:00-17:15",
]
MINUTE = timedelta(minutes=1)


@st.composite
def calendars(draw) -> Hours:
    text = draw(st.sampled_from(WINDOWS))
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe"]))
    days = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=6))
    return Hours(text, zone, days)


instants = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 20)).map(
    lambda naive: naive.replace(tzinfo=UTC, second=0, microsecond=0)
)


@patient
@given(calendars(), instants, st.integers(1, 6000))
def test_advancing_and_measuring_agree(hours, since, minutes):
    amount = timedelta(minutes=minutes)
    until = hours.advance(since, amount)
    assert until is not None
    assert hours.measure(since, until) == amount
    assert hours.measure(since, until - timedelta(microseconds=1)) < amount  # it is the first such instant


@patient
@given(calendars(), instants, instants, instants)
def test_what_is_cut_in_two_is_as_long_as_the_whole(hours, one, two, three):
    first, middle, last = sorted([one, two, three])
    assert hours.measure(first, middle) + hours.measure(middle, last) == hours.measure(first, last)


@patient
@given(calendars(), instants, st.integers(1, 1500))
def test_it_counts_as_one_does_minute_by_minute(hours, since, minutes):
    """By looking at the wall each minute; nothing of ours is asked but which lines were written."""
    zone = ZoneInfo(hours.zone)
    until = since + timedelta(minutes=minutes)
    counted = sum(_works(hours, (since + n * MINUTE).astimezone(zone)) for n in range(minutes))
    assert hours.measure(since, until) == counted * MINUTE


def _works(hours: Hours, wall: datetime) -> bool:
    if wall.date() in hours.holidays:
        return False
    week = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
    day = week % 1440
    weekday = week < 5 * 1440
    return {
        WINDOWS[0]: weekday and 480 <= day < 1080,
        WINDOWS[1]: day >= 1320 or day < 360,
        WINDOWS[2]: not weekday,
        WINDOWS[3]: week >= 4 * 1440 + 1080 or week < 480,
        WINDOWS[4]: (weekday and 480 <= day < 720) or 780 <= day < 1035,
    }[hours.text]
