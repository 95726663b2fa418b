"""What people mostly do, so that every play gets somewhere: a few valid moves before the mischief."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .checks import Checks
from .rules_alerts import Alerts
from .rules_people import People
from .rules_time import Time
from .rules_verbs import Verbs

# Each move acts on the incident ``which`` and is a refusal at worst. Rights and tokens are as they should be.
MOVES = {
    "answer": lambda self, which: self.acknowledge(which, "called", "fresh", False),
    "manager answers": lambda self, which: self.answer_as_manager(which, "ada", False),
    "next step": lambda self, which: self.next_steps_come(1, 0, None),
    "late step": lambda self, which: self.next_steps_come(1, 400, None),
    "some time": lambda self, which: self.time_passes(61),
    "post": lambda self, which: self.post_goes_out("send", None),
    "offer to kim": lambda self, which: self.hand_over(which, "holder", "kim", "fresh", False),
    "offer to tom": lambda self, which: self.hand_over(which, "holder", "tom", "fresh", False),
    "accept": lambda self, which: self.acknowledge(which, "receiver", "fresh", False),
    "escalate": lambda self, which: self.escalate(which, "ada", None, "fresh", False),
    "to mei": lambda self, which: self.reassign(which, "ada", "mei", "L1", "fresh", False),
    "to L1": lambda self, which: self.reassign(which, "ada", None, "L1", "fresh", False),
    "to L2": lambda self, which: self.reassign(which, "ada", None, "L2", "fresh", False),
    "hold": lambda self, which: self.hold(which, "ada", 30, "fresh", False),
    "resume": lambda self, which: MOVES["some time"](self, which) or self.resume_it(which),
    "resolve": lambda self, which: self.resolve(which, "ada", "fresh", False),
    "reopen": lambda self, which: self.reopen_it(which),
    "worst severity": lambda self, which: self.overrule_severity(which, "ada", 1, False),
    "fires": lambda self, which: self.alert_fires("north", "disk", (True, True), "warning", None),
    "fires worse": lambda self, which: self.alert_fires("north", "disk", (True, None), "critical", None),
    "ends": lambda self, which: self.alert_ends("north", "disk", None),
    "holder leaves": lambda self, which: self.holder_leaves(which),
}
STORY = st.lists(st.sampled_from(sorted(MOVES)), max_size=7)


class Stories(Alerts, Verbs, People, Time, Checks):
    def resume_it(self, which: int) -> None:
        case = self.case(which)
        held = [each for each in self.cases if each.run.held_until]
        if case in held:
            self.resume(held.index(case), "ada", "fresh", False)

    def reopen_it(self, which: int) -> None:
        case = self.case(which)
        over = [each for each in self.cases if each.resolved_at]
        if case in over:
            self.reopen(over.index(case), "ada", "fresh", False)

    def holder_leaves(self, which: int) -> None:
        holder = self.case(which).run.holder
        if holder not in (None, "ada"):
            self.world.activate(holder, False)

    def play(self, which: int, moves: list[str]) -> None:
        for move in moves:
            try:
                MOVES[move](self, which)
                self.everything_holds()
            except AssertionError as error:
                error.add_note(f"at “{move}”")
                raise

    @precondition(lambda self: self.cases)
    @rule(which=st.sampled_from([0, 0, 1]), moves=STORY)
    def usual_story(self, which, moves) -> None:
        self.play(which, moves)
