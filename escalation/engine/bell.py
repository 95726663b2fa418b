"""The outbox's bell: tells the general cluster that something waits. Lost, it costs a moment."""

import logging
import time
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

log = logging.getLogger(__name__)

RING_EVERY = 0.1  # seconds: a burst of changes rings once, the rest is seen by who watches the rows

_rang_at = -RING_EVERY


def ring_after_commit() -> None:
    """Have the outbox looked at once this transaction is committed; however often it is asked, once."""
    if not any(callback[1] is ring for callback in connection.run_on_commit):
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Say "send" to the general cluster. A lost ring costs a moment, so it never raises and carries nothing."""
    global _rang_at
    if time.monotonic() - _rang_at < RING_EVERY:
        return
    _rang_at = time.monotonic()
    send_ring()


def send_ring() -> None:
    try:
        ask("escalation.engine.tasks.send")
    except Exception:
        log.exception("could not ring; the outbox is watched all the same")


def ask(task: str, *args: int) -> None:
    """Put a task (a dotted name, ids) into the general cluster's queue, from whatever process this is."""
    general: dict[str, Any] = settings.Q_CLUSTER
    queue = import_string(general["broker_class"])(general["name"])  # another cluster's own is no way there
    async_task(task, *args, broker=queue, cluster=general["name"], save=False)
