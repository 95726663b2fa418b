"""More of what people mostly do: decisions, hands, the runbook, second thoughts, and promised times."""

from .reference.organisation import Step
from .rules_desk import DeskRules, has_been_asked_to_decide
from .rules_informing import InformingRules
from .rules_promises import OTHERS, USUAL, PromiseRules
from .rules_runbook import VERSIONS, RunbookRules

FINE = {"seen": "fresh", "dies": False}


class MovesBeside(DeskRules, InformingRules, RunbookRules, PromiseRules):
    """Moves as in ``stories``, which has those that these begin with."""

    def to_tell_authority(self, which: int) -> None:
        self.tell_authority(which, "ada", False, dies=False)

    def to_a_decision(self, which: int) -> None:
        """Of what somebody works on, by somebody who was asked to: whoever works is told."""
        authority = self.case(which).authority
        if authority is None or all(rung.mode != "decide" for _lap, rung in authority.plan.stops):
            self.another_policy([Step("L1"), Step("Duty"), Step("Head", mode="decide")], "Mail")
            self.to_small_incident(which, "Mail")
            self.everything_holds()
            which = 0
        self.to_answer(which)
        while not has_been_asked_to_decide(self.case(which)):
            before = len(self.outbox.messages)
            self.to_tell_authority(which)
            if len(self.outbox.messages) == before:  # nobody is there who could decide
                return
        self.decide(which, self.decider(which), dies=False)

    def decider(self, which: int) -> str:
        """Who was asked, and is not the one who works."""
        case = self.case(which)
        asked = [m.person for m in self.outbox.messages if m.home == case.authority.home and m.kind == "call"]
        return next((one for one in asked if one != case.run.holder and case.may_act(one)), "ada")

    def to_many_hands(self, which: int) -> None:
        """Two help; one of them stops, and then all of it."""
        self.to_answer(which)
        for who in ("ada", "ana"):
            self.says_whose_hands(which, who, False, dies=False)
        self.time_passes(61)
        self.says_whose_hands(which, "ada", True, dies=False)

    def to_give_it_away_and_think_again(self, which: int) -> None:
        """The clock goes on with what it had left."""
        self.to_answer(which)
        self.time_passes(61)
        self.think_again(which, "ada", "reassign", "mei", 30)

    def to_hold_and_think_again(self, which: int) -> None:
        self.to_many_hands(which)
        self.think_again(which, "ada", "hold", "mei", 30)

    def to_follow_the_runbook(self, which: int) -> None:
        for step, does in (("Look", "worked"), ("Restart", "did not")):
            self.tick(which, "ada", step, does, dies=False)
        self.look_at_a_tick(which, "ada", "Look", False, dies=False)

    def to_settle_the_runbook(self, which: int) -> None:
        self.to_follow_the_runbook(which)
        self.look_at_a_tick(which, "ana", "Restart", True, dies=False)

    def to_rewrite_the_runbook(self, which: int) -> None:
        """Another word for what did not work; and back."""
        self.to_follow_the_runbook(which)
        self.rewrite_runbook(VERSIONS[1])
        self.rewrite_runbook(VERSIONS[0])

    # --- promised times --------------------------------------------------------------------------

    def to_promises(self, which: int) -> None:
        """Of what is opened from now on."""
        self.edit_promises(USUAL)
        self.to_small_incident(which)
        self.everything_holds()

    def to_office_hours(self, which: int) -> None:
        self.edit_promises(OTHERS)
        self.to_small_incident(which)

    def to_broken_promises(self, which: int) -> None:
        """Each minute at which something is said, whoever has it then."""
        self.to_promises(which)
        self.next_steps_come(2, 0, None)
        self.everything_holds()
        self.to_answer(0)
        self.next_steps_come(1, 0, None)

    def to_promises_that_stand_still(self, which: int) -> None:
        self.to_promises(which)
        self.time_passes(61)
        self.to_hold(0)
        self.everything_holds()
        self.to_resume(0)
        self.next_steps_come(2, 0, None)

    def to_other_promises(self, which: int) -> None:
        """Another severity has others."""
        self.to_promises(which)
        self.time_passes(61)
        self.to_worst_severity(0)
        self.next_steps_come(1, 0, None)

    def to_promises_in_maintenance(self, which: int) -> None:
        """They stand still until it is over."""
        self.to_promises(which)
        self.to_maintenance(0)
        self.next_steps_come(2, 0, None)

    def to_reopened_promises(self, which: int) -> None:
        """Some begin anew, and one goes on where it stood."""
        self.to_promises(which)
        self.time_passes(61)
        self.to_reopen(0)
        self.next_steps_come(2, 0, None)

    def to_merged_promises(self, which: int) -> None:
        """What is worse of the two is promised from then on."""
        self.to_promises(which)
        self.to_fire_worse(which)
        self.everything_holds()
        if len(self.cases) > 1 and not self.case(1).resolved_at:
            self.merge(0, 1, "ada", **FINE)
            self.next_steps_come(2, 0, None)
