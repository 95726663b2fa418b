"""Counted as it goes on, hands-on time is what the effort clock's intervals add up to, wherever the counting begins."""

from hypothesis import given
from hypothesis import strategies as st

from incidents.learning.hands_on import HandsOn
from incidents.models.effort import EffortClock, later, total
from tests.incidents.test_effort_sums import ANA, JO, acknowledged, at, called, told

PEOPLE, TIERS, MINUTES = st.sampled_from([ANA, JO]), st.sampled_from(["L1", "L2"]), st.integers(-3, 9)  # back, too
HEARD = st.one_of(
    st.builds(lambda who, tier: lambda now: told(now, "began_work", who, tier=tier), PEOPLE, TIERS),
    st.builds(lambda who: lambda now: told(now, "stopped_work", who), PEOPLE),
    st.builds(lambda who, tier: lambda now: acknowledged(now, who, tier), PEOPLE, TIERS),
    st.builds(lambda tier: lambda now: called(now, tier), TIERS),
    st.just(lambda now: told(now, "resolved", ANA)),
)
COUNTS = st.sampled_from(["on", "on", "from now", "from before", "from the beginning"])


@given(st.lists(st.tuples(MINUTES, HEARD, COUNTS, st.integers(-2, 5)), max_size=30))
def test_it_is_what_the_intervals_add_up_to(steps):
    clock = EffortClock()
    hands_on, since, now = HandsOn(clock), None, 0
    for minutes, heard, counts, looks in steps:
        now += minutes
        clock.hear(heard(now))
        if counts != "on":
            since = {"from now": at(now), "from before": at(now - 4), "from the beginning": None}[counts]
            hands_on.count_from(since)
        seen = at(now + looks)
        assert hands_on.at(seen) == total(later(clock.intervals, since), seen)
