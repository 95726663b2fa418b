"""When a silence is an alarm: a table, and what must hold for any beats together."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models.beatclock import Rhythm, Since, Wait, judge, quiet_until
from incidents.models.windows import Plan

patient = settings(deadline=None)  # the machine may be busy
MINUTE = timedelta(minutes=1)
HOURLY = Rhythm(60 * MINUTE, 5 * MINUTE)  # known to a minute: due after 66
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


@pytest.mark.parametrize(
    ("now", "there", "quiet", "waits"),
    [
        (66, None, None, None),
        (65.99, None, None, (0, Since.BEAT)),
        (66, -500, None, None),  # we were there all the time
        (66, 0, None, None),
        (66, 1, None, None),  # that is known to a minute, and waited for
        (66, 2, None, (2, Since.OUTAGE)),  # less than an interval in which it could be heard
        (68, 2, None, None),
        (66, 66, None, (66, Since.OUTAGE)),  # back this moment
        (66, None, -1, None),  # a maintenance before the beat
        (66, None, 30, (30, Since.MAINTENANCE)),
        (66, None, 200, (200, Since.MAINTENANCE)),  # it is on, until then
        (96, None, 30, None),
        (66, 40, 30, (40, Since.OUTAGE)),
        (66, 30, 40, (40, Since.MAINTENANCE)),
    ],
)
def test_only_a_whole_interval_in_which_it_could_be_heard_is_a_silence(now, there, quiet, waits):
    instants = {name: None if n is None else at(n) for name, n in (("there", there), ("quiet", quiet))}
    found = judge(HOURLY, Wait(NOON, Since.BEAT), at(now), **instants)
    assert found == (waits and Wait(at(waits[0]), waits[1]))


@pytest.mark.parametrize(("every", "seconds"), [(0.1, 1), (1, 3), (10, 30), (60, 60), (60 * 24, 60)])
def test_a_beat_is_known_to_a_twentieth_of_its_interval_and_to_a_minute_at_the_least(every, seconds):
    rhythm = Rhythm(every * MINUTE, timedelta(0))
    assert rhythm.step == timedelta(seconds=seconds)
    assert rhythm.covers(NOON, NOON + rhythm.step - timedelta(microseconds=1))
    assert not rhythm.covers(NOON, NOON + rhythm.step)
    assert not rhythm.covers(NOON, NOON - MINUTE), "the clock was set back: it is written anew"


@patient
@given(
    st.integers(1, 600),
    st.integers(0, 60),
    st.lists(st.floats(0, 5000, allow_nan=False), min_size=1, max_size=60),
    st.floats(0, 9000),
)
def test_however_coarsely_it_is_kept_it_is_never_silent_too_early_nor_by_more_than_a_step_too_late(
    every, grace, beats, now
):
    """Against the true last beat, of which nothing is on disk."""
    rhythm = Rhythm(every * MINUTE, grace * MINUTE)
    beats, kept = sorted(beats), None
    for minute in beats:
        if kept is None or not rhythm.covers(kept, at(minute)):
            kept = at(minute)
    truth = at(beats[-1]) + rhythm.every + rhythm.grace
    assert truth <= rhythm.due(kept) <= truth + rhythm.step
    silent = judge(rhythm, Wait(kept, Since.BEAT), at(now), there=None, quiet=None) is None
    assert not silent or at(now) >= truth


DAY = NOON.date()


@pytest.mark.parametrize(
    ("plans", "now", "until"),
    [
        ([], 60, None),
        ([Plan(DAY, time(12, 30), 20 * MINUTE)], 10, None),  # it comes
        ([Plan(DAY, time(12, 30), 20 * MINUTE)], 40, 50),  # it is on
        ([Plan(DAY, time(12, 30), 20 * MINUTE)], 70, 50),  # it was
        ([Plan(DAY, time(11, 30), 20 * MINUTE)], 70, None),  # before the last beat
        ([Plan(DAY, time(12, 30), 20 * MINUTE), Plan(DAY, time(12, 45), 60 * MINUTE)], 40, 105),  # one silence
        ([Plan(DAY, time(12, 30), 20 * MINUTE, ended_at=at(35))], 70, 35),
        ([Plan(DAY, time(12, 30), 20 * MINUTE, cancelled_at=at(20))], 70, None),
    ],
)
def test_which_maintenance_counts(plans, now, until):
    assert quiet_until(plans, NOON, at(now)) == (None if until is None else at(until))
