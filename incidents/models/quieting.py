"""Windows at work: which incidents are in maintenance now, and what follows when that changes.

One timer of the installation's looks at all windows when the next one begins, or at once when somebody
has changed one. It only finds out which incidents are not as the windows say, and arms a timer on the
trail of each: those are settled under their own locks. Both may run twice. A window's natural end needs
no look: each climb waits for it by itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from escalation.engine import moves, silence
from escalation.engine.models import EscalationRun, Timer
from escalation.engine.registry import Silence
from escalation.engine.work import Work
from escalation.policies.freezing import Roster

from .incident import Incident
from .maintenance import Calendar, look_at
from .windows import next_start

SETTLE = "maintenance"  # an incident's timer: see whether it is in maintenance now


def silences(trails: Iterable[int], now: datetime) -> dict[int, Silence]:
    """Registered with the engine, which asks before every step."""
    calendar = Calendar(now)
    if not calendar.on:
        return {}
    asked = Incident.objects.open().filter(trail__in=trails, call_anyway=False)
    found = {trail: calendar.silence(service) for trail, service in asked.values_list("trail", "service")}
    return {trail: one for trail, one in found.items() if one is not None}


def look(work: Work, timers: Sequence[Timer]) -> None:
    """Have those incidents settled that are not as the windows say now, and look again at the next beginning."""
    calendar = Calendar(work.now)
    for trail in out_of_step(calendar):
        work.arm(trail, kind=SETTLE, due=work.now, epoch=timers[0].epoch)
    due = next_start(calendar.plans.values(), work.now)
    if due is not None:
        look_at(work, timers[0].trail_id, due)


def out_of_step(calendar: Calendar) -> list[int]:
    """The trails of open incidents that are silent and should not be, or the other way round, or until another time."""
    runs = EscalationRun.objects.running().filter(trail__incident__isnull=False)
    covered = calendar.covered()
    if covered is not None:
        runs = runs.filter(Q(quiet_until__isnull=False) | Q(trail__incident__service__in=covered))
    columns = ("trail", "quiet_until", "trail__incident__service", "trail__incident__call_anyway")
    wrong = {}
    for trail, until, service, anyway in runs.order_by("trail").values_list(*columns):
        found = None if anyway else calendar.silence(service)
        if until != (found.until if found else None):
            wrong[trail] = True
    return list(wrong)


def settle(work: Work, timers: Sequence[Timer]) -> None:
    """Each of these incidents as the windows say now."""
    trails = {timer.trail_id for timer in timers}
    silent = silences(trails, work.now)
    runs = [run for each in _runs(trails) if (run := work.moving(each)).ended_at is None]
    over = [run for run in runs if run.trail_id not in silent and run.quiet_until is not None]
    for trail, found in silent.items():
        wrong = [run for run in runs if run.trail_id == trail and run.quiet_until != found.until]
        if wrong:
            silence.begin(work, wrong, found)
    roster = Roster([run.frozen for run in over], work.now)
    for run in over:
        moves.speak(work, run, roster.seats(run.frozen))


def _runs(trails: Iterable[int]) -> "QuerySet[EscalationRun]":
    people = ("tier", "holder", "offered_to", "offered_by", "frozen_path")
    return EscalationRun.objects.running().filter(trail__in=trails).select_related(*people).order_by("id")
