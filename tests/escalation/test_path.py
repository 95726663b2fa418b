"""The path, case by case: what is due, when to look again, or why never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation.policies.path import (
    Act,
    Decision,
    Facts,
    Idle,
    Mode,
    Policy,
    Seats,
    Skip,
    Standing,
    Step,
    Why,
    acknowledged,
    advance,
    forecast,
    held,
    jump,
    next_step,
    path,
    woken,
    working,
)

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SEV3 = Facts(severity=3)
INSTANT = timedelta(microseconds=1)
UNANSWERED = Why.NOT_ACKNOWLEDGED
SEATED = {0: Seats(("ana", "jo")), 1: Seats(("mei",)), 2: Seats(("tom",))}


def minutes(count):
    return timedelta(minutes=count)


def at(minute):
    return START + minutes(minute)


def climb(*laps, **changes):
    """Three steps: 5, 10 and 15 minutes to acknowledge; 30, 60 and no limit to work."""
    steps = [
        Step(0, "L1", ack_limit=minutes(5), work_limit=minutes(30)),
        Step(1, "L2", ack_limit=minutes(10), work_limit=minutes(60)),
        Step(2, "L3", ack_limit=minutes(15)),
    ]
    for name, change in changes.items():
        number = int(name.removeprefix("step"))
        steps[number] = replace(steps[number], **change)
    return Policy(tuple(steps), laps or ((0, 1, 2),))


class Climb:
    """A run of the path with its own clock; ``to`` moves it, carrying out what falls due on the way."""

    def __init__(self, policy=None, who=SEATED, facts=SEV3, standing=None):
        self.policy, self.who, self.facts = policy or climb(), dict(who), facts
        self.standing = standing or Standing()
        self.now, self.log = START, []
        self.to(0)

    def look(self):
        outlook = path(self.policy, self.standing, self.facts, self.now, self.who)
        if outlook.decision is not None:
            assert outlook.decision.due <= self.now
        if outlook.at is not None:
            assert outlook.at > self.now
        return outlook

    def one(self):
        """Carry out one decision, now."""
        decision = self.look().decision
        assert decision is not None
        self.standing = advance(self.policy, self.standing, decision, self.now)
        return decision

    def to(self, minute):
        while True:
            outlook = self.look()
            if outlook.decision is not None:
                decision = self.one()
                self.log.append((int((self.now - START) / minutes(1)), decision.act, decision.why, where(decision)))
            elif outlook.at is not None and outlook.at <= at(minute):
                self.now = outlook.at
            else:
                self.now = at(minute)
                return self

    def away_until(self, minute):
        """Nobody looks until then."""
        self.now = at(minute)
        return self

    def ack(self):
        self.standing = acknowledged(self.policy, self.standing, self.now)
        return self.to(self.minute)

    def work(self, limit):
        self.standing = working(self.standing, self.now, limit=limit)
        return self

    def hold(self, until):
        self.standing = held(self.standing, self.now, until=at(until))
        return self

    def wake(self):
        self.standing = woken(self.standing, self.now)
        return self

    def offer(self, until):
        self.standing = replace(self.standing, offer_until=at(until))
        return self

    @property
    def minute(self):
        return (self.now - START) / minutes(1)

    @property
    def next(self):
        """(minute, act) of the next look, or why there is none."""
        outlook = self.look()
        if outlook.idle is not None:
            return outlook.idle
        return (outlook.at - START) / minutes(1), outlook.expects


def where(decision):
    return decision.step.tier if decision.step else None


# --- the functional climb ------------------------------------------------------------------------


def test_an_incident_that_opens_calls_the_first_step_at_once():
    outlook = path(climb(), Standing(), SEV3, START, SEATED)
    step = climb().steps[0]
    assert outlook.decision == Decision(Act.CALL, Why.OPENED, START, 0, 0, step, ("ana", "jo"))
    assert (outlook.at, outlook.expects, outlook.idle) == (None, None, None)


def test_after_a_call_the_ack_clock_runs():
    run = Climb()
    assert run.next == (5, Act.CALL)
    assert run.standing == Standing(reach=0, place=0, reach_at=START, clock_from=START, clock_limit=minutes(5))


def test_nothing_happens_an_instant_before_the_limit():
    run = Climb()
    run.now = at(5) - INSTANT
    assert run.look().decision is None
    run.now = at(5)
    assert run.look().decision.due == at(5)


@pytest.mark.parametrize(
    ("policy", "who", "until", "expected"),
    [
        pytest.param(
            climb(),
            SEATED,
            29,
            [(0, "call", "opened", "L1"), (5, "call", UNANSWERED, "L2"), (15, "call", UNANSWERED, "L3")],
            id="nobody answers: each step has its own time to acknowledge",
        ),
        pytest.param(
            climb(),
            SEATED,
            1000,
            [
                (0, "call", "opened", "L1"),
                (5, "call", UNANSWERED, "L2"),
                (15, "call", UNANSWERED, "L3"),
                (30, "exhaust", UNANSWERED, None),
            ],
            id="the path ends once, after the last step's limit",
        ),
        pytest.param(
            climb((0, 1), (0, 1)),
            SEATED,
            1000,
            [
                (0, "call", "opened", "L1"),
                (5, "call", UNANSWERED, "L2"),
                (15, "call", UNANSWERED, "L1"),
                (20, "call", UNANSWERED, "L2"),
                (30, "exhaust", UNANSWERED, None),
            ],
            id="two rounds climb the same steps twice",
        ),
        pytest.param(
            climb((0,), (0,), (1, 2)),
            SEATED,
            1000,
            [
                (0, "call", "opened", "L1"),
                (5, "call", UNANSWERED, "L1"),
                (10, "call", UNANSWERED, "L2"),
                (20, "call", UNANSWERED, "L3"),
                (35, "exhaust", UNANSWERED, None),
            ],
            id="after the rounds the path goes on with another policy's steps",
        ),
        pytest.param(
            climb(),
            {0: SEATED[0], 2: SEATED[2]},
            1000,
            [(0, "call", "opened", "L1"), (5, "call", UNANSWERED, "L3"), (20, "exhaust", UNANSWERED, None)],
            id="an empty step is passed at once, without waiting for its limit",
        ),
        pytest.param(
            climb(),
            {2: SEATED[2]},
            10,
            [(0, "call", "opened", "L3")],
            id="the first steps are empty: the third is called",
        ),
        pytest.param(
            climb((0, 1), (0, 1)),
            {0: SEATED[0]},
            1000,
            [(0, "call", "opened", "L1"), (5, "call", UNANSWERED, "L1"), (10, "exhaust", UNANSWERED, None)],
            id="an empty step at a round's end leads to the next round",
        ),
        pytest.param(
            climb(), {}, 1000, [(0, "exhaust", "opened", None)], id="nobody is there at all: exhausted at once"
        ),
        pytest.param(
            Policy((), ()), {}, 1000, [(0, "exhaust", "opened", None)], id="a path without steps is exhausted at once"
        ),
        pytest.param(
            climb((), (0,)),
            SEATED,
            5,
            [(0, "call", "opened", "L1"), (5, "exhaust", UNANSWERED, None)],
            id="an empty round is no round",
        ),
    ],
)
def test_a_climb_that_nobody_answers(policy, who, until, expected):
    assert Climb(policy, who).to(until).log == expected


def test_an_exhausted_run_needs_no_timer():
    run = Climb().to(30)
    assert run.next is Idle.EXHAUSTED
    assert run.standing.deadline is None


def test_every_step_passed_over_is_listed_in_order():
    policy = climb((0, 1), (0, 2))
    decision = next_step(policy, Standing(), {2: SEATED[2]}, why=Why.OPENED, due=START)
    l1, l2, _l3 = policy.steps
    assert decision.skipped == (Skip(0, 0, l1), Skip(0, 1, l2), Skip(1, 0, l1))
    assert (decision.lap, decision.place) == (1, 1)


def test_an_exhausted_path_lists_what_was_empty_and_stays_where_it_was():
    run = Climb(who={0: SEATED[0]})
    run.now = at(5)
    decision = run.one()
    assert [skip.step.tier for skip in decision.skipped] == ["L2", "L3"]
    assert (decision.lap, decision.place, decision.people) == (0, 0, ())
    assert (run.standing.lap, run.standing.place, run.standing.finished) == (0, 0, Idle.EXHAUSTED)


@pytest.mark.parametrize(
    ("use_fallback", "seats", "expected"),
    [
        pytest.param(
            True, Seats(("mei",), ("kim",)), ("L2", ("mei",), False), id="the fallback waits while somebody is there"
        ),
        pytest.param(True, Seats((), ("kim",)), ("L2", ("kim",), True), id="nobody there: the fallback is called"),
        pytest.param(True, Seats(), ("L3", ("tom",), False), id="nobody there and no fallback either: the next step"),
        pytest.param(
            False, Seats((), ("kim",)), ("L3", ("tom",), False), id="a step that skips does not ask its fallback"
        ),
    ],
)
def test_an_empty_step(use_fallback, seats, expected):
    policy = climb(step1={"use_fallback": use_fallback})
    run = Climb(policy, {**SEATED, 1: seats})
    run.now = at(5)
    decision = run.look().decision
    assert (decision.step.tier, decision.people, decision.by_fallback) == expected
    assert len(decision.skipped) == (0 if expected[0] == "L2" else 1)


# --- acknowledging and working ---------------------------------------------------------------------


def test_acknowledging_starts_the_work_clock():
    run = Climb().to(3).ack()
    assert run.next == (33, Act.CALL)
    assert run.standing.acknowledged_at == at(3)


def test_the_work_limit_passes_and_the_path_goes_on():
    run = Climb().to(3).ack().to(33)
    assert run.log[-1] == (33, "call", "work_limit", "L2")
    assert run.standing.acknowledged_at is None
    assert run.next == (43, Act.CALL)


def test_the_limits_are_those_of_the_step_that_was_acknowledged():
    assert Climb().to(7).ack().next == (67, Act.CALL)


def test_without_a_work_limit_nothing_waits():
    run = Climb().to(16).ack()
    assert run.next is Idle.NO_WORK_LIMIT


def test_the_work_limit_of_the_last_step_exhausts_the_path():
    run = Climb(climb((0,))).to(3).ack().to(33)
    assert run.log[-1] == (33, "exhaust", "work_limit", None)


def test_who_takes_an_exhausted_path_gets_the_step_s_work_limit_and_then_it_is_exhausted_again():
    run = Climb(climb((0,))).to(8).ack()
    assert run.standing.finished is None
    assert run.next == (38, Act.CALL)
    assert run.to(38).log[-1] == (38, "exhaust", "work_limit", None)
    assert run.next is Idle.EXHAUSTED


@pytest.mark.parametrize("policy", [climb(), Policy((), ())], ids=["empty steps", "no steps"])
def test_who_takes_a_path_that_reached_nobody_works_in_peace(policy):
    run = Climb(policy, {}).to(2).ack().to(500)
    assert run.next is Idle.NO_WORK_LIMIT
    assert len(run.log) == 1


def test_who_is_handed_a_path_that_reached_nobody_has_a_limit_and_then_it_begins():
    run = Climb(who={}).to(2).work(minutes(20))
    run.who = SEATED
    assert run.to(22).log[-1] == (22, "call", "work_limit", "L1")


def test_accepting_an_offer_brings_a_fresh_limit():
    run = Climb().to(3).ack().to(20).offer(until=25)
    run.to(22).work(minutes(45))
    assert run.next == (67, Act.CALL)
    assert run.standing.offer_until is None
    assert run.standing.place == 0


# --- offers ----------------------------------------------------------------------------------------


def test_an_unanswered_offer_returns_and_the_clock_has_run_on():
    run = Climb().to(0).ack().to(10).offer(until=20)
    assert run.next == (20, Act.RETURN)
    run.to(20)
    assert run.log[-1] == (20, "return", "offer_unanswered", None)
    assert run.standing.offer_until is None
    assert run.next == (30, Act.CALL)


def test_the_clock_does_not_wait_for_an_offer():
    run = Climb().ack().to(25).offer(until=40).to(30)
    assert run.log[-1] == (30, "call", "work_limit", "L2")
    assert run.standing.offer_until is None, "the baton has moved: nothing is offered any more"


def test_the_end_of_the_path_ends_an_offer():
    run = Climb(climb((0,))).ack().to(25).offer(until=40).to(30)
    assert run.log[-1][1] == "exhaust"
    assert run.next is Idle.EXHAUSTED


def test_an_offer_on_an_exhausted_path_still_returns():
    run = Climb(climb((0,))).to(6).offer(until=9)
    assert run.next == (9, Act.RETURN)
    assert run.to(9).next is Idle.EXHAUSTED


@pytest.mark.parametrize(
    ("offer_until", "expected"),
    [
        pytest.param(20, [("return", 20), ("call", 30)], id="the offer ended first"),
        pytest.param(30, [("return", 30), ("call", 30)], id="both ended at the same instant: first back to the giver"),
        pytest.param(40, [("call", 30)], id="the clock ended first: no offer is left to return"),
    ],
)
def test_offer_and_clock_both_passed_while_nobody_looked(offer_until, expected):
    run = Climb().ack().to(10).offer(until=offer_until).away_until(50)
    acts = []
    while run.look().decision is not None:
        decision = run.one()
        acts.append((decision.act, (decision.due - START) / minutes(1)))
    assert acts == expected
    assert run.next == (60, Act.CALL), "the new step's clock counts from its call"


# --- holding ----------------------------------------------------------------------------------------


def test_a_hold_stops_everything_until_its_end():
    run = Climb().to(3).hold(until=100)
    assert run.next == (100, Act.WAKE)
    assert run.to(100).log[-1] == (100, "wake", "hold_ended", None)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(lambda run: run.to(3), (102, Act.CALL), id="ack: two of five minutes were left"),
        pytest.param(lambda run: run.to(1).ack().to(3), (128, Act.CALL), id="work: 28 of 30 minutes were left"),
        pytest.param(
            lambda run: run.to(1).ack().to(2).offer(until=9).to(3), (106, Act.RETURN), id="offer: six minutes were left"
        ),
        pytest.param(lambda run: run.to(16).ack().to(17), Idle.NO_WORK_LIMIT, id="what had no limit has none"),
        pytest.param(lambda run: run.to(30), Idle.EXHAUSTED, id="what was exhausted is exhausted"),
    ],
)
def test_waking_goes_on_with_what_was_left(before, expected):
    run = before(Climb())
    assert run.hold(until=100).to(100).next == expected


def test_a_triggered_incident_wakes_as_triggered():
    run = Climb().to(3).hold(until=100).to(100)
    assert run.standing.acknowledged_at is None
    assert run.to(102).log[-1] == (102, "call", UNANSWERED, "L2")


def test_waking_by_hand_ends_a_hold_early():
    assert Climb().to(3).hold(until=100).to(50).wake().next == (52, Act.CALL)


def test_a_hold_that_ended_while_nobody_looked_lasts_until_somebody_does():
    run = Climb().to(3).hold(until=100).away_until(140)
    assert run.one().due == at(100)
    assert run.next == (142, Act.CALL)


def test_holding_again_adds_up():
    run = Climb().to(1).hold(until=10).to(12).hold(until=20).to(20)
    assert run.next == (22, Act.CALL)  # 1 + 2 minutes of the five had run


def test_moving_the_end_of_a_hold_keeps_its_beginning():
    run = Climb().to(3).hold(until=100).to(50).hold(until=60).to(60)
    assert run.next == (62, Act.CALL)


def test_working_on_what_was_held_ends_the_hold():
    run = Climb().to(3).hold(until=100).to(50).ack()
    assert run.next == (80, Act.CALL)
    assert (run.standing.held_at, run.standing.held_until) == (None, None)


def test_a_step_taken_by_hand_ends_a_hold():
    run = Climb().to(3).hold(until=100).to(50)
    decision = next_step(run.policy, run.standing, run.who, why=Why.BY_HAND, due=run.now)
    run.standing = advance(run.policy, run.standing, decision, run.now)
    assert run.next == (60, Act.CALL)


# --- called even if acknowledged -------------------------------------------------------------------


def test_people_called_even_if_acknowledged_are_called_when_their_turn_comes_and_the_baton_stays():
    run = Climb(climb(step1={"always_call": True})).to(2).ack()
    assert run.next == (5, Act.ALSO)
    run.to(5)
    assert run.log[-1] == (5, "also", "always_call", "L2")
    assert (run.standing.place, run.standing.reach, run.standing.acknowledged_at) == (0, 1, at(2))
    assert run.next == (32, Act.CALL)


def test_the_decision_names_the_people_to_call_besides():
    run = Climb(climb(step1={"always_call": True})).to(2).ack().away_until(5)
    assert run.look().decision == Decision(Act.ALSO, Why.ALWAYS_CALL, at(5), 0, 1, run.policy.steps[1], ("mei",))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="nobody is called besides"),
        pytest.param({"step0": {"always_call": True}}, [], id="the first step is called anyway"),
        pytest.param({"step1": {"always_call": True}}, [(5, "L2")], id="the second step"),
        pytest.param({"step2": {"always_call": True}}, [(15, "L3")], id="the third: when a climb would be there"),
        pytest.param(
            {"step1": {"always_call": True}, "step2": {"always_call": True}},
            [(5, "L2"), (15, "L3")],
            id="one after the other",
        ),
    ],
)
def test_turns_of_people_called_even_if_acknowledged(changes, expected):
    run = Climb(climb((0, 1, 2), (0, 1, 2), **changes)).to(2).ack().to(31)
    assert [(minute, tier) for minute, act, _why, tier in run.log if act == "also"] == expected


def test_when_the_baton_arrives_they_are_called_with_it_but_not_besides_again():
    policy = climb(step2={"always_call": True})
    run = Climb(policy).to(2).ack().to(33).ack().to(92)
    assert [(minute, act, tier) for minute, act, _why, tier in run.log] == [
        (0, "call", "L1"),
        (15, "also", "L3"),
        (32, "call", "L2"),
    ]
    assert run.to(93).log[-1] == (93, "call", "work_limit", "L3")


def test_after_the_baton_has_arrived_the_next_turn_counts_from_there():
    policy = climb(step0={"work_limit": minutes(10)}, step1={"always_call": True}, step2={"always_call": True})
    run = Climb(policy).ack().to(12).ack()
    assert [(minute, act, tier) for minute, act, _why, tier in run.log[1:]] == [(5, "also", "L2"), (10, "call", "L2")]
    assert run.next == (20, Act.ALSO)


def test_in_the_next_round_they_are_called_besides_again():
    policy = climb((0, 1), (0, 1), step1={"always_call": True})
    run = Climb(policy, {**SEATED, 1: Seats(("mei",))}).ack().to(30).to(40).ack()
    assert run.standing.lap == 1
    assert run.next == (45, Act.ALSO)


def test_while_nobody_works_on_it_the_climb_itself_calls_them():
    assert Climb(climb(step1={"always_call": True})).to(5).log[-1] == (5, "call", UNANSWERED, "L2")


def test_an_empty_step_called_besides_is_listed_as_skipped():
    policy = climb(step1={"always_call": True})
    run = Climb(policy, {0: SEATED[0]}).ack().away_until(5)
    decision = run.look().decision
    assert (decision.act, decision.people, decision.skipped) == (Act.ALSO, (), (Skip(0, 1, policy.steps[1]),))


def test_the_fallback_is_called_besides_too():
    policy = climb(step1={"always_call": True, "use_fallback": True})
    decision = Climb(policy, {**SEATED, 1: Seats((), ("kim",))}).ack().away_until(5).look().decision
    assert (decision.people, decision.by_fallback, decision.skipped) == (("kim",), True, ())


def test_a_hold_puts_off_their_turn():
    run = Climb(climb(step1={"always_call": True})).to(2).ack().to(3).hold(until=100).to(100)
    assert run.next == (102, Act.ALSO)


def test_turn_and_work_limit_at_one_instant_the_baton_moves():
    policy = climb(step0={"work_limit": minutes(5)}, step1={"always_call": True})
    run = Climb(policy).ack().to(5)
    assert run.log[-1] == (5, "call", "work_limit", "L2")


def test_who_takes_an_exhausted_path_late_makes_nothing_late():
    policy = climb((0, 1), step1={"always_call": True})
    run = Climb(policy, {0: SEATED[0]}).to(20)
    run.standing = acknowledged(policy, run.standing, run.now)
    assert run.one().due == at(20)


# --- after an outage -------------------------------------------------------------------------------


def test_after_an_outage_one_step_fires_and_the_clocks_count_from_it():
    run = Climb().away_until(500)
    decision = run.one()
    assert (decision.step.tier, decision.due) == ("L2", at(5))
    assert run.next == (510, Act.CALL)


@pytest.mark.parametrize(
    ("always", "away_until", "expected", "then"),
    [
        pytest.param(
            (1, 2), 500, ("call", "L2"), (510, Act.CALL), id="both are over: the call, which reaches them too"
        ),
        pytest.param(
            (2,), 500, ("call", "L2"), (510, Act.CALL), id="further up: the climb reaches them, or its answer"
        ),
        pytest.param(
            (1, 2), 20, ("also", "L2"), (30, Act.CALL), id="there is time to work left: they are called besides"
        ),
    ],
)
def test_after_an_outage_a_climb_calls_once(always, away_until, expected, then):
    run = Climb(climb(**{f"step{n}": {"always_call": True} for n in always})).ack().away_until(away_until)
    acts = []
    while run.look().decision is not None:
        decision = run.one()
        acts.append((decision.act, decision.step.tier))
    assert acts == [expected]
    assert run.next == then


def test_who_is_called_in_any_case_is_called_after_the_climb_that_came_first():
    run = Climb(climb(step2={"always_call": True})).ack().away_until(500)
    assert run.one().step.tier == "L2"
    run.ack()
    assert run.next == (510, Act.ALSO)


def test_an_acknowledgement_during_an_outage_counts():
    run = Climb().away_until(20)
    assert run.ack().next == (50, Act.CALL)
    assert len(run.log) == 1


# --- by hand -----------------------------------------------------------------------------------------


def test_a_step_chosen_by_hand_is_called_without_listing_the_others():
    run = Climb().to(2).ack()
    decision = jump(run.policy, run.standing, run.who, lap=0, place=2, due=run.now)
    assert decision == Decision(Act.CALL, Why.BY_HAND, at(2), 0, 2, run.policy.steps[2], ("tom",))
    run.standing = advance(run.policy, run.standing, decision, run.now)
    assert run.next == (17, Act.CALL)
    assert run.standing.acknowledged_at is None


def test_a_step_chosen_by_hand_where_nobody_is_says_so():
    decision = jump(climb(), Standing(), {}, lap=0, place=1, due=START)
    assert (decision.people, decision.by_fallback) == ((), False)


def test_a_step_chosen_by_hand_may_reach_its_fallback():
    policy = climb(step1={"use_fallback": True})
    decision = jump(policy, Standing(), {1: Seats((), ("kim",))}, lap=0, place=1, due=START)
    assert (decision.people, decision.by_fallback) == (("kim",), True)


def test_a_missing_fallback_is_not_called_a_fallback():
    policy = climb(step1={"use_fallback": True})
    decision = jump(policy, Standing(), {1: Seats()}, lap=0, place=1, due=START)
    assert (decision.people, decision.by_fallback) == ((), False)


# --- who must know -----------------------------------------------------------------------------------


def managers(*modes, severity=2):
    """One step for each mode: M1, M2 … with ten minutes each."""
    steps = [Step(n, f"M{n + 1}", ack_limit=minutes(10), work_limit=minutes(1), mode=m) for n, m in enumerate(modes)]
    return Policy(tuple(steps), (tuple(range(len(steps))),), functional=False, starts_at_severity=severity)


INFORM, DECIDE = Mode.INFORM, Mode.DECIDE
AFTER_AN_HOUR = Standing(clock_from=START, clock_limit=minutes(60))


@pytest.mark.parametrize(
    ("policy", "severity", "standing", "expected"),
    [
        pytest.param(managers(DECIDE), 2, Standing(), [(0, "call", "severity", "M1")], id="bad enough: at once"),
        pytest.param(
            managers(DECIDE), 1, AFTER_AN_HOUR, [(0, "call", "severity", "M1")], id="worse: at once, whatever the delay"
        ),
        pytest.param(managers(DECIDE), 3, AFTER_AN_HOUR, (60, Act.CALL), id="not so bad: after the delay"),
        pytest.param(managers(DECIDE), 3, Standing(), Idle.WAITS_FOR_SEVERITY, id="not so bad and no delay: waits"),
        pytest.param(
            managers(DECIDE, severity=None), 1, Standing(), Idle.WAITS_FOR_SEVERITY, id="no severity says start"
        ),
        pytest.param(managers(DECIDE, severity=None), 1, AFTER_AN_HOUR, (60, Act.CALL), id="only the delay says start"),
        pytest.param(managers(), 1, Standing(finished=Idle.TOLD), Idle.TOLD, id="all told"),
    ],
)
def test_when_the_managers_track_begins(policy, severity, standing, expected):
    run = Climb(policy, facts=Facts(severity), standing=standing)
    assert (run.log or run.next) == expected


def test_the_delay_passes():
    run = Climb(managers(DECIDE), facts=SEV3, standing=AFTER_AN_HOUR).to(60)
    assert run.log == [(60, "call", "open_so_long", "M1")]


def test_severity_gets_worse_while_the_track_waits():
    run = Climb(managers(DECIDE), facts=SEV3, standing=AFTER_AN_HOUR).to(7)
    run.facts = Facts(2)
    assert run.to(7).log == [(7, "call", "severity", "M1")]


def test_a_hold_puts_off_the_delay():
    run = Climb(managers(DECIDE), facts=SEV3, standing=AFTER_AN_HOUR).to(20).hold(until=100).to(100)
    assert run.next == (140, Act.CALL)


def test_a_held_track_does_not_begin_until_it_wakes():
    run = Climb(managers(DECIDE), facts=SEV3).hold(until=30)
    run.facts = Facts(1)
    assert run.to(29).log == []
    assert [(minute, act) for minute, act, *_ in run.to(30).log] == [(30, "wake"), (30, "call")]


@pytest.mark.parametrize(
    ("modes", "who", "expected", "idle"),
    [
        pytest.param(
            [INFORM, INFORM],
            SEATED,
            [(0, "call", "severity", "M1"), (10, "call", "told_before", "M2")],
            Idle.TOLD,
            id="one is told after the other, and the last leaves no clock running",
        ),
        pytest.param([INFORM], SEATED, [(0, "call", "severity", "M1")], Idle.TOLD, id="a single one is told"),
        pytest.param(
            [DECIDE, DECIDE],
            SEATED,
            [(0, "call", "severity", "M1"), (10, "call", UNANSWERED, "M2"), (20, "exhaust", UNANSWERED, None)],
            Idle.EXHAUSTED,
            id="nobody decides: the next is asked, and then it is said aloud",
        ),
        pytest.param(
            [DECIDE, INFORM],
            SEATED,
            [(0, "call", "severity", "M1"), (10, "call", UNANSWERED, "M2")],
            Idle.TOLD,
            id="nobody decides: the next is told",
        ),
        pytest.param(
            [INFORM, DECIDE],
            SEATED,
            [(0, "call", "severity", "M1"), (10, "call", "told_before", "M2"), (20, "exhaust", UNANSWERED, None)],
            Idle.EXHAUSTED,
            id="told first, then asked",
        ),
        pytest.param(
            [INFORM, INFORM],
            {0: SEATED[0]},
            [(0, "call", "severity", "M1"), (10, "finish", "told_before", None)],
            Idle.TOLD,
            id="the rest, only to be told, is not there: finished",
        ),
        pytest.param(
            [INFORM, DECIDE],
            {0: SEATED[0]},
            [(0, "call", "severity", "M1"), (10, "exhaust", "told_before", None)],
            Idle.EXHAUSTED,
            id="who should decide is not there: that is said aloud",
        ),
        pytest.param(
            [DECIDE, INFORM],
            {0: SEATED[0]},
            [(0, "call", "severity", "M1"), (10, "exhaust", UNANSWERED, None)],
            Idle.EXHAUSTED,
            id="nobody decided and nobody else is there",
        ),
        pytest.param(
            [INFORM], {}, [(0, "exhaust", "severity", None)], Idle.EXHAUSTED, id="nobody could be told at all"
        ),
    ],
)
def test_managers(modes, who, expected, idle):
    run = Climb(managers(*modes), who, facts=Facts(1)).to(1000)
    assert run.log == expected
    assert run.next is idle


def test_an_answer_ends_the_asking_and_no_work_clock_runs():
    run = Climb(managers(DECIDE, DECIDE, INFORM), facts=Facts(1)).to(4).ack()
    assert run.to(1000).next is Idle.ANSWERED
    assert len(run.log) == 1


def test_to_have_been_informed_is_no_answer():
    run = Climb(managers(INFORM, DECIDE), facts=Facts(1)).to(4).ack()
    assert run.next == (10, Act.CALL)


def test_to_have_been_informed_last_is_no_answer_either():
    assert Climb(managers(INFORM), facts=Facts(1)).to(4).ack().next is Idle.TOLD


def test_a_late_answer_counts_while_others_are_informed():
    run = Climb(managers(DECIDE, INFORM, DECIDE), facts=Facts(1)).to(14).ack()
    assert run.next is Idle.ANSWERED


def test_a_late_answer_counts_in_the_next_round():
    policy = replace(managers(INFORM, DECIDE), laps=((0, 1), (0, 1)))
    assert Climb(policy, facts=Facts(1)).to(21).ack().next is Idle.ANSWERED


def test_who_takes_an_exhausted_managers_track_has_answered():
    run = Climb(managers(INFORM, DECIDE), {0: SEATED[0]}, facts=Facts(1)).to(12).ack()
    assert run.next is Idle.ANSWERED


def test_managers_are_never_called_besides():
    policy = managers(DECIDE, DECIDE)
    policy = replace(policy, steps=tuple(replace(step, always_call=True) for step in policy.steps))
    assert Climb(policy, facts=Facts(1)).to(4).ack().next is Idle.ANSWERED


def test_managers_have_rounds_too():
    policy = replace(managers(INFORM, DECIDE), laps=((0, 1), (0, 1)))
    assert [(minute, tier) for minute, *_, tier in Climb(policy, facts=Facts(1)).to(35).log] == [
        (0, "M1"),
        (10, "M2"),
        (20, "M1"),
        (30, "M2"),
    ]


# --- forecast ----------------------------------------------------------------------------------------


def foretold(run, **more):
    coming = forecast(run.policy, run.standing, run.facts, run.now, run.who, **more)
    return [((when - START) / minutes(1), decision.act, where(decision)) for when, decision in coming]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(
            Climb().to(2), [(5, "call", "L2"), (15, "call", "L3"), (30, "exhaust", None)], id="nobody acknowledges"
        ),
        pytest.param(
            Climb().to(2).ack(),
            [(32, "call", "L2"), (42, "call", "L3"), (57, "exhaust", None)],
            id="nobody gets it done",
        ),
        pytest.param(Climb().to(16).ack(), [], id="no work limit: nothing will happen"),
        pytest.param(Climb().to(30), [], id="exhausted: nothing will happen"),
        pytest.param(
            Climb(climb((0, 1))).to(2).hold(until=60),
            [(60, "wake", None), (63, "call", "L2"), (73, "exhaust", None)],
            id="on hold: first it wakes",
        ),
        pytest.param(
            Climb(climb((0, 1), step1={"always_call": True})).ack().to(1).offer(until=11),
            [(5, "also", "L2"), (11, "return", None), (30, "call", "L2"), (40, "exhaust", None)],
            id="an offer, and people called besides",
        ),
        pytest.param(
            Climb(climb((0, 1))).away_until(50),
            [(50, "call", "L2"), (60, "exhaust", None)],
            id="what is overdue comes now",
        ),
        pytest.param(
            Climb(managers(INFORM, INFORM), facts=SEV3, standing=AFTER_AN_HOUR),
            [(60, "call", "M1"), (70, "call", "M2")],
            id="managers after the delay",
        ),
        pytest.param(Climb(managers(DECIDE), facts=SEV3), [], id="managers who wait for the severity"),
    ],
)
def test_forecast(run, expected):
    assert foretold(run) == expected


def test_a_forecast_ends_after_as_many_as_asked():
    assert foretold(Climb(), most=2) == [(5, "call", "L2"), (15, "call", "L3")]
    assert foretold(Climb(), most=0) == []


def test_a_forecast_leaves_the_standing_alone():
    run = Climb()
    before = run.standing
    foretold(run)
    assert run.standing is before
    assert before == Climb().standing
