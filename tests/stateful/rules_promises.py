"""Promised times: what admins promise changes, for what is opened or judged anew after that."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .base import Base
from .reference.organisation import Promise

NOTHING: tuple[Promise, ...] = ()
USUAL = (
    Promise("response", 4),
    Promise("update", 10, warn=50),
    Promise("resolve", 60),
    Promise("response", 2, severity=1, warn=100),
    Promise("resolve", 30, severity=2, warn=90),
)
OTHERS = (
    Promise("resolve", 240, office=True),
    Promise("response", 45, office=True, warn=60),
    Promise("update", 3, service="Payments"),
    Promise("update", 30, severity=1),
    Promise("resolve", None, severity=2),
)
PROMISES = st.sampled_from([NOTHING, USUAL, USUAL, OTHERS])


class PromiseRules(Base):
    @rule(promises=PROMISES)
    def edit_promises(self, promises) -> None:
        self.world.promise(promises)
