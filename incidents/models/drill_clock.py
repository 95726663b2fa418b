"""The clock of drills: whatever is due is held once, and what nobody has ended ends by itself.

The watch of the general cluster finds the rows by their instants and runs ``look``; a task that runs twice, or in two
workers at once, finds that the row has moved on.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from escalation.kit import clock

from .drills import Drill, DrillRun

log = logging.getLogger(__name__)

TASK = "incidents.models.drill_clock.look"
EVERY = 5.0  # seconds between two looks at the rows


def next_due() -> datetime | None:
    """For the watch in the general cluster's pusher: a few looks at few rows."""
    if DrillRun.objects.crossed().exists():
        return clock.now()
    held = Drill.objects.filter(next_at__isnull=False).aggregate(at=Min("next_at"))["at"]
    ends = DrillRun.objects.filter(settled=False, ends_at__isnull=False).aggregate(at=Min("ends_at"))["at"]
    return min((at for at in (held, ends) if at is not None), default=None)


def look() -> int:
    """Each in a transaction of its own. What fails is tried again at the next look, until it would be too late.

    All that are due, since they are few: the first fifty would be the same at each look if they cannot be held.
    """
    now = clock.now()
    due = Drill.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    over = _over(now).order_by("ends_at", "pk")
    found = [(_hold, pk) for pk in due.values_list("pk", flat=True)]
    found += [(_end, pk) for pk in over.values_list("pk", flat=True)]
    for do, pk in found:
        try:
            do(pk)
        except Exception:  # one that cannot be held must not silence the others
            log.exception("%s of drill row %s failed", do.__name__, pk)
    return len(found)


@transaction.atomic
def _hold(pk: int) -> None:
    now = clock.now()
    rows = Drill.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).select_related("service")
    drill = rows.filter(pk=pk, next_at__lte=now).first()
    if drill is not None:
        drill.hold(now)


@transaction.atomic
def _end(pk: int) -> None:
    run = _over(clock.now()).filter(pk=pk).select_related("incident", "drill__service").first()
    if run is not None:
        run.end()


def _over(now: datetime) -> QuerySet[DrillRun]:
    """Whose time is up, and whose team has a severe incident since: people are not to be called twice over."""
    crossed = DrillRun.objects.crossed().values("pk")
    return DrillRun.objects.filter(settled=False).filter(Q(ends_at__lte=now) | Q(pk__in=crossed))
