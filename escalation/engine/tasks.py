"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

import logging
import os
import time

from django import db

from . import climb, deliver

log = logging.getLogger(__name__)


def drain() -> int:
    """Carry out every due timer."""
    return climb.drain()


def send() -> int:
    """Carry out what waits in the outbox."""
    return deliver.deliver_due()


def sweep() -> int:
    """The night watch: queue again what dead workers left behind, and send what nobody rang for."""
    return deliver.sweep() + deliver.deliver_due()


# --- the timekeeper's own -------------------------------------------------------------------


def drain_timers() -> int:
    """In the timers cluster: until nothing is due."""
    return _drain(seconds=5.0)


def drain_standby() -> int:
    """In the general cluster: in short turns, so that messages get theirs."""
    return _drain(seconds=1.0)


def _drain(*, seconds: float) -> int:
    """A database that went away is no failure worth a row: the timekeeper asks again at once."""
    try:
        return climb.drain(seconds=seconds, careful=_careful())
    except (db.OperationalError, db.InterfaceError) as error:
        log.warning("draining stopped: %s", (str(error).strip() or type(error).__name__).split("\n", 1)[0])
        db.connection.close()
        return 0


def _careful() -> bool:
    """For a while after a process died at work, a timer may be what killed it."""
    return time.time() < float(os.environ.get("BATON_CAREFUL_UNTIL") or 0)
