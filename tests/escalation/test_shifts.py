"""Concrete shifts, in tables: turns, layers, hours, overrides, nights on which the clocks change."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.oncall import restrictions
from escalation.oncall.restrictions import Unreadable, Window, read
from escalation.oncall.shifts import (
    Override,
    Seat,
    Shift,
    Span,
    Unit,
    final,
    gaps,
    next_change,
    on_call,
    shift_at,
)
from escalation.oncall.wall import instant
from tests.escalation.oncall_kit import A, B, C, daily, layer, plan, utc


def people(plan, since, until):
    """(start, end, person) of the shifts, in UTC, to the minute."""
    return [(f"{s.start:%m-%d %H:%M}", f"{s.end:%m-%d %H:%M}", s.person) for s in final(plan, utc(since), utc(until))]


# --- the wall ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        ("Europe/Berlin", "2026-01-15 09:00", "2026-01-15 08:00"),
        ("Europe/Berlin", "2026-07-15 09:00", "2026-07-15 07:00"),
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00"),  # skipped: the first instant after
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-03-29 03:00", "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),  # shown twice: the first
        ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25 02:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour is skipped
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00"),  # a whole day is skipped
        ("Pacific/Apia", "2011-12-31 09:00", "2011-12-30 19:00"),
        ("Asia/Kathmandu", "2026-05-05 09:00", "2026-05-05 03:15"),
    ],
)
def test_a_time_on_the_wall_is_one_instant(zone, local, expected):
    assert instant(datetime.fromisoformat(local), ZoneInfo(zone)) == utc(expected)


# --- turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rotation", "at", "who"),
    [
        (daily("2026-01-01 09:00", A, B), "2026-01-01 07:59", ()),  # not begun
        (daily("2026-01-01 09:00", A, B), "2026-01-01 08:00", (A,)),
        (daily("2026-01-01 09:00", A, B), "2026-01-02 08:00", (B,)),
        (daily("2026-01-01 09:00", A, B), "2026-07-01 07:00", (B,)),  # still nine in summer
        (daily("2026-01-01 09:00", A, B), "2026-07-01 06:59", (A,)),
        (daily("2026-01-01 09:00", A, B, every=3), "2026-01-04 08:00", (B,)),
        (layer("2026-01-05 09:00", A, B), "2026-01-11 23:00", (A,)),  # a week
        (layer("2026-01-05 09:00", A, B), "2026-01-12 08:00", (B,)),
        (layer("2026-01-05 09:00", A, B, every=2), "2026-01-18 08:00", (A,)),
        (layer("2026-01-05 09:00", A, B, C, every=2), "2026-02-02 08:00", (C,)),
        (layer("2026-01-31 09:00", A, B, C, unit=Unit.MONTHS), "2026-02-28 08:00", (B,)),  # its last day
        (layer("2026-01-31 09:00", A, B, C, unit=Unit.MONTHS), "2026-03-31 06:59", (B,)),
        (layer("2026-01-31 09:00", A, B, C, unit=Unit.MONTHS), "2026-03-31 07:00", (C,)),
        (layer("2026-01-01 00:00", A, B, unit=Unit.MONTHS, every=6), "2026-07-01 00:00", (B,)),
        (
            layer("2026-01-01 00:00", A, B, unit=Unit.HOURS, every=12),
            "2026-06-30 23:00",
            (A,),
        ),  # elapsed time: at one, in summer
        (layer("2026-01-01 00:00", A, B, unit=Unit.HOURS, every=12), "2026-06-30 22:59", (B,)),
        (daily("2026-01-01 09:00"), "2026-01-02 08:00", ()),  # no seats
        (daily("2026-01-01 09:00", A, None), "2026-01-02 08:00", ()),  # nobody's seat
        (daily("2026-01-01 09:00", A, A, B), "2026-01-02 08:00", (A,)),  # twice in the order
        (daily("2026-01-01 09:00", A, ends=utc("2026-01-05 00:00")), "2026-01-04 23:59", (A,)),
        (daily("2026-01-01 09:00", A, ends=utc("2026-01-05 00:00")), "2026-01-05 00:00", ()),
    ],
)
def test_whose_turn_it_is(rotation, at, who):
    assert on_call(plan(rotation), utc(at)) == who


@pytest.mark.parametrize(
    ("zone", "rotation", "since", "expected"),
    [
        (  # the night is an hour short
            "Europe/Berlin",
            daily("2026-03-27 02:30", A, B),
            "2026-03-28 01:30",
            [("03-28 01:30", "03-29 01:00", B), ("03-29 01:00", "03-30 00:30", A), ("03-30 00:30", "03-30 01:30", B)],
        ),
        (  # and an hour long; the hand-off is at the first half past two
            "Europe/Berlin",
            daily("2026-10-23 02:30", A, B),
            "2026-10-24 00:30",
            [("10-24 00:30", "10-25 00:30", B), ("10-25 00:30", "10-26 00:30", A)],
        ),
        (
            "Europe/Berlin",
            layer("2026-10-24 18:00", A, B, unit=Unit.HOURS, every=12),  # hours do not care
            "2026-10-24 16:00",
            [("10-24 16:00", "10-25 04:00", A), ("10-25 04:00", "10-25 16:00", B), ("10-25 16:00", "10-26 04:00", A)],
        ),
        (
            "Australia/Lord_Howe",
            daily("2026-10-02 02:15", A, B),
            "2026-10-02 15:45",
            [("10-02 15:45", "10-03 15:30", B), ("10-03 15:30", "10-04 15:15", A)],
        ),
        (  # the 30th is skipped: its hand-off at nine falls to the first instant after, for nine hours
            "Pacific/Apia",
            daily("2011-12-28 09:00", A, B, C),
            "2011-12-29 19:00",
            [("12-29 19:00", "12-30 10:00", B), ("12-30 10:00", "12-30 19:00", C), ("12-30 19:00", "12-31 19:00", A)],
        ),
        (  # at midnight, the skipped day has no time at all
            "Pacific/Apia",
            daily("2011-12-28 00:00", A, B, C),
            "2011-12-29 10:00",
            [("12-29 10:00", "12-30 10:00", B), ("12-30 10:00", "12-31 10:00", A)],
        ),
    ],
)
def test_nights_on_which_the_wall_is_changed(zone, rotation, since, expected):
    start, end = utc(since), utc(f"{since[:4]}-{expected[-1][1]}")
    found = final(plan(rotation, zone=zone), start, end)
    assert [(f"{s.start:%m-%d %H:%M}", f"{s.end:%m-%d %H:%M}", s.person) for s in found] == expected


# --- joining and leaving --------------------------------------------------------------------------


def week_of(rotation, days=8):
    """Who has each of the first turns."""
    rota = plan(rotation, zone="UTC")
    return [(on_call(rota, utc("2026-01-01 09:00") + timedelta(days=day)) or (None,))[0] for day in range(days)]


@pytest.mark.parametrize(
    ("seats", "expected"),
    [
        ([Seat(A), Seat(B)], [A, B, A, B, A, B, A, B]),
        # C joins at the end of the order after three turns: A B A | B C A B C
        ([Seat(A), Seat(B), Seat(C, since=utc("2026-01-04 09:00"))], [A, B, A, B, C, A, B, C]),
        # The same in the middle of a turn: that turn stays whole, the next begins without or with them.
        ([Seat(A), Seat(B), Seat(C, since=utc("2026-01-03 20:00"))], [A, B, A, B, C, A, B, C]),
        # C joins between A and B when A has just had a turn
        ([Seat(A), Seat(C, since=utc("2026-01-04 09:00")), Seat(B)], [A, B, A, C, B, A, C, B]),
        # B leaves: their turn goes to whoever comes next
        ([Seat(A), Seat(B, until=utc("2026-01-04 09:00")), Seat(C)], [A, B, C, A, C, A, C, A]),
        # ... and a turn that has begun is theirs to its end
        ([Seat(A), Seat(B, until=utc("2026-01-02 12:00")), Seat(C)], [A, B, C, A, C, A, C, A]),
        # Everybody leaves; later somebody joins
        (
            [Seat(A, until=utc("2026-01-03 09:00")), Seat(B, since=utc("2026-01-05 09:00"))],
            [A, A, None, None, B, B, B, B],
        ),
        # Joined before it began: as if always there
        ([Seat(A, since=utc("2025-01-01 00:00")), Seat(B)], [A, B, A, B, A, B, A, B]),
    ],
)
def test_joining_and_leaving_changes_only_who_comes_after(seats, expected):
    assert week_of(daily("2026-01-01 09:00", *seats)) == expected


# --- layers, hours, overrides --------------------------------------------------------------------

OFFICE = read("Mon-Fri 09:00-17:00")


def test_the_higher_layer_wins_where_it_is_on_and_gaps_fall_through():
    rota = plan(daily("2026-01-01 00:00", A, windows=OFFICE), daily("2026-01-01 00:00", B, id=2), zone="UTC")
    assert people(rota, "2026-01-05 00:00", "2026-01-06 00:00") == [
        ("01-05 00:00", "01-05 09:00", B),
        ("01-05 09:00", "01-05 17:00", A),
        ("01-05 17:00", "01-06 00:00", B),
    ]


def test_nobodys_seat_leaves_its_turn_to_the_layer_below():
    rota = plan(daily("2026-01-01 00:00", A, None), daily("2026-01-01 00:00", B, id=2), zone="UTC")
    assert [who for _s, _e, who in people(rota, "2026-01-01 00:00", "2026-01-05 00:00")] == [A, B, A, B]


def test_overrides_win_over_all_and_the_later_over_the_earlier():
    made = [
        Override(1, utc("2026-01-05 10:00"), utc("2026-01-05 20:00"), C),
        Override(2, utc("2026-01-05 12:00"), utc("2026-01-05 13:00"), None),
    ]
    rota = plan(daily("2026-01-01 00:00", A, windows=OFFICE), zone="UTC", overrides=made)
    found = final(rota, utc("2026-01-05 00:00"), utc("2026-01-06 00:00"))
    assert [(s.start.hour, s.end.hour, s.person, s.layer, s.override) for s in found] == [
        (9, 10, A, 1, None),
        (10, 12, C, None, 1),
        (12, 13, None, None, 2),
        (13, 20, C, None, 1),
    ]
    assert gaps(rota, utc("2026-01-05 08:00"), utc("2026-01-05 21:00")) == [
        Span(utc("2026-01-05 08:00"), utc("2026-01-05 09:00")),
        Span(utc("2026-01-05 12:00"), utc("2026-01-05 13:00")),
        Span(utc("2026-01-05 20:00"), utc("2026-01-05 21:00")),
    ]


def test_a_shift_keeps_its_identity_however_it_is_cut_or_asked_for():
    cut = [Override(7, utc("2026-01-07 00:00"), utc("2026-01-08 00:00"), B)]
    rota = plan(layer("2026-01-05 09:00", A), zone="UTC", overrides=cut)
    turn = utc("2026-01-05 09:00")
    before, covered, after = final(rota, utc("2026-01-06 00:00"), utc("2026-01-12 09:00"))
    assert before == Shift(utc("2026-01-06 00:00"), utc("2026-01-07 00:00"), A, 1, None, turn)
    assert covered == Shift(utc("2026-01-07 00:00"), utc("2026-01-08 00:00"), B, None, 7, utc("2026-01-07 00:00"))
    assert after == Shift(utc("2026-01-08 00:00"), utc("2026-01-12 09:00"), A, 1, None, turn)


def test_hours_that_split_a_turn_make_shifts_of_their_own():
    rota = plan(layer("2026-01-05 09:00", A, windows=OFFICE), zone="UTC")
    found = final(rota, utc("2026-01-06 12:00"), utc("2026-01-08 00:00"))
    assert [shift.turn for shift in found] == [utc("2026-01-06 09:00"), utc("2026-01-07 09:00")]


def test_when_it_changes_and_how_long_a_shift_lasts():
    rota = plan(layer("2026-01-05 09:00", A, A, B), zone="UTC")
    assert next_change(rota, utc("2026-01-06 00:00")) == utc("2026-01-19 09:00")  # A has two turns in a row
    assert shift_at(rota, utc("2026-01-06 00:00")).end == utc("2026-01-12 09:00")  # and this is the first
    assert next_change(rota, utc("2026-01-01 00:00")) == utc("2026-01-05 09:00")  # from nobody to somebody
    assert shift_at(rota, utc("2026-01-01 00:00")) is None
    assert next_change(plan(layer("2026-01-05 09:00", A)), utc("2026-02-01 00:00")) is None
    assert next_change(plan(), utc("2026-02-01 00:00")) is None
    ends = plan(daily("2026-01-01 00:00", A, ends=utc("2026-03-01 00:00")), zone="UTC")
    assert next_change(ends, utc("2026-01-10 00:00")) == utc("2026-03-01 00:00")


def test_nothing_is_asked_and_nothing_is_found():
    rota = plan(daily("2026-01-01 00:00", A))
    assert final(rota, utc("2026-02-01 00:00"), utc("2026-02-01 00:00")) == []
    assert gaps(rota, utc("2026-02-02 00:00"), utc("2026-02-01 00:00")) == []


# --- the hours of a layer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "since", "until", "expected"),
    [
        ("09:00-17:00", "2026-01-05", "2026-01-06", [("05 09:00", "05 17:00")]),
        ("18:00-08:00", "2026-01-05", "2026-01-06", [("04 18:00", "05 08:00"), ("05 18:00", "06 08:00")]),
        ("Mon-Fri 18:00-08:00", "2026-01-10", "2026-01-11", [("09 18:00", "10 08:00")]),  # Friday's, on Saturday
        ("Sat, Sun", "2026-01-09", "2026-01-12", [("10 00:00", "12 00:00")]),  # touching: one
        ("Fri 18:00 - Mon 08:00", "2026-01-10", "2026-01-11", [("09 18:00", "12 08:00")]),
        ("Fri 18:00-24:00\nSat-Sun\nMon 00:00-08:00", "2026-01-10", "2026-01-11", [("09 18:00", "12 08:00")]),
        ("mon 9:00–17:00", "2026-01-05", "2026-01-07", [("05 09:00", "05 17:00")]),
        (
            "Sunday-Tuesday 22:00 - 06:00",
            "2026-01-06",
            "2026-01-07",
            [("05 22:00", "06 06:00"), ("06 22:00", "07 06:00")],
        ),
        ("Tue 10:00-10:00", "2026-01-06", "2026-01-08", [("06 10:00", "07 10:00")]),  # a whole day
        ("Mon 09:00 - Mon 08:00", "2026-01-06", "2026-01-07", [("05 09:00", "12 08:00")]),  # nearly a week
    ],
)
def test_hours_as_admins_write_them(text, since, until, expected):
    windows = read(text)
    assert not restrictions.always(windows)
    found = restrictions.spans(windows, ZoneInfo("UTC"), utc(since), utc(until))
    assert [(f"{s.start:%d %H:%M}", f"{s.end:%d %H:%M}") for s in found] == expected


@pytest.mark.parametrize(
    "text", ["", "\n  \n", "00:00-24:00", "Mon-Sun", "Mon-Fri\nSat 00:00 - Mon 00:00", "12:00-12:00"]
)
def test_hours_that_leave_nothing_out(text):
    assert restrictions.always(read(text))


@pytest.mark.parametrize(
    "text",
    ["nine to five", "Mon 25:00-26:00", "24:00-08:00", "Mon 09:00", "Mon-Fri 09:00-17:60", "9-17", "24:30-8:00"],
)
def test_what_is_not_understood_is_said(text):
    with pytest.raises(Unreadable):
        read("Sat\n" + text)


def test_hours_stay_on_the_wall_when_the_clocks_change():
    rota = plan(daily("2026-03-01 00:00", A, windows=read("01:00-04:00")))
    assert people(rota, "2026-03-28 12:00", "2026-03-30 12:00") == [
        ("03-29 00:00", "03-29 02:00", A),  # two hours: one was skipped
        ("03-29 23:00", "03-30 02:00", A),
    ]
    assert Window(0, datetime(2026, 1, 1, 9).time(), datetime(2026, 1, 1, 17).time()) in read("Mon 09:00-17:00")
