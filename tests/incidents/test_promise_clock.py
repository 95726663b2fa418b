"""What is promised follows from the entries alone: tables of short records, read by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.promises.clock import clock_of, stopped
from incidents.promises.cycle import Kind, Reading, Say, State, Term, Told
from incidents.promises.hours import Hours

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
TERMS = [Term(Kind.RESPONSE, 15), Term(Kind.UPDATE, 60), Term(Kind.RESOLVE, 240)]
FUNCTIONAL = {"track": "functional"}


def minute(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def record(*lines, terms=TERMS) -> list[Told]:
    """An incident opened at T0, then (minute, kind[, data[, wrote]]) lines."""
    opened = Told(1, T0, "opened", {"severity": 1, "promised": [term.plain() for term in terms]}, wrote=True)
    told = [opened]
    for seq, (n, kind, *more) in enumerate(lines, start=2):
        data = more[0] if more else {}
        told.append(Told(seq, minute(n), kind, data, more[1] if len(more) > 1 else kind in ("note", "held")))
    return told


def read(told: list[Told], kind: Kind, n: float) -> Reading:
    by_then = [one for one in told if one.at <= minute(n)]
    return next(one for one in clock_of(by_then).readings(minute(n)) if one.kind == kind)


ACK = (9, "acknowledged", FUNCTIONAL)


@pytest.mark.parametrize(
    ("lines", "now", "state", "due", "broken"),
    [
        ([], 5, State.RUNNING, 15, None),
        ([], 15, State.RUNNING, 15, 15),  # the last instant is too late
        ([ACK], 20, State.MET, None, None),
        ([(16, "acknowledged", FUNCTIONAL)], 20, State.MET, 15, 15),
        ([(9, "acknowledged", {"track": "hierarchical"})], 10, State.RUNNING, 15, None),
        ([(9, "accepted")], 20, State.MET, None, None),
        ([(9, "note")], 10, State.RUNNING, 15, None),
        ([(9, "resolved")], 20, State.MET, None, None),
        ([(5, "held"), (65, "woken")], 30, State.PAUSED, None, None),
        ([(5, "held"), (65, "woken")], 70, State.RUNNING, 75, None),
        ([(5, "maintenance_began"), (65, "maintenance_ended")], 70, State.RUNNING, 75, None),
        ([(5, "maintenance_began"), (6, "held"), (9, "woken"), (20, "maintenance_ended")], 21, State.RUNNING, 30, None),
        ([(5, "maintenance_began", {"track": "hierarchical"})], 10, State.RUNNING, 15, None),
        (
            [(5, "held"), (6, "maintenance_began"), (9, "maintenance_ended", {"held_until": "…"})],
            10,
            "paused",
            None,
            None,
        ),
        ([(5, "held"), (6, "maintenance_began"), (9, "maintenance_ended", {})], 10, State.RUNNING, 19, None),
        ([(5, "held"), (20, "called", FUNCTIONAL)], 25, State.RUNNING, 30, None),  # escalated from a hold
        ([ACK, (20, "resolved"), (100, "reopened")], 101, State.RUNNING, 115, None),  # a new one
        ([(20, "resolved"), (100, "reopened"), (101, "acknowledged", FUNCTIONAL)], 102, State.MET, None, None),
    ],
)
def test_response(lines, now, state, due, broken):
    reading = read(record(*lines), Kind.RESPONSE, now)
    assert reading.state == state
    assert reading.due == (None if due is None else minute(due))
    assert reading.broken == (None if broken is None else minute(broken))


@pytest.mark.parametrize(
    ("lines", "now", "due", "spent"),
    [
        ([], 5, 60, 5),
        ([(30, "note")], 40, 90, 10),
        ([(30, "note", {}, False)], 40, 60, 40),  # a program's
        ([(30, "called", FUNCTIONAL, True)], 40, 90, 10),  # somebody wrote why they escalate
        ([(30, "held"), (90, "woken")], 95, 150, 5),  # from the reason of the hold, when it ends
        ([(30, "note"), (40, "resolved"), (100, "reopened")], 110, 160, 10),
    ],
)
def test_update(lines, now, due, spent):
    reading = read(record(*lines), Kind.UPDATE, now)
    assert (reading.due, reading.spent) == (minute(due), timedelta(minutes=spent))


@pytest.mark.parametrize(
    ("lines", "now", "due", "spent"),
    [
        ([], 5, 240, 5),
        ([(60, "held"), (120, "woken")], 130, 300, 70),
        ([(60, "resolved"), (500, "reopened")], 510, 680, 70),
        ([(60, "held"), (120, "woken"), (130, "resolved"), (500, "reopened")], 510, 670, 80),
    ],
)
def test_resolve(lines, now, due, spent):
    reading = read(record(*lines), Kind.RESOLVE, now)
    assert (reading.due, reading.spent) == (minute(due), timedelta(minutes=spent))


def undoes(seq: int) -> dict:
    return {"undoes": {"seq": seq}}


@pytest.mark.parametrize(
    ("lines", "now", "due", "spent"),
    [
        ([(30, "note"), (31, "note_taken_back", undoes(2))], 40, 60, 40),
        ([(20, "note"), (30, "note"), (31, "note_taken_back", undoes(3))], 40, 80, 20),
        ([(30, "offered", {}, True), (31, "taken_back", undoes(2))], 40, 60, 40),
        ([(30, "offered", {}, True), (31, "taken_back")], 40, 90, 10),  # by the verb: what was offered stays said
        ([(30, "held"), (31, "woken", undoes(2))], 40, 61, 39),  # the hold was one for as long as it lasted
        ([(30, "held"), (31, "woken")], 40, 91, 9),
        ([(30, "note"), (31, "held"), (32, "woken", undoes(3))], 40, 91, 9),
        ([(30, "reassigned", {}, False), (31, "reassigned", undoes(2))], 40, 60, 40),  # nothing was said in it
        ([(30, "note"), (40, "resolved"), (41, "note"), (42, "note_taken_back", undoes(4))], 50, None, 10),
    ],
)
def test_what_is_taken_back_counts_as_not_said(lines, now, due, spent):
    told = record(*lines)
    reading = read(told, Kind.UPDATE, now)
    assert (reading.due, reading.spent) == (due and minute(due), timedelta(minutes=spent))
    if reading.state is State.RUNNING:
        taken_back = len([one for one in told if one.data.get("undoes") and one.kind != "reassigned"])
        updates = [one for one in clock_of(told).past if one.kind is Kind.UPDATE]
        written = [one for one in told[1:] if one.wrote]
        assert len(updates) == len(written) - taken_back


def test_one_that_goes_on_is_one_span_and_is_said_anew():
    told = record((30, "note"), (31, "note_taken_back", undoes(2)))
    reading = read(told, Kind.UPDATE, 40)
    assert (reading.began, reading.cycle, stopped(reading.ran)) == (minute(0), 3, [])


def judged(*terms: Term) -> dict:
    return {"severity": {"from": 1, "to": 3, "promised": [term.plain() for term in terms]}}


def test_a_new_severity_counts_from_the_beginning():
    told = record((10, "facts", judged(Term(Kind.RESPONSE, 30), Term(Kind.RESOLVE, 600))))
    assert read(told, Kind.RESPONSE, 12).due == minute(30)
    assert read(told, Kind.RESOLVE, 12).due == minute(600)
    assert [one.kind for one in clock_of(told).readings(minute(12))] == [Kind.RESPONSE, Kind.RESOLVE]


def test_a_worse_severity_may_be_late_at_once():
    told = record((200, "alert", judged(Term(Kind.RESOLVE, 60))))
    assert read(told, Kind.RESOLVE, 200).broken == minute(60)


def test_what_was_answered_stays_judged_by_its_own_terms():
    told = record(ACK, (20, "facts", judged(Term(Kind.RESPONSE, 5), Term(Kind.RESOLVE, 60))))
    reading = read(told, Kind.RESPONSE, 30)
    assert (reading.term.minutes, reading.broken) == (15, None)


def test_without_promises_there_is_nothing_to_read():
    assert clock_of([Told(1, T0, "opened", {"severity": 3})]).readings(minute(5)) == []
    assert clock_of([]).readings(T0) == []


def test_cycles_that_others_followed_are_kept():
    told = record((30, "note"), (95, "note"), (100, "resolved"), (200, "reopened"))
    past = [(one.kind, one.began, one.broken) for one in clock_of(told).past]
    assert past == [
        (Kind.UPDATE, minute(0), None),
        (Kind.UPDATE, minute(30), minute(90)),
        (Kind.RESPONSE, minute(0), minute(15)),
        (Kind.UPDATE, minute(95), None),
    ]


def test_business_hours_and_a_hold_over_the_weekend():
    """Four business hours from Friday 16:00, held from 17:00 to Monday 10:00: two are left after one was spent."""
    office = Hours("Mon-Fri 08:00-18:00", "UTC")
    friday = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    terms = [Term(Kind.RESOLVE, 240, hours=office).plain()]
    told = [
        Told(1, friday, "opened", {"promised": terms}),
        Told(2, friday + timedelta(hours=1), "held", {}, True),
        Told(3, datetime(2026, 3, 9, 10, 0, tzinfo=UTC), "woken", {}),
    ]
    [reading] = clock_of(told).readings(datetime(2026, 3, 9, 10, 30, tzinfo=UTC))
    assert reading.due == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)
    assert reading.left == timedelta(hours=2, minutes=30)
    [pause] = stopped(reading.ran)
    assert pause.end - pause.start == timedelta(days=2, hours=17)


def test_the_record_gives_the_same_terms_back():
    term = Term(Kind.UPDATE, 60, 70, Hours("Mon-Fri 08:00-18:00", "Europe/Berlin"))
    assert Term.of(term.plain()) == term


# --- what is said -------------------------------------------------------------------------------


def said(told: list[Told], n: float):
    clock = clock_of(told)
    reading = next(one for one in clock.readings(minute(n)) if one.kind == Kind.RESPONSE)
    return clock.next_said(reading, minute(n))


RISKY = {"name": "response:1:1"}


@pytest.mark.parametrize(
    ("lines", "now", "next_said"),
    [
        ([], 0, (Say.RISK, 12)),
        ([], 13, (Say.RISK, 12)),  # it is late
        ([], 16, (Say.BROKEN, 15)),  # too late to warn: one thing is said, not both
        ([(12, "promise_risk", RISKY)], 13, (Say.BROKEN, 15)),
        ([(12, "promise_risk", RISKY), (15, "promise_broken", RISKY)], 16, None),
        ([(5, "held")], 13, None),
        ([ACK], 13, None),
        ([(12, "promise_risk", RISKY), (13, "held"), (63, "woken")], 64, (Say.BROKEN, 65)),  # warned once
        ([(12, "promise_risk", RISKY), (13, "facts", judged(Term(Kind.RESPONSE, 30)))], 14, (Say.RISK, 24)),  # anew
        ([(12, "promise_risk", RISKY), (13, "resolved"), (20, "reopened")], 21, (Say.RISK, 32)),
    ],
)
def test_each_thing_is_said_once(lines, now, next_said):
    expected = next_said and (next_said[0], minute(next_said[1]))
    assert said(record(*lines), now) == expected


def test_who_wants_no_warning_is_told_when_it_is_late():
    told = record(terms=[Term(Kind.RESPONSE, 15, warn=100)])
    assert said(told, 1) == (Say.BROKEN, minute(15))


# --- properties ---------------------------------------------------------------------------------

patient = settings(deadline=None)  # the machine may be busy
EVENTS = st.sampled_from(["held", "woken", "maintenance_began", "maintenance_ended", "note", "resolved", "reopened"])
OFFICE = Hours("Mon-Fri 09:00-17:00", "Europe/Berlin")


QUARTER = 15  # minutes: what happens, happens at a quarter of an hour
quarters = st.integers(0, 200).map(lambda n: n * QUARTER)


@patient
@given(st.lists(st.tuples(quarters, EVENTS), max_size=12), quarters, st.booleans())
def test_the_resolve_clock_counts_the_quarters_in_which_nothing_stops_it(events, now, office):
    """A second reading, quarter by quarter, with nothing but flags."""
    lines = sorted(one for one in events if one[0] <= now)
    term = Term(Kind.RESOLVE, 600, hours=OFFICE if office else None)
    reading = read(record(*lines, terms=[term]), Kind.RESOLVE, now)
    held = quiet = over = False
    spent = 0
    for n in range(0, now, QUARTER):
        for kind in (kind for at, kind in lines if at == n):
            over = {"resolved": True, "reopened": False}.get(kind, over)
            held = not over and {"held": True, "woken": False, "maintenance_ended": False}.get(kind, held)
            quiet = not over and {"maintenance_began": True, "maintenance_ended": False}.get(kind, quiet)
            held, quiet = (False, False) if kind == "reopened" else (held, quiet)
        wall = minute(n).astimezone(ZoneInfo("Europe/Berlin"))
        works = not office or (wall.weekday() < 5 and 9 <= wall.hour < 17)
        spent += QUARTER if works and not (held or quiet or over) else 0
    assert reading.spent == timedelta(minutes=spent)
    assert (reading.broken is not None) == (spent >= 600)
    if spent < 600 and reading.state is State.RUNNING:
        assert reading.due is not None
        assert reading.due > minute(now)


@patient
@given(st.lists(st.tuples(st.integers(0, 3000), EVENTS), max_size=12), st.integers(0, 3000))
def test_reading_earlier_or_later_never_moves_what_is_due(events, now):
    """As long as nothing happens, a running clock's instant stays where it is."""
    lines = sorted(one for one in events if one[0] <= now)
    told = record(*lines)
    soon, later = ({one.kind: one for one in clock_of(told).readings(minute(n))} for n in (now, now + 5000))
    for kind, reading in soon.items():
        assert (reading.due, reading.risk, reading.state) == (later[kind].due, later[kind].risk, later[kind].state)
