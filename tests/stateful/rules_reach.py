"""How people are reached changes in the midst of it: they settle rules and quiet hours, and lose ways that rules still
name; what carries their messages has limits, and goes away."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .base import PEOPLE, Base, has_cases
from .world import MINUTES, ZONES

WAYS = {"mail": "email", "other mail": "email", "phone": "sms"}  # by name: of what channel
CHANNELS = st.sampled_from(["email", "email", "sms"])
CHAIN = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 3, 7]), st.sampled_from(list(WAYS))), min_size=0, max_size=3, unique=True
)


class Reach(Base):
    @rule(person=st.sampled_from(PEOPLE), urgency=st.sampled_from(["loud", "loud", "quiet"]), chain=CHAIN)
    def settles_rules(self, person, urgency, chain) -> None:
        """For calls from now on; what is under way keeps its own."""
        self.world.settle(person, urgency, [(minutes, name, WAYS[name]) for minutes, name in chain])

    @rule(person=st.sampled_from(PEOPLE), name=st.sampled_from(list(WAYS)), removed=st.booleans())
    def loses_a_way(self, person, name, removed) -> None:
        """Removed, or not verified any more; what waits for it must not hold up the rest."""
        self.world.lose(person, name, removed=removed)

    @rule(
        person=st.sampled_from(PEOPLE),
        begins=st.sampled_from([-600, -5, 0, 1, 4]),
        lasts=st.sampled_from([2, 8, 480, 1380, None]),
        ahead=st.sampled_from(list(ZONES)),
    )
    def wants_quiet(self, person, begins, lasts, ahead) -> None:
        """From so many minutes from now, or not any more."""
        here = self.now + timedelta(minutes=ahead + begins)
        hours = None if lasts is None else ((here.hour * 60 + here.minute) % MINUTES, lasts, ahead)
        self.world.quiet_hours(person, hours)

    @rule(channel=CHANNELS, most=st.sampled_from([None, None, 1, 2]))
    def is_limited(self, channel, most) -> None:
        """So many messages in an hour to one person by it, from now on. What waits already waits for its time."""
        for limits in (self.limits, self.outbox.limits):
            limits.pop(channel, None)
            if most is not None:
                limits[channel] = most

    @has_cases
    @precondition(lambda self: not self.post.away)
    @rule(channel=CHANNELS)
    def service_goes_away(self, channel) -> None:
        self.post.away.add(channel)

    @precondition(lambda self: self.post.away)
    @rule(hours=st.sampled_from([0, 5]))
    def services_come_back(self, hours) -> None:
        """Or only after some hours in which nothing ran either: a call that waited for them is still wanted."""
        self.post.away.clear()
        if hours:
            self.outage(hours)
