"""Maintenance, planned and changed in the middle of it all."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from escalation.kit.errors import Refused
from incidents.models import MaintenanceWindow, Service

from .base import Base
from .ground import RARELY
from .reference.maintenance import Window
from .reference.organisation import No
from .rig import interrupted
from .world import minutes

ANY = st.integers(0, 5)


class Windows(Base):
    @precondition(lambda self: len(self.windows.all) < 6)
    @rule(
        services=st.sampled_from([("Payments",), ("Payments",), ("Mail",), ("Payments", "Mail"), None]),
        begins=st.sampled_from([-5, 0, 1, 1, 4, 30]),
        lasts=st.sampled_from([2, 7, 20, 240]),
        dies=RARELY,
    )
    def plan_a_window(self, services, begins, lasts, dies) -> None:
        start = self.now + minutes(begins)
        with interrupted("verb.written" if dies else None) as death:
            MaintenanceWindow.schedule(
                by=self.world.person("ada"),
                services=Service.objects.filter(name__in=services or ()),
                everything=services is None,
                reason="A new part",
                day=start.date(),
                at=start.time(),
                minutes=lasts,
            )
        if not death.reached:
            self.windows.plan(self.now, Window(services, start, start + minutes(lasts)))

    @precondition(lambda self: self.windows.all)
    @rule(which=ANY, what=st.sampled_from(["end", "end", "cancel", "longer", "shorter"]), dies=RARELY)
    def change_a_window(self, which, what, dies) -> None:
        plain = self.windows.all[-1 - which % len(self.windows.all)]
        real = MaintenanceWindow.objects.order_by("pk")[self.windows.all.index(plain)]
        ada, span = self.world.person("ada"), {"longer": 30, "shorter": 3}.get(what, 0)
        refused = expected = None
        with interrupted("verb.written" if dies else None) as death:
            try:
                if span:
                    real.change(by=ada, services=list(real.services.all()), minutes=span)
                else:
                    getattr(real, what)(by=ada)
            except Refused:
                refused = True
        if death.reached:
            return
        try:
            if span:
                self.windows.lengthen(self.now, plain, plain.start + timedelta(minutes=span))
            else:
                {"end": self.windows.finish, "cancel": self.windows.cancel}[what](self.now, plain)
        except No:
            expected = True
        assert refused == expected, f"to {what} it was refused: {refused}, and that was expected: {expected}"
