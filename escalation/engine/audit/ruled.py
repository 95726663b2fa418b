"""Rules: what the record says is looked at anew, and none that has been true for a while may have been overlooked."""

from collections.abc import Iterator

from escalation.policies import path

from .. import knowing
from ..models import EscalationRun, Timer
from ..work import next_timer
from . import repairs
from .findings import Finding, Look, invariant

BATCH = 250


@invariant("I1")
def rule_overlooked(look: Look) -> Iterator[Finding]:
    ruled = look.running().filter(known__isnull=False, held_at__isnull=True)
    ruled = ruled.exclude(idle=path.Idle.STEP_FAILED.value).select_related("trail", "holder", "frozen_path")
    runs = list(ruled.order_by("id"))
    for start in range(0, len(runs), BATCH):
        yield from _overlooked(runs[start : start + BATCH], look)


def _overlooked(runs: list[EscalationRun], look: Look) -> Iterator[Finding]:
    armed = {row.run_id: row for row in Timer.objects.filter(run__in=runs, state=Timer.State.ARMED)}
    now_is = dict(look.running().filter(pk__in=[run.pk for run in runs]).values_list("pk", "known"))
    runs = [run for run in runs if now_is.get(run.pk) == run.known]  # else it is at work at this moment
    knowing.know(runs, look.now)
    for run in runs:
        wanted, there = next_timer(run, look.now), armed.get(run.pk)
        if wanted is None or wanted.due_at >= look.since() or not wanted.kind.startswith(knowing.RULE):
            continue
        if there is None or there.due_at > wanted.due_at:
            names = {knowing.kind_of(rule): rule.name for rule in run.policy_path.rules}
            what = f"its rule “{names[wanted.kind]}” is true since {wanted.due_at:%Y-%m-%d %H:%M:%S} and does not act"
            yield Finding(what, run.trail_id, run.trail.subject, run.pk, repairs.REARM)


CHECKS = (rule_overlooked,)
