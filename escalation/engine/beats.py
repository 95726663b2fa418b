"""Who did their work, where and when: one row for each part of the engine on each host.

Written by the thread that does the work, never by one that only lives beside it: a process that
hangs must fall silent here. ``detail`` is what the part found, for those who watch.

``timers`` and ``general`` are the two clusters: the timekeeper of each hands its own worker a
drain at least every ``EVERY`` seconds, and a drain ends in a beat. So a beat proves the whole
way, from the pusher through the queue and the worker to the database.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from escalation.kit import clock

from .models import Beat

EVERY: float = settings.BEAT_SECONDS  # who is silent for much longer hangs
_PAUSE = EVERY / 2  # a process that drains all the time need not write each time
_AHEAD = timedelta(seconds=5)  # whoever reads the clock and then the rows finds beats of a moment later

_beaten: dict[str, float] = {}


def beat(name: str, *, now: datetime, detail: dict | None = None) -> None:
    """``name`` has done its work on this host at ``now``. One statement, a transaction of its own or the caller's."""
    Beat.objects.bulk_create(
        [Beat(name=name, host=settings.HOST_NAME, at=now, detail=detail or {})],
        update_conflicts=True,
        unique_fields=["name", "host"],
        update_fields=["at", "detail"],
    )


def keep(name: str) -> None:
    """The same for work that is done over and over: writes only if this process has not lately."""
    at = time.monotonic()
    if at - _beaten.get(name, -_PAUSE) >= _PAUSE:
        beat(name, now=clock.now())
        _beaten[name] = at


def until(now: datetime) -> QuerySet[Beat]:
    """All that say something at ``now``. What lies ahead of it was written before a clock was set back."""
    return Beat.objects.filter(at__lte=now + _AHEAD)


def latest(name: str, *, now: datetime) -> Beat | None:
    """The newest beat of that part, on whichever host."""
    return until(now).filter(name=name).order_by("-at").first()
