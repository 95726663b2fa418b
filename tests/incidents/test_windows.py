"""When maintenance is on: a table of calendars, DST nights, and what must hold for any plans together."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models.windows import FAR, Plan, Repeats, Stretch, next_start, silent_until

patient = settings(deadline=None)  # the machine may be busy
MONDAY = date(2026, 3, 2)
ONCE = Plan(MONDAY, time(12), timedelta(hours=2))
WEEKLY = Plan(MONDAY, time(22), timedelta(hours=4), repeats=Repeats.WEEKLY, weekdays=frozenset({0, 4}))
MONTHLY = Plan(date(2026, 1, 31), time(3), timedelta(hours=1), repeats=Repeats.MONTHLY, month_day=31)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "now", "until", "then"),
    [
        (ONCE, "03-02T11:59:59.999999", None, "03-02T12:00"),
        (ONCE, "03-02T12:00", "03-02T14:00", None),
        (ONCE, "03-02T13:59:59.999999", "03-02T14:00", None),
        (ONCE, "03-02T14:00", None, None),
        (WEEKLY, "03-02T21:59", None, "03-02T22:00"),
        (WEEKLY, "03-03T01:59", "03-03T02:00", "03-06T22:00"),  # past midnight
        (WEEKLY, "03-03T02:00", None, "03-06T22:00"),
        (WEEKLY, "03-07T01:00", "03-07T02:00", "03-09T22:00"),  # Friday's, until Saturday
        (WEEKLY, "03-01T23:00", None, "03-02T22:00"),  # not before its first day
        (MONTHLY, "01-30T03:30", None, "01-31T03:00"),
        (MONTHLY, "02-28T03:30", "02-28T04:00", "03-31T03:00"),  # a shorter month: its last day
        (MONTHLY, "04-29T12:00", None, "04-30T03:00"),
    ],
)
def test_whether_it_is_on_until_when_and_when_it_comes_next(plan, now, until, then):
    assert silent_until([plan], at(now)) == (at(until) if until else None)
    assert plan.next_start(at(now)) == (at(then) if then else None)


def replaced(plan: Plan, **changes) -> Plan:
    return Plan(**{**vars(plan), **changes})


def test_the_last_day_is_the_last_on_which_it_begins():
    plan = replaced(WEEKLY, last_day=date(2026, 3, 6))
    assert silent_until([plan], at("03-07T01:00")) == at("03-07T02:00")
    assert plan.next_start(at("03-07T01:00")) is None
    assert plan.over_at() == at("03-07T02:00")


def test_what_is_ended_early_comes_again_and_what_is_cancelled_does_not():
    ended = replaced(WEEKLY, ended_at=at("03-02T23:00"))
    assert silent_until([ended], at("03-02T22:30")) == at("03-02T23:00")
    assert silent_until([ended], at("03-02T23:00")) is None
    assert ended.next_start(at("03-02T23:00")) == at("03-06T22:00")
    assert ended.over_at() is None
    cancelled = replaced(WEEKLY, cancelled_at=at("03-02T23:00"))
    assert silent_until([cancelled], at("03-02T23:00")) is None
    assert cancelled.next_start(at("03-02T23:00")) is None
    assert cancelled.over_at() == at("03-02T23:00")


def test_what_is_ended_at_its_first_instant_was_never_on():
    ended = replaced(WEEKLY, ended_at=at("03-02T22:00"))
    assert silent_until([ended], at("03-02T22:00")) is None
    assert ended.next_start(at("03-02T22:00")) == at("03-06T22:00")


def test_a_window_cancelled_before_it_begins_never_is():
    plan = replaced(ONCE, cancelled_at=at("03-01T08:00"))
    assert list(plan.stretches(at("03-01T00:00"))) == []
    assert plan.over_at() == at("03-01T08:00")


@pytest.mark.parametrize(
    ("zone", "day", "begins", "starts", "ends"),
    [
        # 02:30 does not exist in Berlin on 29 March, and comes twice on 25 October
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "03-29T01:00", "03-29T03:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "10-25T00:30", "10-25T02:30"),
        ("Europe/Berlin", date(2026, 10, 25), time(3, 0), "10-25T02:00", "10-25T04:00"),
        ("America/New_York", date(2026, 3, 8), time(1, 30), "03-08T06:30", "03-08T08:30"),  # across the gap
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 0), "10-03T15:30", "10-03T17:30"),  # half an hour
    ],
)
def test_its_length_is_real_time_on_the_nights_when_the_clocks_change(zone, day, begins, starts, ends):
    plan = Plan(day, begins, timedelta(hours=2), zone=zone)
    assert list(plan.stretches(at("01-01T00:00"))) == [Stretch(at(starts), at(ends))]


def test_a_recurring_window_keeps_its_local_time_over_the_change_of_the_clocks():
    plan = replaced(WEEKLY, zone="Europe/Berlin", weekdays=frozenset({6}))
    starts = [one.start for one, _n in zip(plan.stretches(at("03-20T00:00")), range(3), strict=False)]
    assert starts == [at("03-22T21:00"), at("03-29T20:00"), at("04-05T20:00")]


def test_windows_that_overlap_or_touch_are_one_silence():
    later = replaced(ONCE, at=time(13), length=timedelta(hours=3))
    touching = replaced(ONCE, at=time(16), length=timedelta(hours=1))
    apart = replaced(ONCE, at=time(17, 1), length=timedelta(hours=1))
    plans = [touching, ONCE, apart, later]
    assert silent_until(plans, at("03-02T12:30")) == at("03-02T17:00")
    assert silent_until(plans, at("03-02T17:00")) is None
    assert next_start(plans, at("03-02T12:30")) == at("03-02T13:00")


def test_silence_without_an_end_is_told_as_far_as_can_be_seen():
    always = replaced(WEEKLY, weekdays=frozenset(range(7)), length=timedelta(hours=24))
    until = silent_until([always], at("06-01T10:00"))
    assert timedelta(days=80) < until - at("06-01T10:00") <= FAR


PLANS = st.builds(
    Plan,
    day=st.dates(date(2026, 3, 20), date(2026, 4, 10)),
    at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    length=st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    repeats=st.sampled_from(Repeats),
    weekdays=st.frozensets(st.integers(0, 6), max_size=3),
    month_day=st.integers(1, 31),
    last_day=st.none() | st.dates(date(2026, 3, 20), date(2026, 5, 1)),
    ended_at=st.none() | st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 20), timezones=st.just(UTC)),
    cancelled_at=st.none() | st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 20), timezones=st.just(UTC)),
)
INSTANTS = st.datetimes(datetime(2026, 3, 18), datetime(2026, 4, 20), timezones=st.just(UTC))


def plainly_on(plan: Plan, instant: datetime) -> bool:
    """Said day by day, from the first to the last that could matter."""
    zone = ZoneInfo(plan.zone)
    for ago in range(-2, 6):
        day = (instant - timedelta(days=ago)).date()
        last_of_month = (day + timedelta(days=1)).day == 1
        begins = {
            Repeats.ONCE: day == plan.day,
            Repeats.WEEKLY: day.weekday() in plan.weekdays,
            Repeats.MONTHLY: day.day == plan.month_day or (last_of_month and day.day < plan.month_day),
        }[plan.repeats]
        recurs = plan.repeats is not Repeats.ONCE
        if not begins or day < plan.day or (recurs and plan.last_day is not None and day > plan.last_day):
            continue
        start = datetime.combine(day, plan.at, tzinfo=zone).astimezone(UTC)
        end = start + plan.length
        if plan.cancelled_at is not None and instant >= plan.cancelled_at:
            continue
        if plan.ended_at is not None and start <= plan.ended_at <= instant:
            continue
        if start <= instant < end:
            return True
    return False


@patient
@given(plan=PLANS, instant=INSTANTS)
def test_it_is_on_when_it_plainly_is(plan, instant):
    assert (plan.on(instant) is not None) == plainly_on(plan, instant)


@patient
@given(plans=st.lists(PLANS, max_size=4), instant=INSTANTS, part=st.floats(0, 0.999))
def test_silence_has_no_gap_and_ends_when_none_is_on(plans, instant, part):
    until = silent_until(plans, instant)
    if until is None:
        assert not any(plainly_on(plan, instant) for plan in plans)
        return
    between = instant + (until - instant) * part
    assert any(plainly_on(plan, between) for plan in plans)
    if until - instant < FAR - timedelta(days=1):
        assert not any(plainly_on(plan, until) for plan in plans)


@patient
@given(plans=st.lists(PLANS, max_size=4), instant=INSTANTS)
def test_nothing_begins_before_the_next_start(plans, instant):
    start = next_start(plans, instant)
    begins = [one.start for plan in plans for one in first_few(plan, instant)]
    assert start == min((one for one in begins if one > instant), default=None)


def first_few(plan: Plan, since: datetime) -> list[Stretch]:
    return [one for one, _n in zip(plan.stretches(since), range(8), strict=False)]


@patient
@given(plan=PLANS)
def test_when_it_is_over_for_good_it_is_never_on_again(plan):
    over = plan.over_at()
    if over is not None:
        assert list(plan.stretches(over)) == []
