"""What schedules have to do with a move: by which somebody is called, whom they bring in, who is off duty."""

from collections.abc import Iterable

from escalation.oncall.models import Schedule
from escalation.people.models import User
from escalation.policies import path
from escalation.policies.freezing import Frozen
from escalation.trail.writing import Actor

from .models import EscalationRun
from .work import Work


def by(schedules: Iterable[Schedule]) -> dict:
    """By which schedules it is these people, for an entry, with the names as they are now."""
    named_so = [{"id": schedule.pk, "name": schedule.name} for schedule in schedules]
    return {"schedules": named_so} if named_so else {}


def teams(step: Frozen, schedules: Iterable[Schedule]) -> list[int]:
    """The teams that a step brings in: those it calls, and those of the schedules it calls by."""
    return list(dict.fromkeys([*step["teams"], *(schedule.team_id for schedule in schedules)]))


def skipped(skip: path.Skip, decision: path.Decision) -> dict:
    """A step passed over; one that awaits shifts says that none begins soon enough."""
    waited = skip.step.awaits_shift and decision.act is not path.Act.ALSO
    waited = waited and decision.why not in (path.Why.BY_HAND, path.Why.RULE)
    said = {"tier": skip.step.tier, "lap": skip.lap, "place": skip.place}
    return said | ({"reason": "no_shift_ahead"} if waited else {})


def off(work: Work, run: EscalationRun, who: path.Who) -> bool:
    """Whether the holder takes turns on the step's schedules, and it is somebody else's now.

    Who has no seat there keeps no such hours; who resumes it themselves is at work.
    """
    if run.holder is None or run.place < 0 or work.actor == Actor.person(run.holder):
        return False
    seats = who[run.frozen["laps"][run.lap][run.place]]
    return bool(seats.by) and run.holder.pk in seats.rota and run.holder not in seats.people


def relieved(work: Work, run: EscalationRun, who: path.Who) -> User | None:
    """A holder who is off duty or gone when the clocks go on has it no longer: whoever is there is asked, and must
    answer. Returns whom to tell that it has moved."""
    holder, off_duty = run.holder, off(work, run, who)
    if holder is None or not (off_duty or not holder.is_active):
        return None
    run.holder = None
    run.standing = path.asked_again(run.policy_path, run.standing, work.now)
    return holder if off_duty else None


def tell_relieved(work: Work, run: EscalationRun, holder: User | None, *, why: path.Why, cause: str) -> None:
    """Whose turn it is not any more."""
    if holder is not None:
        tier = run.tier.name if run.tier else ""
        work.tell(run, [holder], kind="moved", cause=cause, message={"to": tier, "from": tier, "why": why.value})
