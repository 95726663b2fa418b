"""What rules go by, kept on the run: learnt anew from the record with every entry that says something of it.

What is recorded may make a rule true, and so may the time that passes after it. So whatever writes an entry lets the
rules be looked at in its own transaction, whichever verb it was, and the run's one timer goes by the earliest instant.
Acting is left to that timer, at once if it is due: a rule escalates in the engine's name, never in that of whoever
wrote the last word.

The record is read by a room upstairs (``registry.knows``); the engine knows no incident.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from escalation.kit.rows import update_all
from escalation.policies import path, rules

from .models import EscalationRun, Timer

if TYPE_CHECKING:
    from escalation.trail.writing import Draft

Knower = Callable[[Sequence[EscalationRun], datetime], Mapping[int, rules.Known]]
Hears = Callable[[str, Mapping], bool]  # of an entry's kind and data
Runs = Mapping[int, EscalationRun]

knowers: list[tuple[Hears, Knower]] = []  # which entries say something of it, and who reads them

RULE = "rule:"
_WAITED = (Timer.State.ARMED, Timer.State.CANCELLED)  # one of this epoch was cancelled by nothing else than below


def kind_of(rule: rules.Rule) -> str:
    """The kind of a timer that waits for a rule. With its number: each fires once on a run."""
    return f"{RULE}{rule.id}"


def learn(drafts: Sequence["Draft"], moved: Runs, stated: Runs, now: datetime) -> list[EscalationRun]:
    """Let runs with rules know what the record says by now. Those that did not move are returned: their timers may
    have to. ``stated``: of which only what they know has changed."""
    ruled = [run for run in moved.values() if run.known is not None and run.ended_at is None]
    for run in ruled:
        run.known = {**(run.known or {}), "moved_at": now.isoformat()}
    others = [stated.get(run.pk, run) for run in _heard_of(drafts, moved)]
    know([*ruled, *others], now)
    return others


def _heard_of(drafts: Sequence["Draft"], moved: Runs) -> Iterable[EscalationRun]:
    trails = {draft.trail_id for draft in drafts for hears, _knower in knowers if hears(draft.kind, draft.data)}
    trails -= {run.trail_id for run in moved.values() if run.is_functional}
    ruled = EscalationRun.objects.running().filter(trail__in=trails, known__isnull=False)
    return ruled.exclude(idle=path.Idle.STEP_FAILED.value) if trails else ()


def know(runs: Sequence[EscalationRun], now: datetime) -> None:
    """What each of them knows, read anew. When it last moved stays as it is."""
    for _hears, knower in knowers if runs else ():
        found = knower(runs, now)
        for run in runs:
            if run.pk in found:
                run.known = {**rules.written(found[run.pk]), "moved_at": (run.known or {}).get("moved_at")}


def rearm(timers: Sequence[tuple[EscalationRun, Timer | None]]) -> None:
    """Runs that know more, and did not move: the armed timer goes by the earliest instant as it is now.

    The row stays, for the epoch does: no form is stale, and whoever was called is called as before. (What has failed
    for good is not among them: it waits until somebody moves the run.)
    """
    if not timers:
        return
    found = Timer.objects.filter(run__in=[run for run, _timer in timers], state__in=_WAITED).order_by("id")
    rows = {(row.run_id, row.epoch): row for row in sorted(found, key=lambda row: row.state == Timer.State.ARMED)}
    for run, wanted in timers:
        row = rows.get((run.pk, run.epoch))
        if wanted is None:
            _disarm(row)
        elif row is None:
            wanted.save()
        elif row.state != Timer.State.ARMED or _waits_for(row) != _waits_for(wanted):
            row.state, row.kind, row.due_at, row.next_at = Timer.State.ARMED, wanted.kind, wanted.due_at, wanted.due_at
            row.save(update_fields=["state", "kind", "due_at", "next_at"])
    update_all([run for run, _timer in timers], ("known", "idle"))


def _waits_for(timer: Timer) -> tuple[datetime, str]:
    """Until when, and for which rule; whatever the path's own act will be."""
    return timer.due_at, timer.kind if timer.kind.startswith(RULE) else ""


def _disarm(row: Timer | None) -> None:
    if row is not None and row.state == Timer.State.ARMED:
        row.state, row.next_at = Timer.State.CANCELLED, None
        row.save(update_fields=["state", "next_at"])
