"""Passing the baton, and telling who must know."""

from datetime import timedelta
from typing import TYPE_CHECKING

from .moment import Moment
from .organisation import No

if TYPE_CHECKING:
    from .desk import Case

OFFER = timedelta(minutes=5)


class Passes:
    """``self`` is a case."""

    def onward(self: "Case") -> list[int]:
        """Each later tier once, at its first stop."""
        run, found = self.run, []
        known = {run.rung.tier} if run.stop >= 0 else set()
        for stop in range(run.stop + 1, len(run.plan.stops)):
            if run.plan.rung(stop).tier not in known:
                known.add(run.plan.rung(stop).tier)
                found.append(stop)
        return found if not run.ended else []

    def escalate(self: "Case", m: Moment, to: int | None = None, seen=None) -> None:
        self.begin(m, seen)
        self.take_step(m, to)

    def take_step(self: "Case", m: Moment, to: int | None, *, after_saying: str = "") -> None:
        run, onward = self.run, self.onward()
        if not onward:
            raise No
        if to is not None and to not in onward:
            raise No("stale")
        ahead = range(run.stop + 1, len(run.plan.stops)) if to is None else [to]
        stop = next((stop for stop in ahead if self.org.seated(run.plan.rung(stop), m.now)[0]), None)
        if stop is None:
            raise No
        people, by_fallback = self.org.seated(run.plan.rung(stop), m.now)
        passed = [run.plan.rung(s).tier for s in range(run.stop + 1, stop)] if to is None else []
        if after_saying:
            run.say(m, after_saying)
        run.call(m, stop, people, by_fallback, "by_hand", m.now, passed=passed, reason="time")
        self._wake_authority(m)

    def _wake_authority(self: "Case", m: Moment) -> None:
        if self.authority is not None and self.authority.held_until:
            self.authority.wake(m, m.now)

    def tell_authority(self: "Case", m: Moment, *, late: bool = False) -> None:
        """Who must know, before their time. ``late``: they have made up their mind before others were told."""
        self.begin(m)
        climb = self.authority
        if climb is None or climb.held_until or climb.ended or climb.stop + 1 >= len(climb.plan.stops):
            raise No
        if late:
            raise No("stale")
        ahead = range(climb.stop + 1, len(climb.plan.stops))
        stop = next((stop for stop in ahead if self.org.seated(climb.plan.rung(stop), m.now)[0]), None)
        if stop is None:
            raise No
        people, by_fallback = self.org.seated(climb.plan.rung(stop), m.now)
        passed = [climb.plan.rung(each).tier for each in range(climb.stop + 1, stop)]
        climb.call(m, stop, people, by_fallback, "by_hand", m.now, passed=passed, reason="authority")

    def hand_over(self: "Case", m: Moment, to: str, seen=None) -> None:
        self.begin(m, seen)
        run = self.run
        if run.holder != m.actor or run.held_until:
            raise No
        if to == m.actor or not self._may_hold(to):
            raise No("invalid")
        instead_of = run.offered_to
        run.withdraw()
        run.elsewhere_at = None  # somebody here is asked
        run.offered_to, run.offered_by, run.offer_ends = to, m.actor, run.counts_from(m.now) + OFFER
        run.say(m, "offered", to=to, instead_of=instead_of)
        self.let_in(people=[to])
        run.tell(m, [to], "offer")
        if instead_of is not None and instead_of != to:
            run.tell(m, [instead_of], "withdrawn")
        run.moved(m)

    def _may_hold(self: "Case", person: str) -> bool:
        who = self.org.people[person]
        return who.active and (who.staff or not who.auditor)

    def accept(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        if self.run.offered_to != m.actor:
            raise No("stale")
        self._accept(m)

    def _accept(self: "Case", m: Moment) -> None:
        run, giver = self.run, self.run.offered_by
        tier = self.org.tier_of(m.actor, run.tier) or run.tier
        limit = run.work_limit(tier) if tier else None
        stop = run.place_of(tier)
        if stop is not None and stop > run.stop:  # the path goes on after the receiver's tier
            run.put(stop, m.now)
        run.work_from(m.now, limit)
        if run.learnt is not None and tier and tier != run.tier:
            run.learnt.arrived(m.now)
        self.hands.baton_goes(run.holder, m.actor, m.now, works=True)
        run.holder, run.tier = m.actor, tier
        run.offered_to = run.offered_by = None
        run.hush()
        run.say(m, "accepted", **{"from": giver, "tier": tier or ""})
        run.tell(m, [giver], "accepted")
        run.moved(m)
        self._wake_authority(m)

    def decline(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        run, giver = self.run, self.run.offered_by
        if run.offered_to != m.actor:
            raise No("stale")
        run.withdraw()
        run.say(m, "declined", **{"from": giver})
        run.tell(m, [giver], "declined")
        run.moved(m)

    def take_back(self: "Case", m: Moment, seen=None) -> None:
        self.begin(m, seen)
        run, receiver = self.run, self.run.offered_to
        if run.offered_by != m.actor:
            raise No("stale")
        run.withdraw()
        run.say(m, "taken_back", **{"from": receiver})
        run.tell(m, [receiver], "withdrawn")
        run.moved(m)

    def reassign(self: "Case", m: Moment, to: str | None, tier: str | None, seen=None) -> None:
        self.begin(m, seen)
        if not self.may_reassign(m.actor):
            raise No("not-allowed")
        if to is not None:
            if not self._may_hold(to):
                raise No("invalid")
            people, tier = [to], tier or self.org.tier_of(to, self.run.tier)
        else:
            people = self.org.crew(tier, m.now)
            if not people:
                raise No
        self._reassign(m, to, tier or self.run.tier, people)

    def give_back(self: "Case", m: Moment, to: str, tier: str | None) -> None:
        """A reassignment is taken back by another one: what is left of the clock is left."""
        if not self._may_hold(to):
            raise No("invalid")
        self._reassign(m, to, tier or self.org.tier_of(to, self.run.tier) or self.run.tier, [to])

    def _reassign(self: "Case", m: Moment, to: str | None, tier: str | None, people: list[str]) -> None:
        run, before = self.run, self.run.holder
        waits = to is None or run.working_since is None
        run.offer_ends = run.unreached_at = run.elsewhere_at = None
        stop = run.place_of(tier)
        if stop is not None:
            run.put(stop, m.now)
        at = run.held_since or m.now
        if run.stop < 0:
            run.reach_at = at
        if tier is not None and waits:  # what is left of the clock, but no longer than there is to answer
            answer_by = at + run.ack_limit(tier)
            run.ends = answer_by if run.ends is None else min(answer_by, max(run.ends, at))
            run.clock_began = run.ends - run.ack_limit(tier)
            run.working_since, run.over, run.awaits_until = None, "", None
        elif tier is not None and run.over:
            limit = run.work_limit(tier)
            run.ends, run.over, run.clock_began = None if limit is None else at + limit, "", at
        works = run.working_since is not None and run.held_until is None
        self.hands.baton_goes(before, to, m.now, works=works)
        was_at, run.holder, run.tier = run.tier, to, tier
        if run.learnt is not None:
            run.learnt.asks(m.now)
        if run.learnt is not None and tier and tier != was_at:
            run.learnt.arrived(m.now)
        run.offered_to = run.offered_by = None
        run.hush()
        run.say(m, "reassigned", **{"from": before, "to": to, "tier": tier, "from_tier": was_at, "people": people})
        self.let_in(people=people, teams=[self.org.tiers[tier].team] if tier and to is None else [])
        run.tell(m, people, "assigned")
        if before is not None and before not in people:
            run.tell(m, [before], "moved")
        run.moved(m)
