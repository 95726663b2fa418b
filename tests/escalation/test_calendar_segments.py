"""Shifts as events with an identity that lasts: whole, numbered, the same whatever span is asked for."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from escalation.oncall.calendars import writing
from escalation.oncall.calendars.segments import gaps, segments
from escalation.oncall.shifts import Override, Seat, final
from escalation.oncall.shifts import gaps as plain_gaps
from tests.escalation.oncall_kit import A, B, C, daily, layer, plan, utc
from tests.escalation.test_shifts_properties import plans
from tests.parts import examples

DAY = timedelta(days=1)
WEEKLY = layer("2026-03-02T09:00", A, B)


def keys(found) -> list[str]:
    return [one.key for one in found]


def test_a_shift_keeps_its_key_whoever_has_it_and_however_long_it_is():
    before = segments(plan(WEEKLY), utc("2026-03-10"), utc("2026-03-20"))
    assert keys(before) == ["l1-20260309T080000Z", "l1-20260316T080000Z"]
    other = layer("2026-03-02T09:00", C, A)
    assert keys(segments(plan(other), utc("2026-03-10"), utc("2026-03-20"))) == keys(before)
    early = Override(7, utc("2026-03-09T07:00"), utc("2026-03-10T12:00"), C)
    after = segments(plan(WEEKLY, overrides=[early]), utc("2026-03-10"), utc("2026-03-20"))
    assert keys(after) == ["o7-20260309T070000Z", *keys(before)]
    assert after[1].shift.start == early.end


def test_the_edges_of_what_is_asked_for_cut_nothing():
    found = segments(plan(WEEKLY), utc("2026-03-11"), utc("2026-03-12"))
    assert [(one.shift.start, one.shift.end) for one in found] == [(utc("2026-03-09T08:00"), utc("2026-03-16T08:00"))]


def test_a_turn_that_is_split_is_numbered_from_its_first_piece_whatever_is_asked_for():
    middle = [Override(n, utc(f"2026-03-1{n}T12:00"), utc(f"2026-03-1{n}T18:00"), C) for n in (0, 2)]
    whole = segments(plan(WEEKLY, overrides=middle), utc("2026-03-09"), utc("2026-03-16T08:00"))
    turn = "l1-20260309T080000Z"
    assert keys(whole)[1:] == [turn, "o0-20260310T120000Z", f"{turn}-2", "o2-20260312T120000Z", f"{turn}-3"]
    assert keys(segments(plan(WEEKLY, overrides=middle), utc("2026-03-13"), utc("2026-03-14"))) == [f"{turn}-3"]


def test_who_covers_says_for_whom():
    one = Override(1, utc("2026-03-15T12:00"), utc("2026-03-17T12:00"), C)
    own = Override(2, utc("2026-03-20T12:00"), utc("2026-03-20T13:00"), A)
    nobody = Override(3, utc("2026-03-21T12:00"), utc("2026-03-21T13:00"), None)
    found = segments(plan(WEEKLY, overrides=[one, own, nobody]), utc("2026-03-14"), utc("2026-03-22"))
    assert [(one.shift.override, one.covering) for one in found if one.shift.override] == [
        (1, (B, A)),
        (2, ()),
        (3, ()),
    ]


def test_a_gap_is_known_by_its_beginning_and_one_that_is_cut_is_said_to_be():
    hours = daily("2026-03-02T09:00", A, Seat(None))
    found = segments(plan(hours), utc("2026-03-02T12:00"), utc("2026-03-05T12:00"))
    empty = gaps(found, utc("2026-03-02T12:00"), utc("2026-03-05T12:00"))
    assert [(gap.key, gap.cut) for gap in empty] == [("20260303T080000Z", False), ("20260305T080000Z-open", True)]
    assert [(gap.key, gap.cut) for gap in gaps([], utc("2026-03-02"), utc("2026-03-03"))] == [("earlier-open", True)]


@st.composite
def asked(draw):
    """A plan, and a span of days around the night on which its wall is changed."""
    one, night = draw(plans())
    since = night + timedelta(minutes=draw(st.integers(-20 * 24 * 60, 5 * 24 * 60)))
    return one, since, since + timedelta(days=draw(st.integers(1, 40)))


@settings(max_examples=examples(100), deadline=None)
@given(asked())
def test_a_feeds_events_are_the_shifts(asked):
    one, since, until = asked
    found = segments(one, since, until)
    cut = [replace(part.shift, start=max(part.shift.start, since), end=min(part.shift.end, until)) for part in found]
    assert cut == final(one, since, until)
    assert len(set(keys(found))) == len(found)
    assert [(gap.start, gap.end) for gap in gaps(found, since, until)] == plain_gaps(one, since, until)


@settings(max_examples=examples(100), deadline=None)
@given(asked(), st.integers(1, 20))
def test_another_span_tells_the_same_events(asked, later):
    one, since, until = asked
    first = {part.key: part for part in segments(one, since, until)}
    moved = {part.key: part for part in segments(one, since + later * DAY, until + later * DAY)}
    assert all(first[key] == moved[key] for key in first.keys() & moved.keys())
    assert {key for key, part in first.items() if part.shift.end > since + later * DAY} <= moved.keys()


@settings(max_examples=examples(60), deadline=None)
@given(asked(), st.text(max_size=200))
def test_what_is_written_reads_as_the_shifts(asked, words):
    one, since, until = asked
    found = [part for part in segments(one, since, until) if part.shift.person is not None]
    entries = [
        writing.Entry(part.key, part.shift.start, part.shift.end, words, words, 0, since, since) for part in found
    ]
    body = writing.write(writing.Sheet(words, "UTC", entries, (60, 10)))
    assert body.endswith(b"\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(len(line) <= 75 and line.decode() is not None for line in body.split(b"\r\n"))
    read = Calendar.from_ical(body).walk("VEVENT")
    assert [(e["UID"], e.start, e.end) for e in read] == [(p.key, p.shift.start, p.shift.end) for p in found]
    assert len(Calendar.from_ical(body).walk("VALARM")) == 2 * len(found)
