"""How people move a run: take it, hold it out, accept it, reassign it. Inside one ``Work``.

Like ``moves``: each changes the run, raises its epoch, adds the entry and queues the messages.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.people.models import Tier, User
from escalation.policies import elsewhere, path
from escalation.policies.freezing import policy_minutes

from .models import EscalationRun
from .words import ends_at, named, then_tier
from .work import Work


def acknowledge(work: Work, run: EscalationRun, person: User, *, called: bool) -> None:
    """Somebody takes it: the ack clock becomes the work clock, other calls fall silent."""
    since = run.clock_from
    run.standing = path.acknowledged(run.policy_path, run.standing, work.now)
    run.epoch += 1
    if run.is_functional:
        run.holder = person
        run.offered_to = run.offered_by = run.offer_returned_at = None
    work.hush(run)
    work.entry(
        run.trail_id,
        "acknowledged",
        {
            "tier": run.tier.name if run.tier else "",
            "track": run.track,
            "called": called,
            "after_s": int((work.now - since).total_seconds()) if since else None,
            "limit_s": run.clock_limit_s,
        },
        run=run,
    )
    work.called(run, people=[person])
    work.changed(run)


def put_off(work: Work, run: EscalationRun, *, said_by: str, text: str) -> None:
    """Somebody elsewhere has it: no further calls of this step, and its time to work runs. Nobody here holds it yet."""
    run.standing = elsewhere.put_off(run.policy_path, run.standing, work.now)
    run.epoch += 1
    work.hush(run)
    data = {"tier": run.tier.name if run.tier else "", "said_by": said_by, "limit_s": run.clock_limit_s}
    work.entry(run.trail_id, "outside_acknowledged", data, text=text, run=run)
    work.changed(run)


def put_off_no_longer(work: Work, run: EscalationRun, *, said_by: str, text: str) -> None:
    """They do not have it any more. What is left of the time to acknowledge runs, and the path goes on after it."""
    run.standing = elsewhere.taken_back(run.policy_path, run.standing, work.now)
    run.epoch += 1
    data = {"tier": run.tier.name if run.tier else "", "said_by": said_by, "until": ends_at(run)}
    work.entry(run.trail_id, "outside_unacknowledged", data, text=text, run=run)
    work.changed(run)


def offer(
    work: Work,
    run: EscalationRun,
    *,
    giver: User,
    to: User,
    until: datetime,
    text: str,
    parts: Sequence[str] = (),
) -> None:
    """Hold out the baton. The giver stays accountable, and their clock runs on, until it is taken."""
    withdrawn = run.offered_to
    run.offered_to, run.offered_by = to, giver
    offer_until = path.present(run.standing, work.now) + (until - work.now)
    run.standing = replace(path.asked_anew(run.standing), offer_until=offer_until)
    run.offer_returned_at = None
    run.epoch += 1
    cause = f"run:{run.pk}:offered:{run.epoch}"
    data = {"to": named(to), "limit_s": int((until - work.now).total_seconds()), "instead_of": named(withdrawn)}
    brief = {"parts": list(parts)} if parts else {}
    work.hush(run, ("offer",))
    work.entry(run.trail_id, "offered", data | brief, text=text, run=run, cause=cause)
    work.called(run, people=[to])
    ends = run.offer_ends or until
    message = {"from": giver.name, "text": text, "until": ends.isoformat(), "then": giver.name} | brief
    work.tell(run, [to], kind="offer", cause=cause, message=message)
    if withdrawn is not None and withdrawn != to:
        work.tell(run, [withdrawn], kind="withdrawn", cause=cause, message={"from": giver.name, "to": to.name})
    work.changed(run)


def accept(work: Work, run: EscalationRun, person: User, *, tier: Tier | None) -> None:
    """The receiver takes the baton, with a fresh work clock of their tier."""
    giver = run.offered_by
    tier = tier or run.tier
    standing, limit = run.standing, work_limit(run, tier) if tier else None
    place = _place_of(run, tier)
    if place is not None and place > standing.place:  # the path goes on after the receiver's tier
        standing = path.placed(standing, place, work.now)
    run.standing = path.working(standing, work.now, limit=limit)
    run.holder, run.tier = person, tier
    run.offered_to = run.offered_by = run.offer_returned_at = None
    run.epoch += 1
    work.hush(run)
    data = {"from": named(giver), "tier": run.tier.name if run.tier else "", "limit_s": run.clock_limit_s}
    work.entry(run.trail_id, "accepted", data, run=run)
    if giver is not None:
        cause = f"run:{run.pk}:accepted:{run.epoch}"
        work.tell(run, [giver], kind="accepted", cause=cause, message={"by": person.name})
    work.changed(run)


def _place_of(run: EscalationRun, tier: Tier | None) -> int | None:
    """Where a tier stands in the present lap, if it is on the path."""
    if tier is None or run.place < 0:
        return None
    tiers = [run.frozen["steps"][number]["tier"]["id"] for number in run.frozen["laps"][run.lap]]
    return tiers.index(tier.pk) if tier.pk in tiers else None


def decline(work: Work, run: EscalationRun, person: User, *, text: str) -> None:
    """The receiver says no: the giver still holds the baton and is told why."""
    giver = run.offered_by
    run.offered_to = run.offered_by = None
    run.standing = replace(path.asked_anew(run.standing), offer_until=None)
    run.epoch += 1
    work.hush(run, ("offer",))
    work.entry(run.trail_id, "declined", {"from": named(giver)}, text=text, run=run)
    if giver is not None:
        message = {"by": person.name, "text": text, "until": ends_at(run), "then": then_tier(run)}
        work.tell(run, [giver], kind="declined", cause=f"run:{run.pk}:declined:{run.epoch}", message=message)
    work.changed(run)


def _step_of(run: EscalationRun, tier: Tier) -> dict | None:
    """The frozen step of a tier in the present lap."""
    place = _place_of(run, tier)
    return None if place is None else run.frozen["steps"][run.frozen["laps"][run.lap][place]]


def ack_limit(run: EscalationRun, tier: Tier) -> timedelta:
    """How long a tier has to acknowledge: as its step of this path says, else as the tier does."""
    step = _step_of(run, tier)
    return timedelta(seconds=step["ack_s"]) if step else policy_minutes(tier.ack_minutes)


def work_limit(run: EscalationRun, tier: Tier) -> timedelta | None:
    """How long a tier may try: as its step of this path says, else as the tier does."""
    step = _step_of(run, tier)
    if step is None:
        return policy_minutes(tier.work_minutes) if tier.work_minutes else None
    return None if step["work_s"] is None else timedelta(seconds=step["work_s"])


def take_back(work: Work, run: EscalationRun) -> None:
    """The giver withdraws the offer and goes on holding."""
    receiver = run.offered_to
    run.offered_to = run.offered_by = None
    run.standing = replace(path.asked_anew(run.standing), offer_until=None)
    run.epoch += 1
    work.hush(run, ("offer",))
    work.entry(run.trail_id, "taken_back", {"from": named(receiver)}, run=run)
    if receiver is not None:
        cause = f"run:{run.pk}:taken_back:{run.epoch}"
        work.tell(run, [receiver], kind="withdrawn", cause=cause, message={"from": work.actor.name})
    work.changed(run)


def reassign(
    work: Work, run: EscalationRun, *, to: User | None, tier: Tier | None, people: list[User], text: str
) -> None:
    """A supervisor moves the baton at once; the clocks keep the time they had left.

    To a person, or (``to`` None) to a tier whose ``people`` are called. Everybody concerned is told.
    """
    before, before_tier = run.holder, run.tier
    run.holder, run.tier = to, tier or run.tier
    run.standing = _moved_standing(work, run, waits=to is None or run.acknowledged_at is None)
    run.offered_to = run.offered_by = run.offer_returned_at = None
    run.epoch += 1
    cause = f"run:{run.pk}:reassigned:{run.epoch}"
    data = {
        "from": named(before),
        "to": named(to),
        "from_tier": before_tier.name if before_tier else None,
        "tier": run.tier.name if run.tier else None,
        "people": [named(person) for person in people],
    }
    work.hush(run)
    work.entry(run.trail_id, "reassigned", data, text=text, run=run, cause=cause)
    work.called(run, people=people, teams=[run.tier.team_id] if run.tier and to is None else [])
    message = {
        "by": work.actor.name,
        "text": text,
        "tier": data["tier"],
        "until": ends_at(run),
        "then": then_tier(run),
        "acknowledge": run.acknowledged_at is None,
    }
    work.tell(run, people, kind="assigned", cause=cause, message=message)
    if before is not None and before not in people:
        moved = {**message, "to": to.name if to else data["tier"], "from": data["from_tier"]}
        work.tell(run, [before], kind="moved", cause=cause, message=moved)
    work.changed(run)


def _moved_standing(work: Work, run: EscalationRun, *, waits: bool) -> path.Standing:
    """The standing after a reassignment: at the new tier's place of the path if it has one there.

    If nobody works on it now (``waits``), whoever got it has the tier's time to acknowledge, or what is
    left of the clock if that is less: a long work limit must not hide a silence. An exhausted
    path runs again.
    """
    awaits = None if waits and run.tier else run.awaits_until  # whoever is asked now, is; nobody asked: the next shift
    standing = replace(path.asked_anew(run.standing), offer_until=None, awaits_until=awaits)
    place = _place_of(run, run.tier)
    if place is not None:
        standing = path.placed(standing, place, work.now)
    tier, at = run.tier, standing.held_at or work.now
    if not standing.begun:  # given to somebody although the path called nobody
        standing = replace(standing, reach_at=at)
    if tier is None:
        return standing
    if waits:
        answer_by = at + ack_limit(run, tier)
        if standing.deadline:
            answer_by = min(answer_by, max(standing.deadline, at))
        whole = ack_limit(run, tier)  # the clock is set back instead of cut: limits are whole seconds
        return replace(standing, acknowledged_at=None, clock_from=answer_by - whole, clock_limit=whole, finished=None)
    if standing.finished:
        return replace(standing, clock_from=at, clock_limit=work_limit(run, tier), finished=None)
    return standing
