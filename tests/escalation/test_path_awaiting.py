"""A step that waits for the next shift, as the pure path has it."""

from dataclasses import replace

import pytest

from escalation.policies.path import Act, Seats, Standing, Why, acknowledged, advance, forecast, held, path, woken
from tests.escalation.test_path import SEATED, SEV3, START, UNANSWERED, Climb, at, climb

WAITS = climb(step1={"awaits_shift": True})
NOBODY_UNTIL = {**SEATED, 1: Seats(next_at=at(60))}


def answers(minute):
    """Who is there then: Mei's shift begins at sixty."""
    return SEATED if minute >= at(60) else NOBODY_UNTIL


def waiting() -> Standing:
    """L1 did not answer, and L2 has nobody for most of an hour."""
    run = Climb(WAITS, who=NOBODY_UNTIL)
    run.to(5)
    return run.standing


def test_it_stays_where_it_is_and_looks_again_when_the_shift_begins():
    standing = waiting()
    assert (standing.place, standing.awaits_until, standing.deadline) == (0, at(60), None)
    outlook = path(WAITS, standing, SEV3, at(5), {})
    assert (outlook.at, outlook.expects) == (at(60), Act.CALL)


def test_then_it_calls_who_is_there():
    decision = path(WAITS, waiting(), SEV3, at(60), SEATED).decision
    assert (decision.act, decision.why, decision.place, decision.people) == (Act.CALL, Why.NEXT_SHIFT, 1, ("mei",))
    standing = advance(WAITS, waiting(), decision, at(60))
    assert (standing.awaits_until, standing.deadline) == (None, at(70))


def test_without_a_shift_ahead_it_is_passed_over():
    run = Climb(WAITS, who={**SEATED, 1: Seats()})
    run.to(5)
    assert run.standing.place == 2 and run.standing.awaits_until is None


def test_a_step_that_does_not_wait_is_passed_over_whatever_is_ahead():
    run = Climb(climb(), who=NOBODY_UNTIL)
    run.to(5)
    assert run.standing.place == 2


def test_the_first_step_may_wait_too():
    run = Climb(climb(step0={"awaits_shift": True}), who={0: Seats(next_at=at(60))})
    assert (run.standing.begun, run.standing.awaits_until) == (False, at(60))


def test_whoever_takes_it_ends_the_waiting():
    standing = acknowledged(WAITS, waiting(), at(10))
    assert standing.awaits_until is None and standing.deadline == at(40)


@pytest.mark.parametrize(("until", "expected"), [(30, 60), (90, 90)])
def test_a_hold_moves_no_shift_but_is_waited_for(until, expected):
    standing = woken(held(waiting(), at(10), until=at(until)), at(until))
    assert standing.awaits_until == at(expected)


def test_nobody_for_the_rest_of_the_path_is_the_end_of_it():
    outlook = path(WAITS, waiting(), SEV3, at(60), {})
    assert outlook.decision.act is Act.EXHAUST
    assert advance(WAITS, waiting(), outlook.decision, at(60)).awaits_until is None


def test_what_is_foretold_asks_who_is_there_at_each_instant():
    coming = forecast(WAITS, Standing(), SEV3, START, answers)
    assert [(when, decision.act, decision.people) for when, decision in coming[:3]] == [
        (at(0), Act.CALL, ("ana", "jo")),
        (at(5), Act.AWAIT, ()),
        (at(60), Act.CALL, ("mei",)),
    ]
    assert coming[1][1].why is UNANSWERED and coming[1][1].until == at(60)


def test_a_shift_that_was_taken_away_is_waited_for_again():
    later = {**SEATED, 1: Seats(next_at=at(120))}
    decision = path(WAITS, waiting(), SEV3, at(60), later).decision
    assert (decision.act, decision.until) == (Act.AWAIT, at(120))
    assert advance(WAITS, waiting(), decision, at(60)) == replace(waiting(), awaits_until=at(120))
