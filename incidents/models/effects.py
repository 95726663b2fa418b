"""What the engine's transactions bring about upstairs. Registered in ``apps.py``; set-based."""

from collections.abc import Sequence

from escalation.engine.models import EscalationRun, Timer
from escalation.engine.work import Work
from escalation.kit.rows import insert_all

from .access import grant
from .incident import Incident


def grant_called(work: Work, calls: Sequence[tuple[EscalationRun, dict]]) -> None:
    """Whoever is called may see what they are called to."""
    trails = {run.trail_id for run, _whom in calls}
    by_trail = dict(Incident.objects.filter(trail__in=trails).values_list("trail", "pk"))
    rows = [
        row
        for run, whom in calls
        if run.trail_id in by_trail
        for row in grant(by_trail[run.trail_id], teams=whom["teams"], people=whom["people"])
    ]
    insert_all(rows, ignore_conflicts=True)


def close(work: Work, timers: Sequence[Timer]) -> None:
    """Long resolved: from now on only a new, linked incident."""
    trails = [timer.trail_id for timer in timers]
    closing = Incident.objects.filter(trail__in=trails, resolved_at__isnull=False, closed_at__isnull=True)
    for trail in closing.values_list("trail", flat=True):
        work.entry(trail, "closed")
    closing.update(closed_at=work.now)
