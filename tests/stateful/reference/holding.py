"""Holds: a climb's clocks stand still, and go on with what they had left."""

from datetime import datetime
from typing import TYPE_CHECKING

from .message import ASKING
from .moment import BATON, Moment, late

if TYPE_CHECKING:
    from .climb import Climb


class Holds:
    """``self`` is a climb."""

    def hold(self: "Climb", m: Moment, until: datetime) -> None:
        self.held_since, self.held_until = self.held_since or m.now, until
        if self.plan.functional:
            self.case.hands.stop_all(m.now)
            self.hush(tuple(kind for kind in ASKING if kind != "offer"))
        self.moved(m)

    def there(self: "Climb", m: Moment) -> list[str]:
        return self.case.org.seated(self.rung, m.now)[0] if self.stop >= 0 else []

    def _relieve(self: "Climb", m: Moment) -> str | None:
        """Whoever has it and is gone, or off duty, has it no longer. Who is off duty is told."""
        before, off_duty = self.holder, self._off_duty(m)
        if before is not None and (off_duty or not self.case.org.people[before].active):
            self.holder = self.working_since = self.awaits_until = None
            self.over, self.ends, self.clock_began = "", m.now + self.rung.ack if self.stop >= 0 else None, m.now
            self.unreached_at = self.elsewhere_at = None  # whoever is there is asked
        return before if off_duty else None

    def _whose_it_is(self: "Climb", m: Moment) -> list[str]:
        return [self.holder] if self.holder else self.there(m) or [self.case.org.last_resort]

    def thaw(self: "Climb", now: datetime) -> None:
        """Every clock goes on with what it had left."""
        if self.held_since is None:
            return
        slept = now - max(self.held_since, self.clock_began or self.held_since)  # nobody has more left than the whole
        self.held_since = self.held_until = None
        if self.awaits_until is not None:
            self.awaits_until = max(self.awaits_until, now)  # a shift begins when it begins
        if self.unreached_at is not None:
            self.unreached_at = min(self.unreached_at + slept, now)
        stood = (self.ends, self.clock_began, self.reach_at, self.offer_ends)
        self.ends, self.clock_began, self.reach_at, self.offer_ends = (
            None if instant is None else instant + slept for instant in stood
        )

    def wake(self: "Climb", m: Moment, due: datetime) -> None:
        if self.quiet_until:  # its clocks stand still none the less
            self.held_until = None
        else:
            self.thaw(m.now)
        if self.plan.functional:  # one hold stops both tracks; it is told once
            had, untouched = self.holder, self.untouched and self.awaits_until is None
            before = None if self.quiet_until else self._relieve(m)
            self.case.hands.baton_goes(had, self.holder, m.now, works=self.working_since is not None)
            # Nobody was called or given it yet: the first step comes in its time, and nobody is told before.
            people = [] if self.quiet_until or untouched else self._whose_it_is(m)
            if not self.quiet_until:
                self.unreached_at = self.elsewhere_at = None  # they are asked anew
            self.say(m, "woken", people=people, by_hand=m.actor != BATON, late=late(m, due))
            self.tell(m, people, "woken", alone=not (self.holder or self.there(m)))
            self.case.let_in(people=people)
            self.tell(m, [before] if before else [], "moved")
        self.moved(m)

    def _off_duty(self: "Climb", m: Moment) -> bool:
        """The holder takes turns on the schedules that the rung calls by, and it is somebody else's turn."""
        if self.holder is None or self.stop < 0 or m.actor == self.holder:
            return False
        org, rung = self.case.org, self.rung
        chairs = [chair for name in rung.rotas for layer in org.rotas[name].layers for chair in layer]
        theirs = [chair for chair in chairs if chair.person == self.holder]
        takes_turns = any(chair.leaves is None or m.now < chair.leaves for chair in theirs)
        return takes_turns and bool(org.on_call(rung.rotas, m.now)) and self.holder not in org.seated(rung, m.now)[0]
