"""Whose hands are on an incident, and how long they were: by the baton, and by what people say of themselves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .moment import Moment
from .organisation import No

if TYPE_CHECKING:
    from .desk import Case


@dataclass
class Hands:
    on: dict[str, datetime] = field(default_factory=dict)  # since when
    spent: dict[str, timedelta] = field(default_factory=dict)  # before
    interrupted: set[str] = field(default_factory=set)  # by the last hold

    def begin(self, person: str, now: datetime) -> None:
        self.on.setdefault(person, now)

    def stop(self, person: str | None, now: datetime) -> None:
        if person in self.on:
            self.spent[person] = self.spent.get(person, timedelta()) + now - self.on.pop(person)

    def stop_all(self, now: datetime) -> None:
        self.interrupted = set(self.on)
        for person in self.interrupted:
            self.stop(person, now)

    def baton_goes(self, before: str | None, to: str | None, now: datetime, *, works: bool) -> None:
        """Whoever lets go of it stops; whoever has it now begins, if they are at work."""
        if before != to:
            self.stop(before, now)
        if to is not None and works:
            self.begin(to, now)

    def whole(self, person: str, now: datetime) -> timedelta:
        return self.spent.get(person, timedelta()) + (now - self.on.get(person, now))


class HasHands:
    """What people say of themselves. ``self`` is a case."""

    def begin_work(self: "Case", m: Moment) -> None:
        self.begin(m)
        if self.run.held_until:
            raise No
        if m.actor in self.hands.on:
            raise No("invalid")
        self.hands.begin(m.actor, m.now)
        self.run.say(m, "began_work")
        self.let_in(people=[m.actor])

    def stop_work(self: "Case", m: Moment) -> None:
        self.begin(m)
        if m.actor not in self.hands.on:
            raise No("invalid")
        self.hands.stop(m.actor, m.now)
        self.run.say(m, "stopped_work")
