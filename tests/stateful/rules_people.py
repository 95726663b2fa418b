"""Admins at work in the middle of it: people, teams, tiers and policies change."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .base import RULINGS, STEPS, Base
from .ground import RARELY
from .world import FUNCTIONAL, TEAMS

MOVABLE = ("ana", "jo", "mei", "tom", "ines", "kim", "rita")


class People(Base):
    @rule(person=st.sampled_from(MOVABLE))
    def leaves_or_comes_back(self, person) -> None:
        self.world.activate(person, not self.org.people[person].active)

    @rule(
        person=st.sampled_from(MOVABLE),
        team=st.sampled_from(sorted(TEAMS)),
        role=st.sampled_from(["agent", "supervisor", None]),
    )
    def changes_teams(self, person, team, role) -> None:
        if role:
            self.world.join(person, team, role)
        else:
            self.world.leave(person, team)

    @rule(tier=st.sampled_from([*FUNCTIONAL, "Duty"]), ack=st.sampled_from([1, 5, 12]), work=st.sampled_from([None, 9]))
    def edit_tier(self, tier, ack, work) -> None:
        self.world.edit_tier(tier, ack=ack, work=work)

    @rule(
        policy=st.sampled_from(["Payments", "Last"]),
        step=STEPS,
        drops=RARELY,
        rounds=st.integers(1, 2),
        severity=st.sampled_from([None, 1, 3]),
        begins=st.sampled_from([None, None, 1, 4, 15]),
    )
    def edit_policy(self, policy, step, drops, rounds, severity, begins) -> None:
        """Climbs under way keep what they began with."""
        if drops and self.org.policies[policy].steps:
            self.world.drop_step(policy)
        elif len(self.org.policies[policy].steps) < 5:
            self.world.add_step(policy, step)
        self.world.edit_policy(policy, rounds=rounds, from_severity=severity, begins=begins)

    @rule(ruling=st.one_of(st.none(), RULINGS))
    def edit_rules(self, ruling) -> None:
        """Climbs under way keep those they began with."""
        if ruling is None and self.org.policies["Payments"].rules:
            self.world.drop_rule("Payments")
        elif ruling is not None and len(self.org.policies["Payments"].rules) < 3:
            self.add_ruling("Payments", ruling)

    @rule(steps=st.lists(STEPS, max_size=3), service=st.sampled_from(["Payments", "Mail"]))
    def another_policy(self, steps, service) -> None:
        """A new path for a service; it may have no steps yet."""
        name = f"Policy {len(self.org.policies)}"
        self.world.make_policy(name, steps)
        self.world.service(service, self.org.services[service][0], name)
