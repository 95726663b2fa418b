"""The cases that come with the product agree with the signs; and what an answer is worth."""

import pytest

from incidents.learning import training
from incidents.learning.training import FULL, Answer, Mark, Way, judge
from incidents.practising.shipped import cases

WAIT, EXPERTISE = "not_yet", "expertise"
# What the author of each case means to be right at each step: the advice, and to whom and why if it is to escalate.
MEANT = {
    "1-card-payments": [
        (WAIT,),
        (WAIT,),
        ("soon", EXPERTISE, "impact"),
        ("now", EXPERTISE, "impact"),
        ("now", "authority", "authority"),
    ],
    "2-from-hand-to-hand": [(WAIT,), (WAIT,), ("soon", EXPERTISE, EXPERTISE), ("now", EXPERTISE, EXPERTISE)],
    "3-no-access": [(WAIT,), ("soon", "access", "access"), ("now", "access", "access")],
    "4-silent-night": [(WAIT,), (WAIT,), ("soon", EXPERTISE, "time"), ("now", EXPERTISE, "time")],
    "5-the-known-fix": [(WAIT,), (WAIT,), ("soon", EXPERTISE, EXPERTISE), ("now", EXPERTISE, EXPERTISE)],
    "6-loud-and-in-hand": [(WAIT,), (WAIT,), (WAIT,), (WAIT,)],
}


def test_each_case_that_comes_along_is_meant():
    assert cases().keys() == MEANT.keys()


@pytest.mark.parametrize("key", MEANT)
def test_what_is_right_at_each_step_is_what_the_signs_say(key):
    case = training.read(cases()[key])
    said = [
        (step.verdict.key,) if step.verdict.key == WAIT else (step.verdict.key, step.way.value, step.reason)
        for step in case.steps
    ]
    assert said == MEANT[key]
    for step in case.steps:
        assert step.text and step.comment
        assert step.verdict.key == WAIT or len(case.fitting(step)) == 1, "one target has what is needed"


@pytest.mark.parametrize("key", MEANT)
def test_whoever_says_all_of_it_has_all_points_and_whoever_says_one_thing_only_does_not_pass(key):
    case = training.read(cases()[key])
    right = [
        Answer(True, case.fitting(step)[0].key, step.reason) if step.verdict.key == "now" else Answer(False)
        for step in case.steps
    ]
    assert training.score(training.result(case, right)) == 100
    always = training.score(training.result(case, [Answer(True, "1", "time")] * len(case.steps)))
    assert always < training.GOOD


CASE = training.read(
    {
        "title": "t",
        "service": "s",
        "role": "r",
        "outcome": "o",
        "lesson": "l",
        "targets": [{"name": way, "way": way} for way in ("expertise", "authority", "access", "none")],
        "steps": [
            {"minute": 5, "text": "calm", "facts": {"heard": 5}},
            {"minute": 10, "text": "two attempts, once more", "facts": {"failed": 2, "before": 2}},
            {"minute": 20, "text": "grew too", "facts": {"people": 40, "heard": 20}},
            {"minute": 30, "text": "and more", "facts": {"people": 200}},
            {"minute": 40, "text": "no access", "facts": {"missing": ["Root"], "missing_kind": "access"}},
        ],
    }
)
CALM, SOON, AGAIN, GROWS, LOCKED = CASE.steps
EXPERT, BOSS, ACCESS, OTHER = "1", "2", "3", "4"


@pytest.mark.parametrize(
    ("step", "answer", "mark", "points"),
    [
        (CALM, Answer(False), Mark.RIGHT, FULL),
        (CALM, Answer(True, EXPERT, "expertise"), Mark.EARLY, 0),
        (SOON, Answer(False), Mark.RIGHT, FULL),
        (SOON, Answer(True, EXPERT, "expertise"), Mark.RIGHT, FULL),
        (SOON, Answer(True, BOSS, "expertise"), Mark.DIRECTION, 7),
        (GROWS, Answer(False), Mark.MISSED, 0),
        (GROWS, Answer(True, EXPERT, "impact"), Mark.RIGHT, FULL),
        (GROWS, Answer(True, EXPERT, "expertise"), Mark.REASON, 9),  # two mild signs say so
        (GROWS, Answer(True, EXPERT, "access"), Mark.REASON, 8),
        (GROWS, Answer(True, OTHER, "impact"), Mark.DIRECTION, 7),
        (GROWS, Answer(True, OTHER, "time"), Mark.DIRECTION, 5),
        (LOCKED, Answer(True, ACCESS, "access"), Mark.RIGHT, FULL),
        (LOCKED, Answer(True, ACCESS, "impact"), Mark.RIGHT, FULL),  # as strong a sign
        (LOCKED, Answer(True, EXPERT, "access"), Mark.DIRECTION, 7),
        (LOCKED, Answer(True, "none of them", "access"), Mark.DIRECTION, 7),
    ],
)
def test_what_an_answer_is_worth(step, answer, mark, points):
    judged = judge(CASE, step, answer)
    assert (judged.mark, judged.points) == (mark, points)


def test_a_step_says_only_what_has_changed():
    assert [step.facts.failed for step in CASE.steps] == [0, 2, 2, 2, 2]
    assert [number for _at, number in LOCKED.facts.people] == [40, 200]
    assert LOCKED.way is Way.ACCESS and GROWS.way is Way.EXPERTISE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": []}, "has steps"),
        ({"steps": [{"minute": 5, "text": "a"}, {"minute": 5, "text": "b"}]}, "later"),
        ({"steps": [{"minute": 5, "text": "a", "facts": {"mood": 3}}]}, "mood"),
        ({"targets": [{"name": "x", "way": "luck"}]}, "luck"),
    ],
)
def test_what_is_no_case_says_why(change, said):
    with pytest.raises(ValueError, match=said):
        training.read({**cases()["3-no-access"], **change})
