"""What may be put right without asking anybody: only what the engine would have written itself.

One transaction a trail, under its lock: look again, act, and say so on the trail. A trail that
was repaired in the last ten minutes is left alone: what comes back so soon has a cause that people
must find.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from escalation.notify.message import LASTING
from escalation.trail.models import Entry
from escalation.trail.writing import ENGINE

from .. import bell
from ..models import Delivery, EscalationRun, Timer
from ..work import Work, cancel
from .findings import Finding, Look, Repair

log = logging.getLogger(__name__)

ENTRY = "repaired"
PAUSE = timedelta(minutes=10)


Again = Callable[[Look, Collection[str]], Sequence[Finding]]


def carry_out(found: Sequence[Finding], again: Again, look: Look, *, seconds: float) -> set[int]:
    """Repair what can be, for at most ``seconds``; returns the trails that were repaired.

    ``found`` by ``look``. ``again(look, numbers)`` looks again, under the lock, for what breaks the promises of these
    numbers.
    """
    end, repaired = time.monotonic() + seconds, set()
    for remind in dict.fromkeys(finding.remind for finding in found if finding.remind):
        _remind(remind)
    for trail in dict.fromkeys(finding.trail for finding in found if finding.repair and finding.trail):
        if time.monotonic() > end:
            log.warning("there is more to repair than fits into one audit; the next goes on")
            break
        numbers = {finding.invariant for finding in found if finding.trail == trail and finding.repair}
        try:
            if _repair(trail, again, look, numbers):
                repaired.add(trail)
        except Exception:
            log.exception("trail %d could not be repaired", trail)
    return repaired


def _remind(ring: Callable[[], object]) -> None:
    try:
        ring()
    except Exception:
        log.exception("could not ring")


def _repair(trail: int, again: Again, look: Look, numbers: Collection[str]) -> bool:
    with transaction.atomic():
        work = Work.lock([trail], actor=ENGINE)
        if _repaired_lately(work, trail):
            return False
        by_repair: dict[Repair, list[Finding]] = {}
        for finding in again(replace(look, now=work.now, trails=[trail]), numbers):
            if finding.repair:
                by_repair.setdefault(finding.repair, []).append(finding)
        if not by_repair:
            return False
        done = []
        for repair, findings in by_repair.items():
            repair.act(work, findings)
            numbers = sorted({finding.invariant for finding in findings})
            done.append({"did": repair.did, "found": numbers})
        work.entry(trail, ENTRY, {"repairs": done})
        work.write()
    for repair, findings in by_repair.items():
        for finding in findings:
            log.error("%s: %s", repair.did, finding)
    return True


def _repaired_lately(work: Work, trail: int) -> bool:
    lately = Entry.objects.filter(trail=trail, kind=ENTRY, at__gt=work.now - PAUSE, at__lte=work.now)
    return lately.exists()


# --- the repairs ------------------------------------------------------------------------------


def _rearm(work: Work, findings: Sequence[Finding]) -> None:
    """Arm what the climb's standing waits for, in place of whatever is armed now."""
    runs = EscalationRun.objects.running().filter(pk__in={finding.about for finding in findings})
    for run in runs.select_related("tier", "holder", "offered_to", "offered_by"):
        run.epoch += 1  # the lost timer's place is taken for good: each epoch has its own
        work.changed(run)


def _silence(work: Work, findings: Sequence[Finding]) -> None:
    """Cancel what climbs that have ended still have armed or queued."""
    for run in EscalationRun.objects.filter(pk__in={f.about for f in findings}, ended_at__isnull=False):
        Timer.objects.filter(run=run, state=Timer.State.ARMED).update(state=Timer.State.CANCELLED, next_at=None)
        cancel(Delivery.objects.filter(run=run, epoch__lt=run.epoch).exclude(kind__in=LASTING), work.now)


def _requeue(work: Work, findings: Sequence[Finding]) -> None:
    """Put messages before the outbox again; it knows what is sent, what is tried again and what is given up."""
    late = Q(next_at__isnull=True) | Q(next_at__lt=work.now)  # else a worker has it again
    pending = Q(state__in=(Delivery.State.QUEUED, Delivery.State.SENDING))
    Delivery.objects.filter(late, pending, pk__in={f.about for f in findings}).update(next_at=work.now)
    bell.ring_after_commit()


REARM = Repair("rearmed", _rearm)
SILENCE = Repair("silenced", _silence)
REQUEUE = Repair("requeued", _requeue)
