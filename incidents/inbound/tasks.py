"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

import time

from escalation.engine import bell

from . import forgetting, intake, waiting

RING_EVERY = 0.1  # seconds: a crowd of messages rings once

_rang_at = -RING_EVERY


def ring(receipt_id: int) -> None:
    """Ask for what waits to be worked off soon. A lost ring costs a moment: the rows are watched."""
    global _rang_at
    if time.monotonic() - _rang_at >= RING_EVERY:
        _rang_at = time.monotonic()
        bell.ask("incidents.inbound.tasks.process_waiting")


def process_waiting() -> int:
    """A short turn, so that messages to people get theirs; if more waits, another turn is asked for."""
    done = intake.process_waiting()
    if done and waiting.any_waiting():
        bell.ask("incidents.inbound.tasks.process_waiting")
    return done


def forget(after: int = 0) -> int:
    """A turn at what came in long ago, after that number; if more is left, another turn is asked for."""
    gone, further = forgetting.forget(after)
    if further is not None:
        bell.ask("incidents.inbound.tasks.forget", further)
    return gone
