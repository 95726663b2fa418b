"""The machine: all that may happen, and what must hold after each step."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from .base import RULINGS, STEPS
from .reference.organisation import Step
from .reference.ruling import Ruling
from .rules_promises import OTHERS
from .rules_promises import USUAL as USUAL_PROMISES
from .stories import STORY, Stories

USUAL = [Step("L1"), Step("L2", always=True), Step("Duty"), Step("L3"), Step("Head", mode="decide")]
RULES = [Ruling("", "escalate", people=1500), Ruling("", "inform", failed=2, whom=("rita",))]


class Escalations(Stories):
    """One installation and everything that may happen to it."""

    @initialize(
        steps=st.one_of(st.just(USUAL), st.lists(STEPS, min_size=1, max_size=4)),
        rounds=st.integers(1, 2),
        begins=st.sampled_from([None, None, None, 1, 10]),
        then=st.sampled_from([None, None, "Last"]),
        severity=st.sampled_from([None, 1, 2]),
        after=st.sampled_from([None, 10]),
        affected=st.sampled_from([0, 150, 1500]),
        promises=st.sampled_from([(), (), USUAL_PROMISES, OTHERS]),
        rulings=st.one_of(st.just([]), st.just(RULES), st.lists(RULINGS, max_size=2)),
        moves=STORY,
    )
    def it_begins(self, steps, rounds, then, severity, after, affected, moves, rulings=(), promises=(), begins=None):
        said = {"rounds": rounds, "then": then, "from_severity": severity, "after_minutes": after, "begins": begins}
        self.found_organisation(steps, rulings, **said)
        self.world.promise(promises)
        self.open_incident(by="ana", service="Payments", affected=affected, restricted=False, dies=False)
        self.everything_holds()
        self.play(0, moves)
