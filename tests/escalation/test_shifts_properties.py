"""For any plan: shifts are in order, never overlap, leave out only where nobody is, and agree with a plain one."""

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.oncall.restrictions import OnHolidays, read
from escalation.oncall.shifts import Layer, Override, Plan, Seat, Unit, final, gaps, next_change, on_call, shift_at
from escalation.oncall.spans import Span, union
from tests.escalation.oncall_kit import MINUTE, A, B, C, D, daily, plainly, plan, utc
from tests.parts import examples

# Where and when the wall is changed, to the hour of UTC.
NIGHTS = [
    ("Europe/Berlin", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-10-25 01:00"),
    ("America/New_York", "2026-03-08 07:00"),
    ("America/New_York", "2026-11-01 06:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:00"),
    ("Australia/Lord_Howe", "2026-04-04 15:00"),
    ("Pacific/Apia", "2011-12-30 10:00"),
    ("Africa/Casablanca", "2026-02-15 02:00"),
    ("UTC", "2026-02-28 12:00"),
]
HOURS = [
    "",
    "09:00-17:00",
    "18:00-08:00",
    "02:00-02:30\nSat, Sun",
    "Fri 18:00 - Mon 08:00",
    "Mon-Fri 22:30-02:15",
    "Thu-Tue",
    "00:00-12:00\n12:00-24:00",
]
SPAN = timedelta(hours=60)  # around the night
STEP = 23 * MINUTE


def near(night, *, days: int = 40):
    """An instant in the weeks around, to the minute or on the hour."""
    minutes = st.integers(-days * 24 * 60, days * 24 * 60)
    exact = st.integers(-days * 24, days * 24).map(lambda hours: hours * 60)
    return st.one_of(minutes, exact).map(lambda count: night + count * MINUTE)


@st.composite
def seats(draw, night):
    people = draw(st.lists(st.sampled_from([A, B, C, D, None]), max_size=5))
    change = st.one_of(st.none(), st.none(), near(night, days=6))
    return tuple(Seat(person, draw(change), draw(change)) for person in people)


@st.composite
def holidays(draw, night):
    """Some that touch, some in the middle of a day, some far away."""
    starts = draw(st.lists(near(night, days=4), max_size=4))
    lengths = st.one_of(st.just(24 * 60), st.integers(1, 3 * 24 * 60))
    return tuple(union(Span(start, start + draw(lengths) * MINUTE) for start in starts))


@st.composite
def layers(draw, night, id):
    start = draw(st.integers(0, 30))
    hand_off = draw(st.sampled_from(["00:00", "02:00", "02:15", "02:30", "09:00", "23:45"]))
    day = (night - timedelta(days=start)).date()
    return Layer(
        id=id,
        start=datetime.fromisoformat(f"{day} {hand_off}"),
        seats=draw(seats(night)),
        unit=draw(st.sampled_from([Unit.DAYS, Unit.DAYS, *Unit])),
        every=draw(st.sampled_from([1, 1, 2, 3, 7])),
        windows=read(draw(st.sampled_from(HOURS))),
        on_holidays=draw(st.sampled_from([OnHolidays.TOO, *OnHolidays])),
        holidays=draw(holidays(night)),
        ends=draw(st.one_of(st.none(), st.none(), near(night, days=3))),
    )


@st.composite
def overrides(draw, night, id):
    start = draw(near(night, days=2))
    length = draw(st.integers(1, 60 * 30))
    return Override(id, start, start + length * MINUTE, draw(st.sampled_from([A, B, D, None])))


@st.composite
def plans(draw):
    """A plan, and an instant near which its wall is changed."""
    zone, text = draw(st.sampled_from(NIGHTS))
    night = utc(text)
    some = tuple(draw(layers(night, id)) for id in range(draw(st.integers(0, 3))))
    made = tuple(draw(overrides(night, id)) for id in range(draw(st.integers(0, 3))))
    return Plan(zone, some, made), night


def minutes(since, until):
    at = since
    while at < until:
        yield at
        at += STEP


@settings(max_examples=examples(150), deadline=None)
@given(plans())
def test_it_is_what_a_plain_reckoning_says(planned):
    plan, night = planned
    since, until = night - SPAN / 2, night + SPAN / 2
    edges = {edge for shift in final(plan, since, until) for edge in (shift.start, shift.end)}
    around = {edge + nudge for edge in edges for nudge in (timedelta(0), -MINUTE)}
    for at in sorted({*minutes(since, until), *around}):
        assert on_call(plan, at) == plainly(plan, at), at


@settings(max_examples=examples(300), deadline=None)
@given(plans(), st.integers(0, 60 * 60), st.integers(0, 60 * 24 * 20))
@example((plan(daily("2026-03-01 00:00", A)), utc("2026-03-01 00:00")), 0, 60 * 24)
def test_shifts_and_gaps_cover_exactly_what_is_asked(planned, before, length):
    plan, night = planned
    since = night - before * MINUTE
    until = since + length * MINUTE
    shifts = final(plan, since, until)
    spans = [(one.start, one.end) for one in shifts if one.person is not None]
    spans = sorted([*spans, *gaps(plan, since, until)])
    assert all(start < end for start, end in spans)
    at = since
    for start, end in spans:
        assert start == at
        at = end
    assert at == max(since, until)
    assert all(one.turn <= one.start for one in shifts)
    assert all((one.layer is None) != (one.override is None) for one in shifts)
    assert all(one.person is not None or one.override is not None for one in shifts)


@settings(max_examples=examples(200), deadline=None)
@given(plans(), st.data())
def test_now_and_the_calendar_agree(planned, data):
    plan, night = planned
    since, until = night - timedelta(days=3), night + timedelta(days=3)
    at = data.draw(near(night, days=2))
    there = [one.person for one in final(plan, since, until) if one.start <= at < one.end and one.person is not None]
    assert list(on_call(plan, at)) == there
    under_way = shift_at(plan, at)
    assert [under_way.person] == there if under_way else not there


@settings(max_examples=examples(200), deadline=None)
@given(plans(), st.data())
def test_a_shift_is_the_same_however_it_is_asked_for(planned, data):
    plan, night = planned
    whole = final(plan, night - timedelta(days=5), night + timedelta(days=5))
    since = data.draw(near(night, days=2))
    part = final(plan, since, since + timedelta(days=2))

    def identity(one):
        return (one.layer, one.override, one.turn, one.person)

    assert {identity(one) for one in part} <= {identity(one) for one in whole}
    inner = [one for one in part if one.start > since and one.end < since + timedelta(days=2)]
    assert all(one in whole for one in inner)


@settings(max_examples=examples(150), deadline=None)
@given(plans(), st.data())
def test_nothing_changes_before_the_next_change(planned, data):
    plan, night = planned
    at = data.draw(near(night, days=2))
    change = next_change(plan, at)
    if change is None:
        return
    assert at < change
    assert on_call(plan, change) != on_call(plan, at)
    assert on_call(plan, change - timedelta(microseconds=1)) == on_call(plan, at)
    middle = at + data.draw(st.floats(0, 1)) * (change - at)
    assert middle >= change or on_call(plan, middle) == on_call(plan, at)
