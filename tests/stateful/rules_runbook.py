"""A runbook while it is followed: ticked, unticked, settled, and rewritten in the middle of it."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from incidents.models import Incident, RunbookStep, Tick

from .base import WHICH, WHO, Base, has_cases
from .ground import RARELY
from .reference.moment import Moment
from .reference.runbook import Book

VERSIONS = (("Look", "Restart"), ("Look", "Restart slowly"), ("Restart",))
STEP = st.sampled_from(["Look", "Restart", "Restart", "Restart slowly"])


class RunbookRules(Base):
    def prepare(self) -> None:
        super().prepare()
        self.book = Book("Payments", "Desk")

    @rule(words=st.sampled_from(VERSIONS))
    def rewrite_runbook(self, words) -> None:
        self.world.write_runbook(words)
        self.book.rewrite(words)

    @has_cases
    @rule(which=WHICH, who=WHO, step=STEP, does=st.sampled_from(["worked", "did not", "did not"]), dies=RARELY)
    def tick(self, which, who, step, does, dies) -> None:
        if not self.book.words:
            self.rewrite_runbook(VERSIONS[0])
        case, worked = self.case(which), does == "worked"
        self.verb(
            case,
            self.one(case, who),
            lambda i, p: i.tick(by=p, step=_step(step), worked=worked, text="It hangs."),
            lambda m: self.book.tick(case, m, step, worked=worked),
            dies=dies,
        )

    @has_cases
    @rule(
        which=WHICH,
        who=st.sampled_from(["turn", "holder", "ana", "mei"]),
        step=STEP,
        settles=st.booleans(),
        dies=RARELY,
    )
    def look_at_a_tick(self, which, who, step, settles, dies) -> None:
        """It was not so; or it was, and the step is right as it is."""
        case = self.case(which)

        def settle(incident: Incident, person) -> None:
            tick = Tick.objects.standing().filter(incident=incident, step=_step(step)).first()
            incident.settle(by=person, tick=tick.pk if tick else 0, text="As it should be.")

        def plainly(m: Moment) -> None:
            (self.book.settle if settles else self.book.untick)(case, m, step)

        really = settle if settles else lambda i, p: i.untick(by=p, step=_step(step))
        self.verb(case, self.one(case, who), really, plainly, dies=dies)


def _step(words: str) -> int:
    row = RunbookStep.objects.filter(words=words).first()
    return row.pk if row else 0
