"""Maintenance, as the engine knows it: until an instant it calls nobody about a trail by itself.

Whether that is so, a room upstairs says (``registry.silences``), before every step. People go on as
ever: what they do calls whom it names, and the clocks it starts stand still until the end.
"""

from collections.abc import Sequence

from escalation.people.models import User
from escalation.policies import path

from . import duty, registry
from .models import EscalationRun
from .registry import Silence
from .telling import SILENCED
from .words import called_now, ends_at, last_resort, late, named, said_late, then_tier
from .work import Work

OVER = "maintenance_over"  # the message at its end
# What is not said in maintenance. What one person offers another is.
QUIETED = ("call", "also", "inform", "rule", "assigned", "woken", "last_resort", "put_back", OVER)
ANEW = ("call", "assigned", "woken", OVER)  # chains of people that its end begins anew


def spared(work: Work, runs: Sequence[EscalationRun]) -> list[EscalationRun]:
    """Those that no maintenance concerns; the others are left in peace, whatever was due.

    With a run its trail's other one, too, which may be due in another turn: maintenance begins for both at once.
    """
    silent = registry.silences({run.trail_id for run in runs}, work.now)
    concerned = {run.pk: run for run in runs if run.trail_id in silent}
    for each in EscalationRun.objects.running().filter(trail__in=silent) if silent else ():
        if each.pk not in concerned and each.quiet_until != silent[each.trail_id].until:
            concerned[each.pk] = work.moving(each)
    for trail, found in silent.items():
        begin(work, [run for run in concerned.values() if run.trail_id == trail], found)
    return [run for run in runs if run.trail_id not in silent]


def begin(work: Work, runs: Sequence[EscalationRun], silence: Silence) -> None:
    """Maintenance: the clocks of one trail's runs stand still, and what has not left is not sent.

    Again with another end: only the end moves. One entry tells it for both tracks.
    """
    first = min(runs, key=lambda run: not run.is_functional)
    began, until, left = first.quiet_until is None, silence.until.isoformat(), first.standing.deadline
    data = {
        "until": until,
        "was": first.quiet_until.isoformat() if first.quiet_until else None,
        "left_s": max(0, int((left - work.now).total_seconds())) if left and first.held_at is None else None,
        "windows": silence.why,
        "track": first.track,
    }
    work.entry(first.trail_id, "maintenance_began" if began else "maintenance_moved", data, run=first)
    for run in runs:
        if run.quiet_until is None:  # what people call by hand in maintenance is not touched when its end moves
            work.hush(run, QUIETED, why=SILENCED)
        run.standing = path.quieted(run.standing, work.now, until=silence.until)
        run.epoch += 1
        work.changed(run)


def tell_over(work: Work, run: EscalationRun, before: path.Standing, decision: path.Decision, who: path.Who) -> None:
    """Whoever has it, or was called for it, is told once that it is still open. What never began begins next.

    On the other track that is who was asked or informed, unless somebody has answered. Whoever is on both is
    told once: the same silence has the same cause.
    """
    people: list[User] = []
    alone, relieved = False, None
    if run.held_at is None and run.is_functional and not run.standing.waits_to_begin:
        relieved = duty.relieved(work, run, who)
        people = [run.holder] if run.holder else called_now(run, who)
        alone = not people
        people = people or [last_resort()]
    elif run.held_at is None and not run.is_functional and run.acknowledged_at is None:
        people = called_now(run, who)
    told = {"people": [named(person) for person in people], "holder": named(run.holder), **late(work, decision)}
    if run.held_at is not None:
        told["held_until"] = run.held_until.isoformat() if run.held_until else None
    cause = f"run:{run.pk}:spoken:{run.epoch}"
    if run.is_functional:
        work.entry(run.trail_id, "maintenance_ended", told, run=run, cause=cause)
    duty.tell_relieved(work, run, relieved, why=path.Why.MAINTENANCE_ENDED, cause=cause)
    if people:  # what somebody has called by hand meanwhile begins anew with this
        work.hush(run, ANEW)
    spell = "-".join(f"{at:%Y%m%dT%H%M%S.%f}" for at in (before.held_at, before.quiet_until) if at is not None)
    message = {
        "why": path.Why.MAINTENANCE_ENDED.value,
        "until": ends_at(run),
        "then": then_tier(run),
        "acknowledge": run.is_functional and run.acknowledged_at is None,
        "mode": run.step_frozen["mode"] if run.step_frozen else "",
        **said_late(told),
    }
    cause = f"trail:{run.trail_id}:over:{spell}"
    work.tell(run, people, kind=OVER, cause=cause, message=message, once=True, alone=alone)
    work.called(run, people=people)
