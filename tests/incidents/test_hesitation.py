"""Did the facts say that it is time to escalate, and did anybody? Entries in, an instant and an answer out."""

import pytest

from incidents.learning import advice, hesitation, signs
from incidents.learning.story import story_of
from tests.incidents.test_signs_story import CALLED, FAILED, OPENED, TAKEN, WORSE, at, told

BEGUN = [OPENED, CALLED, TAKEN, FAILED, WORSE]  # in vain twice, once for the worse; the limit is over at minute 31
CLOCK = {"track": "functional", "from": "L1", "to": "L2", "why": "limit"}
HAND = {**CLOCK, "why": "by_hand", "reason": "expertise"}
BY_CLOCK, BY_HAND = told(31, "called", None, **CLOCK), told(27, "called", **HAND)
DONE = told(40, "resolved", tier="L1")


@pytest.mark.parametrize(
    ("then", "hesitated"),
    [
        ([BY_CLOCK, DONE], True),
        ([BY_HAND, DONE], False),
        ([told(29, "resolved", tier="L1")], True),
        ([told(29, "resolved", None)], True),
        ([told(27, "advice_declined"), DONE], False),
        ([told(27, "advice_taken"), told(27, "called", **HAND), DONE], False),
        ([told(27, "called", None, **{**CLOCK, "to": "L1"}), told(30, "resolved", tier="L1")], True),
        ([told(27, "offered"), told(28, "accepted", 2, tier="L2"), DONE], False),
        ([told(27, "offered"), told(28, "accepted", 2, tier="L1"), DONE], True),
        ([told(27, "reassigned", 3, to={"id": 2, "name": "Jo"}, tier="L2"), DONE], False),
    ],
)
def test_who_is_told_to_escalate_does_says_why_not_or_hesitates(then, hesitated):
    found = hesitation.of([*BEGUN, *then])
    assert found.hesitated is hesitated
    assert at(25) <= found.warned_at < at(26)  # two in vain, one for the worse, and a fifth of the limit is left


@pytest.mark.parametrize(
    "then",
    [
        [told(24, "called", **HAND), DONE],
        [told(24, "held"), DONE],
        [told(24, "resolved", tier="L1")],
        [told(24, "attempt", outcome="helped"), told(29, "resolved", tier="L1")],
    ],
)
def test_nobody_hesitates_before_the_facts_say_so(then):
    assert hesitation.of([*BEGUN, *then]) == hesitation.Hesitation()


def test_the_instant_is_what_looking_at_every_second_finds():
    then = [told(12, "note"), told(29, "resolved", tier="L1")]
    entries = [*BEGUN, *then]

    def says(second: int) -> bool:
        heard = [one for one in entries if one.at <= at(second / 60)]
        found = signs.seen(story_of(heard).facts(at(second / 60)), at(second / 60), signs.BALANCED)
        return advice.verdict((one for one in found if one.level > 0), signs.BALANCED) is advice.Verdict.NOW

    first = next(at(second / 60) for second in range(60, 29 * 60) if says(second))
    assert 0 <= (hesitation.of(entries).warned_at - first).total_seconds() < 60


def test_having_hesitated_once_is_remembered_when_it_comes_back():
    back = [DONE, told(50, "reopened"), told(50, "called", None, track="functional", to="L1"), told(60, "resolved")]
    assert hesitation.of([*BEGUN, BY_CLOCK, *back]).hesitated


def test_at_the_end_of_the_path_nobody_hesitates():
    """They were warned; but there is nobody to escalate to."""
    top = [*BEGUN, told(29, "resolved", tier="L1")]
    assert hesitation.of(top).hesitated
    assert hesitation.of(top, "L1") == hesitation.Hesitation(hesitation.of(top).warned_at)
    assert hesitation.of([*BEGUN, BY_CLOCK, DONE], "L2").hesitated  # before it came there
