"""One past incident up another path: entries and a path in, who is called when and what comes of it out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.policies.rungs import Policy, Step
from escalation.policies.seating import Chair, Seating, Turns
from escalation.policies.words import Mode
from incidents.learning.whatif import comparing
from incidents.learning.whatif.comparing import Difference, Nights
from incidents.learning.whatif.playing import Call, Course, Track, Version, play
from incidents.learning.whatif.recorded import record_of
from incidents.whatif.rows import Row
from incidents.whatif.saying import Words
from tests.incidents.test_signs_story import at
from tests.incidents.test_signs_story import told as entry

ANA, MEI, TOM, RITA, INES, ADA = range(1, 7)
PROMISE = {"kind": "response", "minutes": 8, "warn": 80, "hours": None}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def told(minute, kind, who=None, **data):
    return entry(minute, kind, who, **data)


def called(minute, tier, *people, **more):
    data = {"track": "functional", "why": "not_acknowledged", "to": tier, "people": [{"id": pk} for pk in people]}
    return told(minute, "called", **{**data, **more})


def taken(minute, who, tier, **more):
    return told(minute, "acknowledged", who, track="functional", tier=tier, **more)


OPENED = told(0, "opened", ANA, severity=3, promised=[PROMISE])
AT_ONCE = [OPENED, called(0, "L1", ANA), taken(2, ANA, "L1"), told(12, "resolved", ANA)]
SECOND = [OPENED, called(0, "L1", ANA), called(5, "L2", MEI), taken(7, MEI, "L2"), told(20, "resolved", MEI)]
BY_SOURCE = [*SECOND[:-1], told(9, "resolved")]
TWICE = [*AT_ONCE[:3], called(22, "L2", MEI, why="work_limit"), taken(24, MEI, "L2"), told(30, "resolved", MEI)]
HELD = [*AT_ONCE[:3], told(4, "held", ANA, until=at(60).isoformat()), told(62, "resolved", ANA)]
AGAIN = [*SECOND, told(21, "reopened", MEI), called(21, "L1", ANA), taken(22, ANA, "L1"), told(30, "resolved", ANA)]
BY_HAND = [*AT_ONCE[:3], called(6, "L3", TOM, why="by_hand"), taken(7, TOM, "L3"), told(9, "resolved", TOM)]


def step(number: int, tier: str, acks=5, works=None, **more) -> Step:
    return Step(number, tier, minutes(acks), works and minutes(works), **more)


def version(*steps: tuple[str, int, dict], laps=1, usual=None, begins=None, managers=(), **chairs) -> Version:
    """Steps as (tier, person, more); without a person, nobody is there."""
    made = tuple(step(n, tier, **more) for n, (tier, _who, more) in enumerate(steps))
    seats = {n: Chair((who,) if who else ()) for n, (_tier, who, _more) in enumerate(steps)}
    seats |= {int(name[1:]): chair for name, chair in chairs.items()}
    work = Track(Policy(made, (tuple(range(len(made))),) * laps), Seating(seats), begins and minutes(begins))
    authority = None
    if managers:
        asks = (step(0, "Duty", mode=Mode.DECIDE),)
        authority = Track(Policy(asks, ((0,),), functional=False, starts_at_severity=3), Seating({0: Chair(managers)}))
    return Version(work, authority, ADA, {tier: minutes(after) for tier, after in (usual or {}).items()})


L1, L2, L3 = ("L1", ANA, {}), ("L2", MEI, {}), ("L3", TOM, {})
PRESENT = version(L1, L2, L3)

# record, path → (minute, who is called) each, minute of the first answer, minute of the end, broken promises
CASES = {
    "as it is": (SECOND, PRESENT, [(0, ANA), (5, MEI)], 7, 20, 0),
    "more time: the second is called, answers and resolves later": (
        SECOND,
        version(("L1", ANA, {"acks": 10}), L2),
        [(0, ANA), (10, MEI)],
        12,
        25,
        1,
    ),
    "less time: all of it is earlier": (
        SECOND,
        version(("L1", ANA, {"acks": 1}), L2),
        [(0, ANA), (1, MEI)],
        3,
        16,
        0,
    ),
    "somebody else in the tier answers as the one before did": (
        AT_ONCE,
        version(("L1", RITA, {}), L2),
        [(0, RITA)],
        2,
        12,
        0,
    ),
    "who is moved to a later step is waited for, and nobody stands in": (
        AT_ONCE,
        version(("L1", RITA, {}), ("L2", ANA, {})),
        [(0, RITA), (5, ANA)],
        7,
        17,
        0,
    ),
    "a tier that was not called answers after its usual time": (
        AT_ONCE,
        version(L3, L2, usual={"L3": 4}),
        [(0, TOM)],
        4,
        14,
        0,
    ),
    "a tier that never answers does not": (AT_ONCE, version(L3, L1), [(0, TOM), (5, ANA)], 7, 17, 0),
    "a tier that was called and did not answer does not, whatever is usual": (
        SECOND,
        version(L1, L2, usual={"L1": 1}),
        [(0, ANA), (5, MEI)],
        7,
        20,
        0,
    ),
    "nobody of the path ever took it: when its end has come, somebody does": (
        SECOND,
        version(L3),
        [(0, TOM), (5, ADA)],
        7,
        20,
        0,
    ),
    "a longer path is at its end later than it was taken": (
        SECOND,
        version(("L3", TOM, {"acks": 9})),
        [(0, TOM), (9, ADA)],
        9,
        22,
        1,
    ),
    "two rounds": (
        SECOND,
        version(L1, L3, laps=2),
        [(0, ANA), (5, TOM), (10, ANA), (15, TOM), (20, ADA)],
        20,
        33,
        1,
    ),
    "what its source ends is over when it was, answered or not": (
        BY_SOURCE,
        version(("L1", ANA, {"acks": 10}), L2),
        [(0, ANA)],
        None,
        9,
        1,
    ),
    "nobody is called before it begins": (BY_SOURCE, version(L1, L2, begins=10), [], None, 9, 1),
    "a limit of the work that was none calls the next": (
        AT_ONCE,
        version(("L1", ANA, {"works": 6}), L2, usual={"L2": 1}),
        [(0, ANA), (8, MEI)],
        2,
        12,
        0,
    ),
    "a longer limit calls nobody else": (TWICE, version(("L1", ANA, {"works": 60}), L2), [(0, ANA)], 2, 30, 0),
    "a shorter one calls them, and all that follows, earlier": (
        TWICE,
        version(("L1", ANA, {"works": 10}), L2),
        [(0, ANA), (12, MEI)],
        2,
        20,
        0,
    ),
    "the end of a hold stays where it was": (
        HELD,
        version(("L1", RITA, {}), ("L2", MEI, {"acks": 5}), laps=2),
        [(0, RITA)],
        2,
        62,
        0,
    ),
    "escalated by hand, to the same tier": (
        BY_HAND,
        version(("L1", ANA, {"works": 3}), L2, L3, usual={"L2": 9}),
        [(0, ANA), (5, MEI), (6, TOM)],
        2,
        9,
        0,
    ),
    "escalated by hand to a tier that is gone: the next": (BY_HAND, version(L1, L2), [(0, ANA), (6, MEI)], 2, 9, 0),
    "re-opened when it has ended, which is later": (
        AGAIN,
        version(("L1", ANA, {"acks": 10}), L2),
        [(0, ANA), (10, MEI), (25, ANA)],
        12,
        34,
        1,
    ),
    "who must decide is asked beside it": (
        AT_ONCE,
        version(L1, managers=(INES,)),
        [(0, ANA), (0, INES), (5, ADA)],
        2,
        12,
        0,
    ),
    "a step that waits for a shift": (
        SECOND,
        version(("L1", 0, {"awaits_shift": True}), L2, s0=Chair(rotas=(Turns([(at(3), at(90), ANA)]),), awaits=True)),
        [(3, ANA), (8, MEI)],
        10,
        23,
        1,
    ),
    "a step that nobody is there for": (SECOND, version(("L1", 0, {}), L2), [(0, MEI)], 2, 15, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_what_would_have_happened(case):
    entries, tried, calls, answered, ended, broken = CASES[case]
    record = record_of(entries)
    assert record is not None
    found = play(record, tried)
    assert [(call.at, who) for call in found.calls for who in call.people] == [(at(n), who) for n, who in calls]
    assert found.answered_at == (None if answered is None else at(answered))
    assert (found.ended_at, found.broken) == (at(ended), broken)


@pytest.mark.parametrize("entries", [AT_ONCE, SECOND, BY_SOURCE])
def test_the_present_path_agrees_with_the_record(entries):
    record = record_of(entries)
    assert comparing.agrees(record, play(record, PRESENT))
    assert not comparing.agrees(record, play(record, version(L2)))
    later = [replace(one, at=one.at + minutes(0.5)) if one.kind == "called" else one for one in entries]
    assert comparing.agrees(record_of(later), play(record, PRESENT))  # the engine was half a minute late


@pytest.mark.parametrize("entries", [[], [OPENED], AT_ONCE[:3], [*AT_ONCE, told(13, "reopened", ANA)], AT_ONCE[1:]])
def test_what_is_not_over_is_not_played(entries):
    assert record_of(entries) is None


def test_the_usual_time_of_a_tier_is_the_median_of_those_who_answered():
    found = comparing.usual([record_of(one) for one in (AT_ONCE, SECOND, TWICE, BY_HAND)])
    assert found == {"L1": minutes(2), "L2": minutes(2), "L3": minutes(1)}


def test_a_turn_is_half_open_and_the_next_is_waited_for_a_week():
    turns = Turns([(at(10), at(20), ANA), (at(20), at(30), MEI)])
    assert [turns.at(at(n)) for n in (9, 10, 19, 20, 30)] == [None, ANA, ANA, MEI, None]
    assert [turns.coming(at(n)) for n in (-8 * 24 * 60, 0, 10, 30)] == [None, at(10), at(20), None]


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        ({"exhausted": 0}, {"exhausted": 1}, "the last resort is called"),
        ({"exhausted": 2}, {"exhausted": 0}, "the last resort is not called"),
        ({"answered": 2}, {"answered": 2 + 0.4 / 60}, "others are called, or at another time"),
        ({"answered": 2}, {"answered": 2.5}, "answered 30 s later"),
    ],
)
def test_a_difference_is_said_in_words(now, then, said):
    def course(exhausted=0, answered=2) -> Course:
        return Course((), (at(answered),), at(30), exhausted=exhausted)

    difference = Difference(1, course(**now), course(**then))
    row = Row(1, 1, 1001, "Card payments fail", at(0), at(30))
    assert Words({}, Nights({})).difference(row, difference).words == said


def test_whoever_is_left_without_anybody_comes_before_more_calls():
    calm = Course((), (), at(30))
    calls = tuple(Call(at(n), "L1", (ANA,), asks=True) for n in range(5))
    more, left = Difference(1, calm, replace(calm, calls=calls)), Difference(2, calm, replace(calm, exhausted=1))
    assert max([more, left], key=lambda one: one.weight) is left
