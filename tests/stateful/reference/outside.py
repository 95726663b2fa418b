"""What was done elsewhere, by what its source says: it gives time, and takes the baton from nobody."""

from datetime import datetime
from typing import TYPE_CHECKING

from .moment import Moment

if TYPE_CHECKING:
    from .desk import Case


class HearsOfElsewhere:
    """``self`` is a case."""

    def acknowledged_elsewhere(self: "Case", m: Moment) -> bool:
        run = self.run
        if run.ended or run.working_since or run.elsewhere_at:
            return False
        waits = run.stop >= 0 and not run.over and run.held_since is None and run.awaits_until is None
        asked = waits and any(run.plan.rung(stop).mode != "inform" for stop in range(run.stop + 1))
        if not asked or run.rung.work is None:
            return self._in_vain(m)
        run.elsewhere_at, run.unreached_at, run.ends = m.now, None, m.now + run.rung.work
        run.clock_began = m.now
        run.hush()
        run.say(m, "outside_acknowledged")
        run.moved(m)
        return True

    def unacknowledged_elsewhere(self: "Case", m: Moment) -> bool:
        run = self.run
        if run.ended or run.elsewhere_at is None or run.held_since is not None:
            return False
        run.elsewhere_at = None
        called = run.reach_at if run.reach == run.stop else None
        run.ends = m.now if called is None else max(called + run.rung.ack, m.now)
        run.clock_began = run.ends - run.rung.ack
        run.say(m, "outside_unacknowledged")
        run.moved(m)
        return True

    def noted_elsewhere(self: "Case", m: Moment) -> bool:
        self.say(m, "outside_note")
        return True

    def held_elsewhere(self: "Case", m: Moment, until: datetime) -> bool:
        if self.run.ended or self.run.held_until:
            return False
        if until <= m.now:
            return self._in_vain(m)
        for climb in self.running:
            climb.hold(m, until)
        self.run.say(m, "held")
        return True

    def escalated_elsewhere(self: "Case", m: Moment) -> bool:
        run = self.run
        if run.ended:
            return False
        ahead = range(run.stop + 1, len(run.plan.stops)) if self.onward() and run.held_since is None else []
        stop = next((stop for stop in ahead if self.org.seated(run.plan.rung(stop), m.now)[0]), None)
        if stop is None:
            return self._in_vain(m)
        people, by_fallback = self.org.seated(run.plan.rung(stop), m.now)
        passed = [run.plan.rung(each).tier for each in range(run.stop + 1, stop)]
        run.call(m, stop, people, by_fallback, "by_hand", m.now, passed=passed)
        return True

    def assigned_elsewhere(self: "Case", m: Moment, to: str) -> bool:
        run = self.run
        if run.ended:
            return False
        if not (self._may_hold(to) and self.may_act(to)) or run.holder is not None or run.held_since is not None:
            return self._in_vain(m)
        self._reassign(m, to, self.org.tier_of(to, run.tier) or run.tier, [to])
        return True

    def _in_vain(self: "Case", m: Moment) -> bool:
        self.say(m, "outside_wish")
        return False
