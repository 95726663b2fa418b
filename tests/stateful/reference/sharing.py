"""Who may see an incident beyond whom it calls, and the files beside it."""

from typing import TYPE_CHECKING

from .message import NO_CLIMB
from .moment import Moment
from .organisation import No

if TYPE_CHECKING:
    from .desk import Case


class Shares:
    """``self`` is a case."""

    def restrict(self: "Case", m: Moment) -> None:
        self.begin(m, needs_open=False)
        if self.restricted:
            raise No
        self.restricted = True
        self.let_in(people=[m.actor, *(actor for actor in self._actors() if actor in self.org.people)])
        for message in self.outbox.messages:
            if message.home == (self.number, NO_CLIMB) and not self.may_see(message.person):
                message.stop()
        self.say(m, "restricted")

    def _actors(self: "Case") -> set[str]:
        lines = [*self.lines, *(line for climb in self.climbs for line in climb.lines)]
        return {facts["actor"] for _kind, facts in lines if facts.get("actor")}

    def lift_restriction(self: "Case", m: Moment) -> None:
        self.begin(m, needs_open=False)
        if not self.may_reassign(m.actor):
            raise No("not-allowed")
        if not self.restricted:
            raise No
        self.restricted = False
        self.say(m, "unrestricted")

    def attach(self: "Case", m: Moment, body: bytes) -> None:
        self.begin(m, needs_open=False)
        if body in self.files:
            raise No("invalid")
        self.files[body] = m.actor
        self.say(m, "attached")

    def bring_in(self: "Case", m: Moment, person: str) -> None:
        """Let somebody in by name, and tell them."""
        self.begin(m, needs_open=False)
        if not self.org.people[person].active:
            raise No("invalid")
        if person in self.people:
            raise No
        self.let_in(people=[person])
        self.run.tell(m, [person], "mentioned")
        self.say(m, "let_in")
