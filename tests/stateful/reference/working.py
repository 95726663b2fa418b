"""People at work on an incident: they take it, answer for it, and write down what they did and know."""

from typing import TYPE_CHECKING

from .climb import Climb
from .moment import Moment
from .organisation import No

if TYPE_CHECKING:
    from .desk import Case


class Works:
    """``self`` is a case."""

    def acknowledge(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        if self.run.offered_to == m.actor:
            self._accept(m)
        elif self.run.held_until or (self.run.working_since and self.run.over != "exhausted"):
            raise No
        else:
            self.run.acknowledge(m, m.actor)

    def answer(self: "Case", m: Moment) -> None:
        """A manager asked for a decision is on it."""
        self.begin(m)
        climb = self.authority
        if climb is None or climb.ended or climb.stop < 0 or climb.working_since:
            raise No
        if all(climb.plan.rung(stop).mode == "inform" for stop in range(climb.stop + 1)):
            raise No
        if not self.was_asked_to_decide(climb, m.actor):
            raise No("not-allowed")
        climb.acknowledge(m, m.actor)

    def was_asked_to_decide(self: "Case", climb: Climb, person: str) -> bool:
        asked = {x.person for x in self.outbox.messages if x.home == climb.home and x.kind in ("call", "last_resort")}
        return person in asked | climb.deciders or self.org.people[person].staff

    def note(self: "Case", m: Moment, mentions: str | None = None) -> None:
        """Whoever is mentioned may see it, and is told; somebody whose account has ended is not meant."""
        self.begin(m, needs_open=False)
        people = [mentions] if mentions and self.org.people[mentions].active else []
        self.let_in(people=people)
        self.run.tell(m, people, "mentioned")
        self.say(m, "note", mentioned=people or None)

    def attempt(self: "Case", m: Moment, outcome: str) -> None:
        self.begin(m)
        self.attempts += 1
        self.failed += outcome != "helped"
        self.run.say(m, "attempt", outcome=outcome, number=self.attempts)
        if self.run.learnt is not None:
            self.run.learnt.tried(outcome, m.now)
        self.run.learns(m)

    def state(self: "Case", m: Moment, **facts: int) -> None:
        self.begin(m)
        changed = {name: value for name, value in facts.items() if getattr(self.facts, name) != value}
        if changed:
            vars(self.facts).update(changed)
            if self.run.learnt is not None and "affected" in changed:
                self.run.learnt.affected = (self.facts.affected, m.now)
            self.judge_again(m)
            self.say(m, "facts")
            self.run.learns(m)

    def set_severity(self: "Case", m: Moment, severity: int | None) -> None:
        self.begin(m)
        self.facts.override = severity
        self.judge_again(m)
        self.say(m, "facts", override=severity)
