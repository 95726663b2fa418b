"""How people are reached changes in the midst of it: they settle rules, and lose ways that rules still name."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .base import PEOPLE, Base

WAYS = {"mail": "email", "other mail": "email", "phone": "sms"}  # by name: of what channel
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
