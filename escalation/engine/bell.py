"""The outbox's bell: tells the general cluster that something waits. Lost, it costs a moment."""

import logging
import time
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from escalation.kit import doing

log = logging.getLogger(__name__)

SEND = "escalation.engine.tasks.send"
RING_EVERY = 0.1  # seconds: a burst of changes rings once, the rest is seen by who watches the rows

_rang_at = -RING_EVERY


def ring_after_commit() -> None:
    """Have the outbox looked at once this transaction is committed; however often it is asked, once.

    If the queue is a table of ours the ring is part of the transaction, and costs no second turn at SQLite's
    one lock and no second commit.
    """
    rings = (ring, _rung)
    if any(callback[1] in rings for callback in connection.run_on_commit):
        return
    if connection.in_atomic_block and not settings.REDIS_URL:
        if _is_time():
            ask(SEND)
            transaction.on_commit(_rung)
    else:
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Say "send" to the general cluster. A lost ring costs a moment, so it never raises and carries nothing."""
    if _is_time():
        _rung()
        send_ring()


def _is_time() -> bool:
    return time.monotonic() - _rang_at >= RING_EVERY


def _rung() -> None:
    global _rang_at
    _rang_at = time.monotonic()


def send_ring() -> None:
    try:
        ask(SEND)
    except Exception:
        log.exception("could not ring; the outbox is watched all the same")


def ask(task: str, *args: int) -> None:
    """Put a task (a dotted name, ids) into the general cluster's queue, from whatever process this is. Its group is
    the number of the request that led to it, for the log; of a ring for many, that of the first."""
    general: dict[str, Any] = settings.Q_CLUSTER
    queue = import_string(general["broker_class"])(general["name"])  # another cluster's own is no way there
    async_task(task, *args, broker=queue, cluster=general["name"], save=False, group=doing.request_number())
