"""django-q2's queue in our database, with the timekeeper in it.

A cluster's pusher process asks its broker for work in an endless loop, so this is where the
time is kept: no process more, and no way through the queue. When a timer is due the pusher
hands the cluster's own worker one package that says "drain now". It carries no identity; lost
or doubled it does no harm, because the timers are rows and the drain claims them.

``TimerBroker`` serves the timers cluster. ``StandbyBroker``, in the general cluster, is the same
with more patience: it acts only on timers that the timers cluster has left overdue.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import db
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.humanhash import uuid
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from escalation.kit import clock

from . import beats, climb, jumps, registry, standstill

log = logging.getLogger(__name__)

LOOK = 0.3  # seconds between two looks at the next due timer
SOON = 0.05  # between two looks while something is overdue
AGAIN, AGAIN_MOST = 0.1, 1.0  # the same timer is still due: drain again, ever less often
AFTER_ERROR = 0.2
WATCH = 1.0  # between two looks at rows whose bell may have been lost

Package = tuple[int | None, str]


class Pulse:
    """Decides when the worker is told to drain. Knows nothing of databases and clocks.

    One package is enough for everything that is due, so a second follows only when the drain
    got ahead and no other package waits, or when the same timer stays due: it was skipped
    because its incident was locked, or the drain was lost.
    """

    def __init__(self, patience: float = 0.0):
        self.patience = patience
        self.look_every = max(LOOK, patience)
        self._head: float | None = None  # the due timer we last drained for
        self._at = 0.0
        self._again = AGAIN

    def look(self, head: float | None, now: float, at: float, backlog: int) -> tuple[bool, float]:
        """Whether to drain now, and the seconds until the next look.

        ``head`` and ``now`` are instants of the timers' clock, ``at`` is of one that never
        jumps, ``backlog`` is how many packages wait for a worker.
        """
        if head is None:
            self._head = None
            return False, self.look_every
        wait = head + self.patience - now
        if wait > 0:
            self._head = None
            return False, min(self.look_every, wait)
        if not self._is_time(head, at, backlog):
            return False, SOON
        self._again = min(self._again * 2, AGAIN_MOST) if head == self._head else AGAIN
        self._head, self._at = head, at
        return True, SOON

    def _is_time(self, head: float, at: float, backlog: int) -> bool:
        if self._head is None:
            return True
        since = at - self._at
        if since >= AGAIN_MOST:
            return True
        if backlog:
            return False
        return since >= (SOON if head != self._head else self._again)


def nothing_waits() -> int:
    return 0


class TimerBroker(ORM):
    """The ORM broker, first come first served, plus the timekeeper."""

    task = "escalation.engine.tasks.drain_timers"

    def __init__(self, list_key: str | None = None):
        super().__init__(list_key=list_key)
        self._begin()

    def __setstate__(self, state: tuple) -> None:
        super().__setstate__(state)
        self._begin()

    def _begin(self) -> None:
        self.pulse = Pulse(self.patience())
        self.witness = jumps.Witness()
        self.backlog: Callable[[], int] = nothing_waits  # the cluster puts its queue's length here
        self._look_at = self._poll_at = 0.0
        self._beat_at = time.monotonic() + AGAIN_MOST  # the first drain for a beat's sake alone
        self.now = timezone.now()  # of the database, at the last look

    def patience(self) -> float:
        return 0.0

    # --- the pusher's endless question --------------------------------------------------

    def dequeue(self) -> list[Package] | None:
        """Work for the local workers; waits a moment if there is none.

        An error must not leave here: the pusher would go blind for ten seconds and end.
        """
        try:
            packages, wait = self._timekeeper_on_time()
            packages += self._queued()
        except db.Error as error:
            log.warning("the database does not answer: %s", first_line(error))
            connections[Conf.ORM].close()  # the next question opens a new one
            time.sleep(AFTER_ERROR)
            return None
        if packages:
            return packages
        time.sleep(max(0.0, min(wait, self._poll_at - time.monotonic())))
        return None

    def _timekeeper_on_time(self) -> tuple[list[Package], float]:
        """Woken to poll the queue, it is not asked before it said it would be."""
        at = time.monotonic()
        if at < self._look_at:
            return [], self._look_at - at
        packages, wait = self._timekeeper()
        self._look_at = at + wait
        return packages, wait

    def _timekeeper(self) -> tuple[list[Package], float]:
        head, now = self._look()
        due = None if head is None else head.timestamp()
        if due is not None and due <= now and standstill.held():
            due = None  # nothing fires; the beats go on
        at, backlog = time.monotonic(), self.backlog()
        drain, wait = self.pulse.look(due, now, at, backlog)
        if drain or (at >= self._beat_at and backlog < Conf.WORKERS):
            self._beat_at = at + beats.EVERY
            return [self._package(self.task)], wait
        return [], wait

    def _look(self) -> tuple[datetime | None, float]:
        """The next timer, and the timers' clock. If it can be, a jump is on record before anything fires by it."""
        before = clock.steady()
        head, self.now = climb.look()
        self.witness.see(self.now, before, clock.steady())
        return head, self.now.timestamp()

    def _package(self, task: str) -> Package:
        """One for a worker of our own, past the queue."""
        tag = uuid()
        whole = {
            "id": tag[1],
            "name": task.rpartition(".")[2],
            "func": task,
            "args": (),
            "kwargs": {},
            "save": False,
            "ack_failure": True,
            "started": timezone.now(),
        }
        return None, SignedPackage.dumps(whole)

    def _queued(self) -> list[Package]:
        """Packages from the queue, no more than the workers can begin soon.

        A full local queue would block the pusher, and with it the timekeeper.
        """
        at = time.monotonic()
        if at < self._poll_at:
            return []
        claimed = self.claim() if self.backlog() < Conf.WORKERS else []
        if not claimed:
            self._poll_at = at + Conf.POLL
        return claimed

    def claim(self) -> list[Package]:
        """Lock the oldest free packages in one statement and return them, oldest first."""
        connection = connections[Conf.ORM]
        quote, moment = connection.ops.quote_name, connection.ops.adapt_datetimefield_value
        table, key, lock = (quote(name) for name in (OrmQ._meta.db_table, "key", "lock"))
        skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
        free = f"SELECT id FROM {table} WHERE {key} = %s AND {lock} < %s ORDER BY {lock}, id LIMIT %s"  # noqa: S608
        # Materialised: PostgreSQL may run a subquery again and again, and would take more each time.
        chosen = f"WITH free AS MATERIALIZED ({free}{skip})"
        take = f"{chosen} UPDATE {table} SET {lock} = %s WHERE id IN (SELECT id FROM free) RETURNING id, payload"  # noqa: S608
        now = timezone.now()
        until = now + timedelta(seconds=Conf.RETRY)
        which = [self.list_key, moment(now), Conf.BULK]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite" and not cursor.execute(free, which).fetchone():
                return []  # looked before taking the write lock
            cursor.execute(take, [*which, moment(until)])
            return sorted(cursor.fetchall())

    # --- what other processes ask of it -------------------------------------------------

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        """Without closing anything: the caller's connection is the caller's."""
        return OrmQ.objects.using(Conf.ORM)

    def delete(self, task_id: int) -> None:
        """A package is done. If this is lost it comes again, and finds nothing left to do."""
        try:
            refresh()
            super().delete(task_id)
        except db.Error as error:
            log.warning("could not take package %s off the queue: %s", task_id, first_line(error))
            connections[Conf.ORM].close()


