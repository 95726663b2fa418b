"""What people and programs elsewhere do about an incident, as its source reports it."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import rule

from incidents.models import Incident, Source

from .base import PEOPLE, WHICH, Base, has_cases
from .ground import RARELY
from .reference.desk import Case
from .reference.moment import Moment
from .rig import interrupted
from .world import minutes


class Elsewhere(Base):
    @has_cases
    @rule(which=WHICH, again=st.booleans(), dies=RARELY)
    def acknowledged_elsewhere(self, which, again, dies) -> None:
        for _time in range(1 + again):
            self._says(
                which,
                lambda incident, source: incident.acknowledged_outside(source, said_by="mika"),
                lambda case, m: case.acknowledged_elsewhere(m),
                dies=dies,
            )

    @has_cases
    @rule(which=WHICH, dies=RARELY)
    def left_elsewhere(self, which, dies) -> None:
        self._says(
            which,
            lambda incident, source: incident.unacknowledged_outside(source),
            lambda case, m: case.unacknowledged_elsewhere(m),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, what=st.sampled_from(["note", "hold", "hold", "escalate"]), span=st.sampled_from([-1, 2, 30]))
    def acted_on_elsewhere(self, which, what, span) -> None:
        until = self.now + minutes(span)
        verbs: dict[str, tuple[Callable, Callable]] = {
            "note": (lambda i, s: i.noted_outside(s, text="It smells."), lambda case, m: case.noted_elsewhere(m)),
            "hold": (lambda i, s: i.held_outside(s, until=until), lambda case, m: case.held_elsewhere(m, until)),
            "escalate": (lambda i, s: i.escalated_outside(s), lambda case, m: case.escalated_elsewhere(m)),
        }
        self._says(which, *verbs[what])

    @has_cases
    @rule(which=WHICH, to=st.sampled_from(PEOPLE), dies=RARELY)
    def assigned_elsewhere(self, which, to, dies) -> None:
        address = self.world.person(to).email.upper()
        self._says(
            which,
            lambda incident, source: incident.assigned_outside(source, to=address),
            lambda case, m: case.assigned_elsewhere(m, to),
            dies=dies,
        )

    def _says(
        self,
        which: int,
        really: Callable[[Incident, Source], bool],
        plainly: Callable[[Case, Moment], bool],
        *,
        dies: bool = False,
    ) -> None:
        """It changes something in both worlds, or in neither. It is never refused."""
        case, source = self.case(which), Source.objects.get(name="north")
        if case.resolved_at:
            return  # its key is over, so nothing that is said of it reaches it
        done = False
        with interrupted("verb.written" if dies else None) as death:
            done = really(self.incident(case), source)
        if not death.reached:
            assert done == plainly(case, Moment(self.now, "north"))
