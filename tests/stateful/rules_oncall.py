"""Who is on call changes in the middle of it: seats, covers, and which tiers a schedule serves."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from escalation.engine import climb

from .base import Base
from .reference.moment import Moment
from .world import ROTAS

WHOSE = st.sampled_from(sorted(ROTAS))
COVERS = st.sampled_from(["ana", "kim", "rita", None])
HOURS = st.sampled_from([0, 0, 0, 1, 5, 30])


class OnCallRules(Base):
    @rule(rota=WHOSE, tier=st.sampled_from(["L1", "L2", "L3", "Duty"]), serves=st.sampled_from([True, True, False]))
    def serves_a_tier(self, rota, tier, serves) -> None:
        self.world.serve(rota, tier, serves)

    @rule(
        rota=WHOSE, person=st.sampled_from(["ana", "kim", "rita", None]), after=HOURS, hours=st.sampled_from([1, 6, 48])
    )
    def somebody_covers(self, rota, person, after, hours) -> None:
        """Refused for who is gone: then nothing changes."""
        start = self.now + timedelta(hours=after)
        if person is None or self.org.people[person].active:
            self.world.cover(rota, person, start, start + timedelta(hours=hours))

    @rule(rota=WHOSE, person=st.sampled_from(["ana", "sam", "tom", None]), after=HOURS)
    def sits_down(self, rota, person, after) -> None:
        if len(self.org.rotas[rota].layers[0]) < 6:
            self.world.sit_down(rota, 0, person, self.now + timedelta(hours=after))

    @rule(rota=WHOSE, number=st.integers(0, 5), after=HOURS)
    def gets_up(self, rota, number, after) -> None:
        chairs = self.org.rotas[rota].layers[0]
        self.world.get_up(rota, 0, number % len(chairs), self.now + timedelta(hours=after))

    @rule()
    def a_minute_has_passed(self) -> None:
        """The engine looks whether somebody came before the shift that a step waits for."""
        climb.look_early()
        for case in self.cases:
            case.look_early(Moment(self.now))
