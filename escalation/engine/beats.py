"""Who did their work, where and when: one row for each part of the engine on each host.

Written by the thread that does the work, never by one that only lives beside it: a process that
hangs must fall silent here. ``detail`` is what the part found, for those who watch.

``timers`` and ``general`` are the two clusters: the timekeeper of each hands its own worker a
drain at least every ``EVERY`` seconds, and a drain ends in a beat. So a beat proves the whole
way, from the pusher through the queue and the worker to the database.

A cluster's beat also says since when it has beaten without a break: whoever judges a silence must know
whether we were there to hear.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from escalation.kit import clock

from .models import Beat

EVERY: float = settings.BEAT_SECONDS  # who is silent for much longer hangs
_PAUSE = EVERY / 2  # a process that drains all the time need not write each time
BREAK = timedelta(seconds=2.5 * EVERY)  # between two beats of a cluster: it was not there meanwhile
CLUSTERS = ("timers", "general")
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
        now = clock.now()
        beat(name, now=now, detail={"since": _since(name, now).isoformat()})
        _beaten[name] = at


def _since(name: str, now: datetime) -> datetime:
    """Since when that part has beaten here without a break."""
    last = Beat.objects.filter(name=name, host=settings.HOST_NAME).first()
    return now if last is None or now - last.at > BREAK else _began(last, now)


def _began(beat: Beat, now: datetime) -> datetime:
    """As the beat says; never later than now, though clocks are set back."""
    known = parse_datetime(str(beat.detail.get("since", "")))
    return min(known or beat.at, now)


def unbroken(now: datetime) -> datetime | None:
    """Since when some cluster has been at work without a break, ``now`` if none is; None if none ever was."""
    found = list(Beat.objects.filter(name__in=CLUSTERS))
    here = [_began(one, now) for one in found if now - BREAK <= one.at]
    return min(here, default=now) if found else None


def mine(turn: str, *, now: datetime, every: timedelta) -> bool:
    """One row is the turn: moved on by one statement, it is taken once in ``every`` by one of all."""
    row, made = Beat.objects.get_or_create(name=turn, host="", defaults={"at": now})
    if made:
        return True
    seen = row.at
    if now - every < seen <= now:
        return False
    return bool(Beat.objects.filter(pk=row.pk, at=seen).update(at=now))


def until(now: datetime) -> QuerySet[Beat]:
    """All that say something at ``now``. What lies ahead of it was written before a clock was set back."""
    return Beat.objects.filter(at__lte=now + _AHEAD)


def latest(name: str, *, now: datetime) -> Beat | None:
    """The newest beat of that part, on whichever host."""
    return until(now).filter(name=name).order_by("-at").first()
