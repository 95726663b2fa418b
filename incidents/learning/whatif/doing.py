"""What people, sources and maintenance did to where a climb stands, done to another one. Pure, like the path."""

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.policies import elsewhere, path
from escalation.policies.rungs import Policy, Standing
from escalation.policies.words import Act, Why
from incidents.models.effort import Told


def by_hand(policy: Policy, standing: Standing, who: path.Who, told: Told, now: datetime) -> path.Decision | None:
    """Somebody escalates, to the tier that they did, if it comes later; None if it has got there already."""
    wanted = str(told.data.get("to") or "")
    if standing.begun and policy.at(standing.lap, standing.place).tier == wanted:
        return None
    for lap, place in policy.after(standing.lap, standing.place):
        if policy.at(lap, place).tier == wanted:
            decision = path.jump(policy, standing, who, lap=lap, place=place, due=now)
            return decision if decision.people else None
    decision = path.next_step(policy, standing, who, why=Why.BY_HAND, due=now)
    return decision if decision.act is Act.CALL else None


def done(policy: Policy, standing: Standing, told: Told, now: datetime) -> Standing:
    """Where it stands after ``told``, at ``now``. Most of what is told changes nothing."""
    match told.kind:
        case "accepted":
            return _accepted(policy, standing, told, now)
        case "reassigned":
            return _reassigned(policy, standing, told, now)
        case "held":
            return path.held(standing, now, until=max(_instant(told), now))
        case "woken" if standing.held_until is not None:
            return path.woken(standing, now)
        case "maintenance_began" | "maintenance_moved":
            return path.quieted(standing, now, until=max(_instant(told), now))
        case "maintenance_ended":
            return path.spoken(standing, now)
        case "outside_acknowledged" if elsewhere.may_put_off(policy, standing):
            return elsewhere.put_off(policy, standing, now)
        case "outside_unacknowledged" if standing.elsewhere_at is not None:
            return elsewhere.taken_back(policy, standing, now)
    return standing


def _instant(told: Told) -> datetime:
    return datetime.fromisoformat(told.data["until"])


def _place(policy: Policy, standing: Standing, tier: str | None) -> int | None:
    """Where a tier stands in the present lap, if it is on the path."""
    if not tier or not standing.begun:
        return None
    lap = policy.laps[standing.lap]
    return next((place for place in range(len(lap)) if policy.at(standing.lap, place).tier == tier), None)


def _accepted(policy: Policy, standing: Standing, told: Told, now: datetime) -> Standing:
    """With the time to work of the tier it goes to: by this path, else as it was."""
    place = _place(policy, standing, told.data.get("tier"))
    seconds = told.data.get("limit_s")
    limit = None if seconds is None else timedelta(seconds=seconds)
    if place is not None:
        limit = policy.at(standing.lap, place).work_limit
        standing = path.placed(standing, place, now) if place > standing.place else standing
    return path.working(standing, now, limit=limit)


def _reassigned(policy: Policy, standing: Standing, told: Told, now: datetime) -> Standing:
    """To somebody who works on it, with the time that was left; else whoever got it has the tier's time to answer."""
    waits = told.data.get("to") is None or standing.acknowledged_at is None
    place = _place(policy, standing, told.data.get("tier"))
    standing = replace(path.asked_anew(standing), awaits_until=None)
    if place is not None:
        standing = path.placed(standing, place, now)
    at = standing.held_at or now
    if not standing.begun:
        return replace(standing, reach_at=standing.reach_at or at)
    if not waits:
        return standing
    whole = policy.at(standing.lap, standing.place).ack_limit
    answer_by = at + whole
    if standing.deadline is not None:
        answer_by = min(answer_by, max(standing.deadline, at))
    return replace(standing, acknowledged_at=None, clock_from=answer_by - whole, clock_limit=whole, finished=None)