class StandbyBroker(TimerBroker):
    """For the general cluster: acts when the timers cluster is dead, frozen or far behind."""

    task = "escalation.engine.tasks.drain_standby"

    def _begin(self) -> None:
        super()._begin()
        self._watch_at = 0.0
        self._watched_at: dict[str, float] = {}

    def patience(self) -> float:
        return settings.STANDBY_SECONDS

    def _queued(self) -> list[Package]:
        return self._watched() + super()._queued()

    def _watched(self) -> list[Package]:
        """Rows that waited longer than their bell should take: the bell was lost, or it is a retry."""
        at = time.monotonic()
        if at < self._watch_at or self.backlog():
            return []
        self._watch_at = at + WATCH
        waiting = [(one, one.next_due()) for one in registry.watched() if self._turn_of(one, at)]
        late = [one for one, due in waiting if due is not None and due + one.patience <= self.now]
        return [self._package(one.task) for one in late]

    def _turn_of(self, one: registry.Watched, at: float) -> bool:
        if at - self._watched_at.get(one.task, -one.every) < one.every:
            return False
        self._watched_at[one.task] = at
        return True


def refresh() -> None:
    """Give up a connection that an error or a restart of the database has spoiled."""
    if transaction.get_autocommit(using=Conf.ORM):
        db.close_old_connections()


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n", 1)[0]
