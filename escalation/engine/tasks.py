"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from django import db

from . import anchoring, beats, climb, deliver
from .audit import auditing

log = logging.getLogger(__name__)
T = TypeVar("T")


def drain() -> int:
    """Carry out every due timer."""
    return climb.drain()


def send() -> int:
    """Carry out what waits in the outbox."""
    done = deliver.deliver_due()
    beats.keep("general")  # busy with messages alone is no silence
    return done


def sweep() -> int:
    """The night watch: queue again what dead workers left behind, and send what nobody rang for."""
    return deliver.sweep() + deliver.deliver_due()


def audit() -> int:
    """The minute's look: has somebody come early, and is everything as promised? Returns how much is not.

    The record's anchor is written last, because a disk may let it wait; the next audit knows whether it could be.
    """
    _tried(climb.look_early, "could not look whether somebody has come before their shift")
    report = _tried(auditing.take_turn, "the audit could not be carried out")
    _tried(anchoring.take_turn, "the record's anchor could not be written")
    return len(report.findings) if report else 0


def _tried(job: Callable[[], T], otherwise: str) -> T | None:
    """The next minute asks again, and whoever watches the audit's beat sees that it is missing."""
    try:
        return job()
    except Exception:
        log.exception(otherwise)
        if not db.connection.in_atomic_block:
            db.connection.close_if_unusable_or_obsolete()
        return None


# --- the timekeeper's own -------------------------------------------------------------------


def drain_timers() -> int:
    """In the timers cluster: until nothing is due."""
    return _drain("timers", seconds=5.0)


def drain_standby() -> int:
    """In the general cluster: in short turns, so that messages get theirs."""
    return _drain("general", seconds=1.0)


def _drain(cluster: str, *, seconds: float) -> int:
    """A database that went away is no failure worth a row: the timekeeper asks again at once."""
    try:
        done = climb.drain(seconds=seconds, careful=_careful())
        beats.keep(cluster)
        return done
    except (db.OperationalError, db.InterfaceError) as error:
        log.warning("draining stopped: %s", (str(error).strip() or type(error).__name__).split("\n", 1)[0])
        db.connection.close()
        return 0


def _careful() -> bool:
    """For a while after a process died at work, a timer may be what killed it."""
    return time.time() < float(os.environ.get("BATON_CAREFUL_UNTIL") or 0)
