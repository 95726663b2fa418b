"""Rules, case by case: from when on their conditions hold, and what the path makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation.policies.path import (
    Act,
    Facts,
    Idle,
    Policy,
    Seats,
    Standing,
    Step,
    Why,
    acknowledged,
    advance,
    forecast,
    held,
    path,
    woken,
)
from escalation.policies.rules import Condition, Does, Fact, Hands, Known, Rule, amount, read, turns_true, written

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SEATED = {0: Seats(("ana",)), 1: Seats(("mei",)), 2: Seats(("tom",)), -7: Seats(("ines",))}


def at(minute):
    return START + timedelta(minutes=minute)


def rule(does=Does.ESCALATE, tier="", id=7, **conditions):
    return Rule(id, "It is bad", tuple(Condition(Fact(fact), n) for fact, n in conditions.items()), does, tier)


def climb(*rules, laps=((0, 1, 2),)):
    steps = [Step(n, f"L{n + 1}", ack_limit=timedelta(minutes=30), work_limit=timedelta(hours=1)) for n in range(3)]
    return Policy(tuple(steps), laps, rules=rules)


KNOWN = Known(
    counts={"people": (60, at(2)), "failed": (2, at(5)), "severity": (2, at(1))},
    since={"unanswered": at(0), "open": at(0)},
    hands={"hands_on": Hands(timedelta(minutes=4), at(10), 2), "effort": Hands(timedelta(minutes=9), at(10))},
    moved_at=at(0),
)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"people": 60}, 2),
        ({"people": 61}, None),
        ({"people": 50, "failed": 2}, 5),  # the later of both
        ({"people": 50, "failed": 3}, None),
        ({"severity": 2}, 1),
        ({"severity": 1}, None),
        ({"severity": 5}, 1),
        ({"unanswered": 10}, 10),
        ({"people": 50, "unanswered": 10}, 10),
        ({"silence": 10}, None),  # nobody has it
        ({"open": 60}, 60),
        ({"hands_on": 4}, 10),
        ({"hands_on": 10}, 13),  # two hands do six minutes in three
        ({"effort": 10}, None),  # nobody goes on
        ({"limit": 20}, 25),
        ({"reopened": 1}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_rule_holds_from_the_instant_at_which_all_of_its_conditions_do(conditions, expected):
    found = turns_true(rule(**conditions), KNOWN, at(45))
    assert found == (None if expected is None else at(expected))


def test_nothing_holds_from_before_the_run_last_moved():
    assert turns_true(rule(people=50), replace(KNOWN, moved_at=at(20)), None) == at(20)


def test_how_much_there_is_of_each_fact():
    found = {fact: amount(Fact(fact), KNOWN, at(45), at(16)) for fact in ("people", "unanswered", "hands_on", "limit")}
    assert found == {"people": 60, "unanswered": 16, "hands_on": 16, "limit": 29}


def test_what_is_known_survives_being_written():
    assert read(written(KNOWN)) == KNOWN
    assert read({}) == read(None) == Known()


# --- on the path ------------------------------------------------------------------------------------

CALLED = Standing(place=0, reach=0, reach_at=at(0), clock_from=at(0), clock_limit=timedelta(minutes=30))
FACTS = Facts(severity=2, known=KNOWN)


def look(policy, standing, minute, facts=FACTS):
    return path(policy, standing, facts, at(minute), SEATED)


def test_the_earliest_of_limit_and_rule_decides():
    early, late = climb(rule(unanswered=10)), climb(rule(unanswered=40))
    assert (look(early, CALLED, 6).at, look(early, CALLED, 6).rule.id) == (at(10), 7)
    assert (look(late, CALLED, 6).at, look(late, CALLED, 6).rule) == (at(30), None)


def test_it_escalates_to_the_next_step_and_has_then_acted():
    policy = climb(rule(unanswered=10))
    decision = look(policy, CALLED, 12).decision
    assert (decision.act, decision.why, decision.due, decision.people) == (Act.CALL, Why.RULE, at(10), ("mei",))
    after = advance(policy, CALLED, decision, at(12))
    assert (after.place, after.acted) == (1, {7})
    assert look(policy, after, 12).at == at(42)  # the step's limit; the rule is done


def test_it_escalates_to_its_tier_if_that_comes_later_in_the_round():
    policy = climb(rule(tier="L3", people=50))
    assert look(policy, CALLED, 6).decision.people == ("tom",)
    last = replace(CALLED, place=2, reach=2)
    assert look(policy, last, 6).rule is None
    assert look(climb(rule(tier="L1", people=50), laps=((0, 1, 2), (0, 1, 2))), CALLED, 6).rule is None


def test_at_the_end_of_the_path_the_last_resort_is_called():
    policy = climb(rule(people=50))
    decision = look(policy, replace(CALLED, place=2, reach=2), 6).decision
    assert (decision.act, decision.why) == (Act.EXHAUST, Why.RULE)
    after = advance(policy, CALLED, decision, at(6))
    assert (after.finished, after.acted) == (Idle.EXHAUSTED, {7})
    assert look(policy, after, 7).idle is Idle.EXHAUSTED


def test_who_is_informed_does_not_move_the_baton():
    policy = climb(rule(Does.INFORM, people=50))
    decision = look(policy, CALLED, 6).decision
    assert (decision.act, decision.people) == (Act.TELL, ("ines",))
    assert advance(policy, CALLED, decision, at(6)) == replace(CALLED, acted=frozenset({7}))


def test_rules_of_one_instant_act_in_their_order():
    policy = climb(rule(Does.INFORM, id=9, people=50), rule(Does.ADVISE, id=8, people=50))
    first = look(policy, CALLED, 6).decision
    second = look(policy, advance(policy, CALLED, first, at(6)), 6).decision
    assert (first.rule.id, second.rule.id) == (9, 8)


def test_an_acknowledgement_does_not_stop_a_rule_that_speaks_of_effort():
    policy = climb(rule(failed=2))
    taken = acknowledged(policy, CALLED, at(4))
    assert look(policy, taken, 6).decision.why is Why.RULE


def test_the_end_of_the_time_to_work_is_foreseen_only_while_somebody_works():
    policy = climb(rule(Does.ADVISE, limit=10))
    assert look(policy, CALLED, 1).rule is None
    taken = acknowledged(policy, CALLED, at(4))
    assert (look(policy, taken, 6).at, look(policy, taken, 6).expects) == (at(54), Act.ADVISE)


def test_none_acts_on_hold_in_maintenance_or_before_the_climb_has_begun():
    policy = climb(rule(people=50))
    asleep = held(CALLED, at(1), until=at(90))
    assert look(policy, asleep, 6).expects is Act.WAKE
    assert look(policy, woken(asleep, at(9)), 9).decision.why is Why.RULE
    assert look(policy, replace(CALLED, held_at=at(1), quiet_until=at(90)), 6).expects is Act.SPEAK
    assert look(policy, Standing(), 6).decision.why is Why.OPENED


def test_the_forecast_knows_that_it_acts_once():
    policy = climb(rule(unanswered=10))
    coming = forecast(policy, CALLED, FACTS, at(6), SEATED)
    assert [(when, one.why) for when, one in coming][:2] == [(at(10), Why.RULE), (at(40), Why.NOT_ACKNOWLEDGED)]
    assert sum(one.rule is not None for _when, one in coming) == 1
