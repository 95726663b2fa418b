"""The clock jumped: seen by a clock that never does, and kept on the installation's trail.

A jump forward makes timers due that had hours left. They fire, because no clock but this one is
there to go by, one step per incident; and their entries say that it was the clock's doing.
A jump back lets nothing in the outbox wait for the old time to come round again: what a person's rules send
some minutes later keeps the minutes that were left, and only the end of quiet hours is an appointment. While nobody
looked, only a jump back can be told from an outage: there are rows from the future then.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import QuerySet

from escalation.kit import clock
from escalation.kit.rows import update_all
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import ENGINE, Draft, append

from .models import Beat, Delivery, Timer
from .waiting import LEASE, pending

log = logging.getLogger(__name__)

KIND = "clock_jumped"
_LOCK_WAIT = "250ms"  # for the installation's lock: who waits here keeps the time
LEAST = 10.0  # seconds; less is a clock being set right
_ONE_JUMP = timedelta(seconds=60)  # every process that keeps time sees it
_BULK = 500


class Comparison:
    """Two clocks, read together again and again. Knows nothing of databases."""

    def __init__(self) -> None:
        self._last: tuple[float, float, float] | None = None

    def see(self, wall: float, before: float, after: float) -> float:
        """By how many seconds the clock that said ``wall`` jumped since the last time; 0 if it did not.

        ``before`` and ``after`` are the steady clock's, around the reading: a slow answer is no jump.
        """
        last, self._last = self._last, (wall, before, after)
        if last is None:
            return 0.0
        passed, least, most = wall - last[0], before - last[2], after - last[1]
        if passed > most + LEAST:
            return passed - most
        return min(0.0, passed - least) if passed < least - LEAST else 0.0


class Witness:
    """What one process has seen of jumps and is not on record yet."""

    def __init__(self) -> None:
        self._clocks = Comparison()
        self._begun = False
        self._landed: list[datetime] = []  # of each jump, where
        self._open: list[tuple[float, datetime, int]] = []

    def see(self, now: datetime, before: float, after: float) -> None:
        """Compare as ``Comparison.see`` does, and put on record what jumped.

        What cannot be recorded is tried again the next time: meanwhile people are called all the same.
        """
        first = 0.0 if self._begun else _set_back_meanwhile(now)
        self._begun = True
        jumped = self._clocks.see(now.timestamp(), before, after) or first
        if jumped:
            log.error("the clock jumped by %d s", jumped)
            self._landed.append(now)
            self._open.append((jumped, now, sum(abs(now - at) < _ONE_JUMP for at in self._landed)))
        while self._open:
            try:
                note(*self._open[0])
            except Error as error:
                log.warning("that the clock jumped is not on record yet: %s", error)
                return
            del self._open[0]


def _set_back_meanwhile(now: datetime) -> float:
    """By how much, if the newest entry or the last beat of this host lies ahead; what other hosts left says nothing."""
    entry = Entry.objects.order_by("-id").values_list("at", flat=True).first()
    beats = Beat.objects.filter(host=settings.HOST_NAME, name__in=("timers", "general"))
    signs = [at for at in (entry, *beats.values_list("at", flat=True)) if at is not None]
    ahead = max(((at - now).total_seconds() for at in signs), default=0.0)
    return -ahead if ahead > LEAST else 0.0


@dataclass(frozen=True)
class Jump:
    """From ``start`` the clock went on at ``end``; what was due between was due only by its doing."""

    start: datetime
    end: datetime

    def seconds_over(self, due: datetime) -> int:
        """How far it jumped, if it jumped over ``due``; else 0."""
        return int((self.end - self.start).total_seconds()) if self.start < due <= self.end else 0


def _wait_briefly() -> None:
    """PostgreSQL: give up on a lock early. SQLite has one lock, and to be here is to hold it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")


def note(seconds: float, now: datetime, nth: int = 1) -> None:
    """Put a jump on record, once for all who saw it. ``now`` is just after it, and may be some time ago.

    ``nth``: of those that landed about there, as its witness saw them. So many are on record in the end.
    """
    with transaction.atomic():
        _wait_briefly()
        heads = Trail.objects.lock([Trail.objects.installation().pk])
        if _all().filter(at__range=(now - _ONE_JUMP, now + _ONE_JUMP)).count() >= nth:
            return
        [trail] = heads
        span = f"{'forward' if seconds > 0 else 'back'} by {timedelta(seconds=abs(round(seconds)))}"
        data = {"what": span, "name": f"on {settings.HOST_NAME}", "seconds": round(seconds)}
        append(heads, [Draft(trail_id=trail, at=now, kind=KIND, actor=ENGINE, data=data)])
        if seconds < 0:
            _bring_back(clock.now(), timedelta(seconds=seconds))


def _bring_back(now: datetime, jumped: timedelta) -> None:
    """After a jump back: what waits in the outbox for an instant that is far ahead now is due, and no lease is longer.
    Nor does a timer that is due wait long for its next try.

    Rows that somebody is at work on are left to them: their times are of this clock.
    """
    for state, latest in ((Delivery.State.QUEUED, now), (Delivery.State.SENDING, now + LEASE)):
        ahead = pending().filter(state=state, next_at__gt=latest).exclude(not_before__gt=now)
        ahead = ahead.order_by("id").select_for_update(skip_locked=True)
        while pks := list(ahead.values_list("pk", flat=True)[:_BULK]):
            Delivery.objects.filter(pk__in=pks).update(next_at=latest)
    tried = Timer.objects.filter(state=Timer.State.ARMED, due_at__lte=now, next_at__gt=now)
    tried = tried.order_by("id").select_for_update(skip_locked=True)
    while pks := list(tried.values_list("pk", flat=True)[:_BULK]):
        Timer.objects.filter(pk__in=pks).update(next_at=now)
    planned = pending().filter(state=Delivery.State.QUEUED, not_before__gt=now, quiet=False)
    later = list(planned.order_by("id").select_for_update(skip_locked=True))
    for row in later:
        row.not_before = row.next_at = max(now, (row.not_before or now) + jumped)
    update_all(later, ("not_before", "next_at"))


def latest() -> Jump | None:
    """The latest jump forward. By the primary key of few rows: asked for late steps only."""
    entry = _latest()
    seconds = json.loads(entry.data)["seconds"] if entry is not None else 0
    if entry is None or seconds <= 0:
        return None
    return Jump(entry.at.astimezone(UTC) - timedelta(seconds=seconds), entry.at)


def _latest() -> Entry | None:
    return _all().order_by("-seq").first()


def _all() -> QuerySet[Entry]:
    return Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, kind=KIND)
