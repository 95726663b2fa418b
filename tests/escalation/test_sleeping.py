"""Clocks that stand still for a hold, for maintenance, or for both, in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.policies import path
from escalation.policies.path import Act, Facts, Policy, Standing, Step

patient = settings(deadline=None)  # the machine may be busy
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMIT = timedelta(minutes=30)
POLICY = Policy(steps=(Step(0, "L1", LIMIT, work_limit=timedelta(minutes=45)),), laps=((0,),))
CALLED = Standing(place=0, reach=0, reach_at=NINE, clock_from=NINE, clock_limit=LIMIT)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def looks(standing: Standing, now: datetime) -> tuple[datetime | None, Act | None]:
    outlook = path.path(POLICY, standing, Facts(severity=2), now, {})
    return outlook.at, outlook.expects


def test_maintenance_comes_before_a_hold_and_a_longer_hold_goes_on_after_it():
    both = path.quieted(path.held(CALLED, at(10), until=at(90)), at(20), until=at(60))
    assert looks(both, at(20)) == (at(60), Act.SPEAK)
    held = path.spoken(both, at(60))
    assert looks(held, at(60)) == (at(90), Act.WAKE)
    assert path.woken(held, at(90)).deadline == at(110)  # 20 of its 30 minutes were left


@pytest.mark.parametrize("wakes", [-50, 1440], ids=["put back still", "put right again"])
def test_held_after_the_clock_was_put_back_nobody_has_more_left_than_the_whole(wakes):
    """Called at nine, offered at five past; then it is eight. Neither the hold nor the clock's doing adds an hour."""
    offered = replace(CALLED, offer_until=at(10))
    woken = path.woken(path.held(offered, at(-55), until=at(wakes)), at(wakes))
    assert (woken.deadline, woken.offer_until) == (at(wakes) + LIMIT, at(wakes + 10))


def test_a_hold_that_has_ended_meanwhile_is_over_with_the_maintenance():
    both = path.quieted(path.held(CALLED, at(10), until=at(30)), at(20), until=at(60))
    assert path.spoken(both, at(60)).deadline == at(80)


def test_resumed_in_maintenance_its_clocks_stand_still():
    both = path.quieted(path.held(CALLED, at(10), until=at(90)), at(20), until=at(60))
    woken = path.woken(both, at(30))
    assert (woken.held_until, woken.quiet_until, woken.held_at) == (None, at(60), at(10))
    assert path.spoken(woken, at(60)).deadline == at(80)


def test_who_acknowledges_in_maintenance_has_the_whole_work_limit_after_it():
    quiet = path.quieted(CALLED, at(10), until=at(60))
    taken = path.acknowledged(POLICY, quiet, at(25))
    assert looks(taken, at(25)) == (at(60), Act.SPEAK)
    assert taken.acknowledged_at == at(25)
    assert path.spoken(taken, at(60)).deadline == at(105)


def test_a_step_taken_by_hand_in_maintenance_waits_for_its_end():
    fresh = path.quieted(Standing(), at(0), until=at(60))
    chosen = path.jump(POLICY, fresh, {0: path.Seats(("ana",))}, lap=0, place=0, due=at(20))
    called = path.advance(POLICY, fresh, chosen, at(20))
    assert looks(called, at(20)) == (at(60), Act.SPEAK)
    assert path.spoken(called, at(60)).deadline == at(90)


def test_that_nobody_was_reached_has_no_effect_in_maintenance_and_they_are_told_anew_after_it():
    quiet = path.quieted(path.unreached(CALLED, at(5), why="refused"), at(10), until=at(60))
    assert looks(quiet, at(11)) == (at(60), Act.SPEAK)
    spoken = path.spoken(quiet, at(60))
    assert (spoken.unreached_at, spoken.unreached_why, spoken.deadline) == (None, "", at(80))


def test_an_offer_that_reached_nobody_in_maintenance_goes_back_at_its_end():
    quiet = path.quieted(path.working(CALLED, at(5), limit=LIMIT), at(10), until=at(60))
    offered = path.unreached(replace(quiet, offer_until=at(15)), at(30), why="refused")
    assert looks(offered, at(31)) == (at(60), Act.SPEAK)
    outlook = path.path(POLICY, path.spoken(offered, at(60)), Facts(severity=2), at(60), {})
    assert outlook.decision is not None
    assert (outlook.decision.act, outlook.decision.why) == (Act.RETURN, path.Why.UNREACHABLE)


@pytest.mark.parametrize("until", [at(5), at(500)])
def test_the_end_may_move(until):
    quiet = path.quieted(path.quieted(CALLED, at(0), until=at(60)), at(2), until=until)
    assert (quiet.held_at, looks(quiet, at(2))) == (at(0), (until, Act.SPEAK))


def test_the_forecast_says_nothing_before_its_end():
    quiet = path.quieted(Standing(), at(0), until=at(60))
    coming = path.forecast(POLICY, quiet, Facts(severity=2), at(1), {0: path.Seats(("ana",))}, most=3)
    acts = [(due, decision.act) for due, decision in coming]
    assert acts == [(at(60), Act.SPEAK), (at(60), Act.CALL), (at(90), Act.EXHAUST)]


MOVES = st.lists(
    st.tuples(st.sampled_from(["hold", "quiet", "wake", "speak"]), st.integers(1, 40), st.integers(1, 60)), max_size=12
)


@patient
@given(moves=MOVES)
def test_a_clock_runs_for_its_whole_limit_whatever_stops_it(moves):
    """Minute by minute beside it: what is left falls only while nothing stops it."""
    standing, now, ran = CALLED, NINE, timedelta()
    for what, later, span in moves:
        if standing.held_at is None:
            ran += timedelta(minutes=later)
        now += timedelta(minutes=later)
        until = now + timedelta(minutes=span)
        if what == "hold":
            standing = path.held(standing, now, until=until)
        elif what == "quiet":
            standing = path.quieted(standing, now, until=until)
        elif what == "wake" and standing.held_until is not None:
            standing = path.woken(standing, now)
        elif what == "speak" and standing.quiet_until is not None:
            standing = path.spoken(standing, now)
        frozen = standing.held_until is not None or standing.quiet_until is not None
        assert frozen == (standing.held_at is not None)
        assert standing.deadline == (standing.held_at or now) + LIMIT - ran
