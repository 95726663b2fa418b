"""Facts from entries, what became of an advice, and the replay: plain values in, plain values out."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.learning import judging, replay, signs
from incidents.learning.judging import Answer, Fate, judge
from incidents.learning.story import Usual, story_of
from incidents.models.effort import Interval, Told

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA, JO = 1, 2


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def told(minutes: float, kind: str, actor: int | None = ANA, **data) -> Told:
    return Told(at(minutes), kind, actor, "Ana", data)


OPENED = told(0, "opened", people_affected=40, severity=2)
CALLED = told(0, "called", None, track="functional", to="L1", why="opened")
TAKEN = told(1, "acknowledged", track="functional", tier="L1", limit_s=1800)
FAILED = told(3, "attempt", outcome="no_effect")
WORSE = told(4, "attempt", outcome="worse")
UP = told(6, "called", track="functional", to="L2", why="by_hand")


def facts(*entries: Told, now: float = 10):
    return story_of([OPENED, CALLED, TAKEN, *entries]).facts(at(now))


def test_what_is_known_after_the_first_minutes():
    known = facts(FAILED, WORSE)
    assert (known.tier, known.taken, known.failed, known.worse) == ("L1", True, 2, 1)
    assert known.hands_on == timedelta(minutes=9)
    assert (known.limit_at, known.heard_at) == (at(31), at(4))
    assert (known.severity, known.people) == (2, ((at(0), 40),))


def test_what_helped_ends_the_count():
    assert facts(FAILED, told(4, "attempt", outcome="helped")).failed == 0


def test_the_next_tier_begins_with_a_clean_sheet():
    known = facts(FAILED, UP)
    assert (known.tier, known.taken, known.failed, known.limit_at, known.climbed) == ("L2", False, 0, None, True)
    assert known.hands_on == timedelta()


def test_the_other_track_changes_nothing_here():
    assert facts(FAILED, told(6, "called", None, track="hierarchical", to="Duty manager", why="severity")) == facts(
        FAILED
    )


def test_a_hand_over_inside_the_tier_keeps_the_count_and_one_to_another_does_not():
    inside = facts(FAILED, told(5, "accepted", JO, tier="L1", limit_s=600))
    assert (inside.failed, inside.passes, inside.returns, inside.limit_at) == (1, 1, 0, at(15))
    back = facts(told(5, "accepted", JO, tier="L1", limit_s=None), told(6, "accepted", ANA, tier="L1", limit_s=None))
    assert (back.passes, back.returns) == (2, 1)
    assert facts(FAILED, told(5, "accepted", JO, tier="L2", limit_s=None)).failed == 0


def test_the_same_tier_called_again_has_not_climbed_whatever_called_it_first():
    waited = told(5, "called", None, track="functional", to="L1", why="next_shift")
    again = told(9, "called", None, track="functional", to="L1", why="not_acknowledged")
    assert not story_of([OPENED, waited, again]).facts(at(10)).climbed
    assert story_of([OPENED, waited, told(9, "called", None, track="functional", to="L2")]).facts(at(10)).climbed
    reopened = [OPENED, CALLED, TAKEN, UP, told(7, "resolved"), told(8, "reopened")]
    assert not story_of([*reopened, told(8, "called", None, track="functional", to="L1")]).facts(at(9)).climbed


def test_whoever_gets_it_at_another_tier_has_seen_it_however_it_came():
    assert facts(told(5, "accepted", JO, tier="L2", limit_s=600)).climbed
    assert facts(told(5, "reassigned", JO, tier="L2", to={"id": JO, "name": "Jo"})).climbed
    assert not facts(told(5, "accepted", JO, tier="L1", limit_s=600)).climbed


@pytest.mark.parametrize("kind", ["offered", "declined", "taken_back", "decided", "needs", "runbook_ticked"])
def test_whatever_somebody_does_breaks_the_silence(kind):
    assert facts(told(9, kind, JO)).heard_at == at(9)
    assert facts(told(9, kind, None)).heard_at == at(1)  # the engine's is nobody's


def test_whoever_gets_it_by_a_reassignment_is_not_silent_yet():
    assert facts(told(9, "reassigned", JO, tier="L1", to={"id": ANA, "name": "Ana"})).heard_at == at(9)


def test_not_now_holds_until_the_baton_moves_also_inside_the_tier():
    refused = [OPENED, CALLED, TAKEN, told(5, "advice_declined")]
    assert story_of([*refused, told(6, "note")]).declined is not None
    assert story_of([*refused, told(6, "accepted", JO, tier="L1", limit_s=600)]).declined is None


def test_a_hold_keeps_what_was_left_of_the_limit():
    held = [OPENED, CALLED, TAKEN, told(11, "held")]
    assert not story_of(held).open
    woken = story_of([*held, told(60, "woken", people=[])])
    assert woken.open
    assert woken.facts(at(61)).limit_at == at(80)
    both = [*held, told(20, "maintenance_began", None), told(60, "woken", people=[])]
    assert not story_of(both).open
    assert story_of([*both, told(90, "maintenance_ended", None, people=[])]).facts(at(91)).limit_at == at(110)


def test_the_end_of_maintenance_ends_a_hold_too_unless_that_lasts_longer():
    both = [OPENED, CALLED, TAKEN, told(11, "held"), told(20, "maintenance_began", None)]
    assert story_of([*both, told(90, "maintenance_ended", None, people=[])]).open
    assert not story_of([*both, told(90, "maintenance_ended", None, people=[], held_until="2026-03-03")]).open


def test_who_is_off_duty_when_the_clocks_go_on_has_it_no_more():
    woken = story_of([OPENED, CALLED, TAKEN, told(11, "held"), told(60, "woken", None, people=[], holder=None)])
    known = woken.facts(at(61))
    assert (known.taken, known.limit_at) == (False, None)


def test_an_open_offer_is_waited_for():
    offered = [OPENED, CALLED, TAKEN, told(5, "offered", to={"id": JO, "name": "Jo"})]
    assert not story_of(offered).open
    for kind in ("declined", "taken_back", "offer_returned", "accepted"):
        assert story_of([*offered, told(6, kind, JO)]).open, kind


def test_a_re_opening_begins_anew_and_is_counted():
    known = facts(FAILED, told(7, "resolved", tier="L1"), told(8, "reopened"))
    assert (known.reopened, known.failed, known.people) == (1, 0, ((at(0), 40),))
    assert not story_of([OPENED, CALLED, TAKEN, told(7, "resolved", tier="L1")]).open


def test_the_end_of_a_duplicate_says_nothing_of_an_advice():
    merged = story_of([OPENED, CALLED, TAKEN, told(7, "resolved", tier="L1", merged_into="INC-7")])
    assert not merged.open
    assert judge(Answer(at(2), False, "L1", "L2"), merged.arrivals, merged.ends) is None


# --- judging ------------------------------------------------------------------------------------

TOOK = Answer(at(10), True, "L1", "L2", usual=20)
NOT = Answer(at(10), False, "L1", "L2", usual=20)


@pytest.mark.parametrize(
    ("answer", "arrivals", "ends", "fate", "minutes"),
    [
        (TOOK, [(at(10), "L2")], [(at(22), "L2")], Fate.SOLVED, 12),
        (TOOK, [(at(10), "L2"), (at(15), "L3")], [(at(40), "L3")], Fate.WENT_ON, 30),
        (TOOK, [(at(10), "L2")], [(at(12), "L1")], Fate.NOT_NEEDED, 2),
        (TOOK, [(at(10), "L2")], [(at(12), "")], Fate.BY_ITSELF, 2),
        (NOT, [(at(0), "L1")], [(at(30), "L1")], Fate.STAYED, 20),
        (NOT, [(at(0), "L1")], [(at(31), "L1")], Fate.STAYED, 21),  # on the wall; nobody worked for so long
        (NOT, [(at(0), "L1"), (at(32), "L2")], [(at(40), "L2")], Fate.LATE, 22),
        (NOT, [(at(32), "L2")], [], Fate.LATE, 22),
        (NOT, [], [(at(12), "")], Fate.BY_ITSELF, 2),
        # what came after the end is another story
        (NOT, [(at(60), "L2")], [(at(5), "L1"), (at(15), "L1"), (at(90), "L2")], Fate.STAYED, 5),
    ],
)
def test_what_became_of_an_advice(answer, arrivals, ends, fate, minutes):
    judged = judge(answer, arrivals, ends)
    assert judged is not None
    assert (judged.fate, judged.minutes) == (fate, minutes)
    assert judged.advice_was_right is (fate in {Fate.SOLVED, Fate.WENT_ON, Fate.SLOW, Fate.LATE})


@pytest.mark.parametrize(("answer", "arrivals"), [(TOOK, [(at(10), "L2")]), (NOT, [(at(0), "L1")])])
def test_nothing_is_judged_before_it_is_over(answer, arrivals):
    assert judge(answer, arrivals, [(at(5), "L1")]) is None


@pytest.mark.parametrize(
    ("worked", "fate"),
    [
        ([(1, 31)], Fate.SLOW),  # 21 minutes since the answer
        ([(1, 30)], Fate.STAYED),
        ([(1, 10.5), (700, 719)], Fate.STAYED),  # a night on hold is no work
        ([(1, 21), (9, 21)], Fate.SLOW),  # of two
        ([(1, None)], Fate.SLOW),
    ],
)
def test_what_took_longer_than_usual_is_told_by_the_hands_on_it(worked, fate):
    hands = [
        Interval(person, "Ana", "L1", at(began), at(ended) if ended else None)
        for person, (began, ended) in enumerate(worked)
    ]
    judged = judge(NOT, [(at(0), "L1")], [(at(719), "L1")], hands)
    assert judged is not None
    assert (judged.fate, judged.minutes) == (fate, 709)


def test_without_a_usual_time_nothing_is_slow():
    judged = judge(Answer(at(10), False, "L1", "L2"), [], [(at(900), "L1")])
    assert judged is not None
    assert judged.fate is Fate.STAYED


def test_an_answer_is_read_from_its_entry():
    entry = told(10, "advice_declined", tier="L1", to="L2", usual=20)
    assert judging.answer_of(entry) == NOT


# --- replay -------------------------------------------------------------------------------------


def shown(*entries: Told, until: float = 10, **more):
    more = {"before": 0, "usual": Usual(), **more}
    return replay.play([OPENED, CALLED, TAKEN, *entries], at(until), signs.BALANCED, **more)


def test_the_replay_finds_what_showed_between_two_entries():
    assert shown(until=30.5).keys == {"limit"}
    assert shown(told(31, "called", None, track="functional", to="L2", why="work_limit"), until=40).keys == {
        "limit",
    }
    assert shown(told(20, "note"), until=24).keys == set()
    assert shown(told(6, "resolved", tier="L1"), until=500).keys == set()
    assert shown(FAILED, WORSE, UP, until=7).keys == {"attempts"}


def test_the_replay_compares_with_others_and_keeps_the_worst_verdict():
    other = shown(FAILED, WORSE, UP, until=7, before=4, usual=Usual(10, 1))
    assert other.keys == {"attempts", "again"}
    assert other.verdict.key == "now"
    assert shown(FAILED, WORSE, UP, until=7, before=4, off={"attempts", "again"}).verdict.key == "not_yet"
    assert replay.count([other, shown(FAILED, WORSE)])["attempts"] == 2
