"""The effort clock's arithmetic: who is counted, since when, and nobody twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.models.effort import Interval, Told, Why, clock_of, minutes, minutes_since, spent_by, sums, total

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANA, JO, MEI = {"id": 1, "name": "Ana"}, {"id": 2, "name": "Jo"}, {"id": 3, "name": "Mei"}


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def told(minute: float, kind: str, by=None, **data) -> Told:
    return Told(at(minute), kind, by and by["id"], by["name"] if by else "Baton", data)


def acknowledged(minute, by, tier="L1", track="functional"):
    return told(minute, "acknowledged", by, tier=tier, track=track)


def called(minute, to, track="functional", by=None):
    return told(minute, "called", by, to=to, track=track)


STORIES = {
    "nobody takes it": ([called(0, "L1"), called(5, "L2")], []),
    "taken and resolved": ([acknowledged(2, ANA), told(12, "resolved", JO)], [("Ana", "L1", 2, 12, Why.RESOLVED)]),
    "a manager's answer is no hand": ([acknowledged(2, ANA, track="hierarchical")], []),
    "escalated by the clock": (
        [acknowledged(0, ANA), called(20, "L2"), acknowledged(25, MEI, "L2")],
        [("Ana", "L1", 0, 20, Why.ESCALATED), ("Mei", "L2", 25, None, None)],
    ),
    "a call of managers changes nothing": (
        [acknowledged(0, ANA), called(20, "Duty", track="hierarchical")],
        [("Ana", "L1", 0, None, None)],
    ),
    "an offer changes nothing until it is accepted": (
        [acknowledged(0, ANA), told(4, "offered", ANA, to=JO), told(6, "accepted", JO, tier="L1")],
        [("Ana", "L1", 0, 6, Why.HANDED_OVER), ("Jo", "L1", 6, None, None)],
    ),
    "a hold pauses, and the holder goes on": (
        [
            acknowledged(0, ANA),
            told(3, "began_work", JO, tier="L1"),
            told(5, "held", ANA),
            told(65, "woken", people=[ANA]),
        ],
        [("Ana", "L1", 0, 5, Why.HELD), ("Jo", "L1", 3, 5, Why.HELD), ("Ana", "L1", 65, None, None)],
    ),
    "woken in maintenance, which tells nobody": (
        [acknowledged(0, ANA), told(5, "held", ANA), told(9, "woken", people=[])],
        [("Ana", "L1", 0, 5, Why.HELD), ("Ana", "L1", 9, None, None)],
    ),
    "off duty when it wakes": (
        [acknowledged(0, ANA), told(5, "held", ANA), told(65, "woken", people=[JO]), acknowledged(70, JO)],
        [("Ana", "L1", 0, 5, Why.HELD), ("Jo", "L1", 70, None, None)],
    ),
    "off duty when the maintenance ends": (
        [acknowledged(0, ANA), told(30, "maintenance_ended", people=[JO])],
        [("Ana", "L1", 0, 30, Why.RELIEVED)],
    ),
    "a hold that ended in maintenance ends with it": (
        [acknowledged(0, ANA), told(5, "held", ANA), told(65, "maintenance_ended", people=[ANA], holder=ANA)],
        [("Ana", "L1", 0, 5, Why.HELD), ("Ana", "L1", 65, None, None)],
    ),
    "a hold that lasts longer than the maintenance": (
        [acknowledged(0, ANA), told(5, "held", ANA), told(65, "maintenance_ended", people=[], held_until="then")],
        [("Ana", "L1", 0, 5, Why.HELD)],
    ),
    "maintenance ends, and who has stopped does not begin by that": (
        [acknowledged(0, ANA), told(5, "stopped_work", ANA), told(9, "maintenance_ended", people=[ANA], holder=ANA)],
        [("Ana", "L1", 0, 5, Why.STOPPED)],
    ),
    "relieved, and told all the same: nobody else is there": (
        [acknowledged(0, ANA), told(5, "held", ANA), told(65, "woken", people=[ANA], holder=None)],
        [("Ana", "L1", 0, 5, Why.HELD)],
    ),
    "the clock was put back while it was on hold": (
        [acknowledged(10, ANA), told(15, "held", ANA), told(12, "woken", people=[ANA], holder=ANA)],
        [("Ana", "L1", 10, 15, Why.HELD), ("Ana", "L1", 12, None, None)],
    ),
    "nobody held it before its hold": ([called(0, "L1"), told(5, "held", ANA), told(9, "woken", people=[ANA])], []),
    "reassigned while it is worked on": (
        [acknowledged(0, ANA), told(5, "reassigned", JO, to=MEI, tier="L2")],
        [("Ana", "L1", 0, 5, Why.REASSIGNED), ("Mei", "L2", 5, None, None)],
    ),
    "reassigned to who holds it, at another tier": (
        [acknowledged(0, ANA), told(5, "reassigned", JO, to=ANA, tier="L2")],
        [("Ana", "L1", 0, 5, Why.MOVED), ("Ana", "L2", 5, None, None)],
    ),
    "reassigned before anybody took it": (
        [called(0, "L1"), told(5, "reassigned", JO, to=MEI, tier="L2"), acknowledged(8, MEI, "L2")],
        [("Mei", "L2", 8, None, None)],
    ),
    "reassigned to a tier": (
        [acknowledged(0, ANA), told(5, "reassigned", JO, to=None, tier="L2")],
        [("Ana", "L1", 0, 5, Why.REASSIGNED)],
    ),
    "reassigned on hold": (
        [
            acknowledged(0, ANA),
            told(2, "held", ANA),
            told(5, "reassigned", JO, to=MEI, tier="L2"),
            told(9, "woken", people=[MEI]),
        ],
        [("Ana", "L1", 0, 2, Why.HELD), ("Mei", "L2", 9, None, None)],
    ),
    "taken at the end of the path": (
        [acknowledged(0, ANA), told(9, "exhausted"), acknowledged(11, JO, "L3")],
        [("Ana", "L1", 0, 11, Why.TAKEN_OVER), ("Jo", "L3", 11, None, None)],
    ),
    "a helper takes the baton": (
        [acknowledged(0, ANA), told(2, "began_work", MEI, tier="L2"), called(5, "L2"), acknowledged(6, MEI, "L2")],
        [("Ana", "L1", 0, 5, Why.ESCALATED), ("Mei", "L2", 2, None, None)],
    ),
    "told to stop, and on again": (
        [acknowledged(0, ANA), told(5, "stopped_work", ANA), told(9, "began_work", ANA, tier="L1")],
        [("Ana", "L1", 0, 5, Why.STOPPED), ("Ana", "L1", 9, None, None)],
    ),
    "re-opened": (
        [
            acknowledged(0, ANA),
            told(5, "resolved", ANA),
            told(9, "reopened", JO),
            called(9, "L1"),
            acknowledged(11, JO),
        ],
        [("Ana", "L1", 0, 5, Why.RESOLVED), ("Jo", "L1", 11, None, None)],
    ),
    "no time between is no interval": ([acknowledged(0, ANA), told(0, "resolved", ANA)], []),
    "what it does not know is passed over": (
        [told(0, "something_new", ANA), acknowledged(1, ANA)],
        [("Ana", "L1", 1, None, None)],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_record_says_whose_hands_were_on_it(story):
    entries, expected = STORIES[story]
    found = [(one.name, one.tier, one.began, one.ended, one.why) for one in clock_of(entries).intervals]
    wanted = [(name, tier, at(a), None if b is None else at(b), why) for name, tier, a, b, why in expected]
    assert found == wanted


@pytest.mark.parametrize(("seconds", "said"), [(0, None), (1, 1), (60, 1), (61, 2), (3600, 60)])
def test_a_begun_minute_is_a_minute(seconds, said):
    assert minutes(timedelta(seconds=seconds)) == said


NOW = 60
some_intervals = st.lists(
    st.builds(
        lambda person, tier, began, length: (person, tier, began, length and began + length),
        st.integers(1, 3),
        st.sampled_from(["L1", "L2"]),
        st.integers(0, NOW + 5),
        st.one_of(st.none(), st.integers(1, 20)),
    ),
    max_size=8,
)


def made(rows) -> list[Interval]:
    return [Interval(p, f"P{p}", tier, at(a), None if b is None else at(b)) for p, tier, a, b in rows]


@given(some_intervals)
def test_sums_are_what_one_counts_minute_by_minute(rows):
    worked = {(p, tier, m) for p, tier, a, b in rows for m in range(a, NOW if b is None else min(b, NOW))}
    counted = {}
    for person, tier, _minute in worked:
        counted[person, tier] = counted.get((person, tier), 0) + 1
    found = {(one.person, one.tier): one.spent for one in sums(made(rows), at(NOW)) if one.spent}
    assert found == {key: timedelta(minutes=count) for key, count in counted.items()}
    assert total(made(rows), at(NOW)) == timedelta(minutes=len(worked))


@given(some_intervals, st.integers(0, NOW))
def test_the_time_before_and_since_any_instant_add_up(rows, cut):
    for person in (1, 2, 3):
        intervals = made(rows)
        before = spent_by(person, intervals, at(cut))
        assert before + spent_by(person, intervals, at(NOW), since=at(cut)) == spent_by(person, intervals, at(NOW))


@given(some_intervals, st.lists(st.integers(1, 60 * NOW), min_size=1, max_size=6).map(sorted))
def test_minutes_said_one_after_the_other_are_the_whole_and_a_begun_one_counts_once(rows, seconds):
    intervals, since, said = made(rows), None, []
    for now in (at(0) + timedelta(seconds=second) for second in seconds):
        said.append(minutes_since(1, intervals, now, since))
        since = now
    assert sum(filter(None, said)) == (minutes(spent_by(1, intervals, since)) or 0)
    assert all(one is None or one >= 0 for one in said)


@given(some_intervals, some_intervals)
def test_two_people_at_once_both_count(first, second):
    ana = [(1, tier, a, b) for _p, tier, a, b in first]
    jo = [(2, tier, a, b) for _p, tier, a, b in second]
    assert total(made(ana + jo), at(NOW)) == total(made(ana), at(NOW)) + total(made(jo), at(NOW))
