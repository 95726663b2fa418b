"""Maintenance: windows that are on once, and when the timekeeper looks at them. How they recur is tested elsewhere."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from .message import CHAINED
from .moment import Moment, late
from .organisation import No, Tries

if TYPE_CHECKING:
    from .climb import Climb
    from .desk import Case

# What is not said once it has begun; what is offered from one person to another is.
UNSAID = ("call", "also", "inform", "rule", "assigned", "woken", "last_resort", "maintenance_over")


@dataclass(eq=False)
class Window:
    services: tuple[str, ...] | None  # None is everything
    start: datetime
    end: datetime
    cut: datetime | None = None  # ended or cancelled then

    def covers(self, service: str | None) -> bool:
        return self.services is None or service in self.services

    @property
    def over_at(self) -> datetime:
        return self.end if self.cut is None else min(self.cut, self.end)

    def on(self, now: datetime) -> bool:
        return self.start <= now < self.over_at


@dataclass
class Windows:
    all: list[Window] = field(default_factory=list)
    looks_at: datetime | None = None  # when the timekeeper looks at them next
    tries: Tries = field(default_factory=Tries)

    def _wait(self, until: datetime | None) -> None:
        self.looks_at, self.tries = until, Tries()

    def plan(self, now: datetime, window: Window) -> None:
        self.all.append(window)
        self._wait(now)

    def lengthen(self, now: datetime, window: Window, end: datetime) -> None:
        if window.over_at <= now:
            raise No
        window.end = end
        self._wait(now)

    def finish(self, now: datetime, window: Window) -> None:
        if not window.on(now):
            raise No
        window.cut = now
        self._wait(now)

    def cancel(self, now: datetime, window: Window) -> None:
        if window.over_at <= now:
            raise No
        window.cut = now
        self._wait(now)

    def until(self, service: str | None, now: datetime) -> datetime | None:
        """The end of the silence about a service: windows that touch or overlap are one."""
        mine, at = [window for window in self.all if window.covers(service)], now
        while ends := [window.over_at for window in mine if window.on(at)]:
            at = max(ends)
        return None if at == now else at

    def look(self, now: datetime, cases: "list[Case]") -> list["Case"]:
        """Which incidents are not as the windows say, to be settled in the next turn."""
        starts = [window.start for window in self.all if now < window.start < window.over_at]
        self._wait(min(starts, default=None))
        return [case for case in cases if any(climb.quiet_until != case.silence(now) for climb in case.running)]


class InMaintenance:
    """What an incident has to do with it. ``self`` is a case."""

    def silence(self: "Case", now: datetime) -> datetime | None:
        return None if self.anyway or self.resolved_at else self.windows.until(self.service, now)

    def look_at(self: "Case", m: Moment, climbs: "list[Climb]", *, again: bool = False) -> None:
        """A step each, if one is due; in maintenance none."""
        until = self.silence(m.now)
        if until is not None and climbs:
            self.quiet(m, climbs, until)
            return
        for climb in climbs:
            climb.look(m, again=again)

    def look_early(self: "Case", m: Moment) -> None:
        """Has somebody come for what waits for a shift? In maintenance that is as good as a step."""
        waiting = [climb for climb in self.running if climb.awaits_until and not climb.held_since]
        until = self.silence(m.now)
        if until is not None and waiting:
            self.quiet(m, waiting, until)
            return
        for climb in waiting:
            climb.look_early(m)

    def quiet(self: "Case", m: Moment, climbs: "list[Climb]", until: datetime) -> None:
        """It begins for both tracks, though only one of them is due, and one line tells it."""
        climbs = [*climbs, *(one for one in self.running if one not in climbs and one.quiet_until != until)]
        first = min(climbs, key=lambda climb: not climb.plan.functional)
        first.say(m, "maintenance_moved" if first.quiet_until else "maintenance_began", until=until.isoformat())
        for climb in climbs:
            climb.quiet(m, until)

    def settle(self: "Case", m: Moment) -> None:
        """As the windows say now."""
        self.settles_at = None
        until = self.silence(m.now)
        wrong = [climb for climb in self.running if climb.quiet_until != until]
        if until is not None and wrong:
            self.quiet(m, wrong, until)
        for climb in wrong if until is None else []:
            climb.speak(m, m.now)


class FallsSilent:
    """What a climb has to do with it. ``self`` is a climb."""

    def quiet(self: "Climb", m: Moment, until: datetime) -> None:
        """Its clocks stand still, and what waits to be said is not."""
        if self.quiet_until is None:
            self._fall_silent()
        self.held_since, self.quiet_until = self.held_since or m.now, until
        self.moved(m)

    def _fall_silent(self: "Climb") -> None:
        """Whose chain is cut off has none to go on: they are called anew."""
        if self.asked is not None:
            of_it = self.case.outbox.of_call(self.home, self.asked.version)
            cut = {one.person for one in of_it if one.kind in CHAINED and one.state == "queued"}
            self.asked = replace(self.asked, people=tuple(one for one in self.asked.people if one not in cut))
        self.hush(UNSAID)

    def counts_from(self: "Climb", now: datetime) -> datetime:
        """What is begun in maintenance has its whole time from the end of it, as if begun when the clocks stopped."""
        return self.held_since if self.quiet_until and self.held_since else now

    def speak(self: "Climb", m: Moment, due: datetime) -> None:
        """Maintenance is over. A longer hold goes on; else whoever has it is told, once on either track."""
        spell = (self.held_since, self.quiet_until)
        self.quiet_until = None
        people: list[str] = []
        before = None
        if self.held_until is None or self.held_until <= m.now:
            held, had = self.held_until is not None, self.holder
            self.thaw(m.now)
            if self.offered_to is None:
                self.unreached_at = None  # they are told anew
            if self.plan.functional and not self.untouched:
                before = self._relieve(m)
                people = self._whose_it_is(m)
                self.case.hands.baton_goes(had, self.holder, m.now, works=held and self.working_since is not None)
            elif not self.plan.functional and self.working_since is None:
                people = self.there(m)
        if self.plan.functional:
            self.say(m, "maintenance_ended", people=people, late=late(m, due))
            self.tell(m, [before] if before else [], "moved")
        if people:  # whom somebody called by hand meanwhile is called anew
            self.hush(CHAINED)
        told = self.case.told_over.setdefault(spell, set())
        alone = self.plan.functional and not (self.holder or self.there(m))
        self.tell(m, [person for person in people if person not in told], "maintenance_over", alone=alone)
        if not self.plan.functional and self.stop >= 0 and self.rung.mode == "decide":
            self.deciders |= set(people) - told
        told.update(people)
        self.case.let_in(people=people)
        self.moved(m)
