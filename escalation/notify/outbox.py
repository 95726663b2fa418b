"""The way from this room to the outbox, which is upstairs: the engine says at its start how a message is queued.

Codes and tests go through it like calls, so they survive a restart and are tried again.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .models import ContactMethod


class Queue(Protocol):
    def __call__(
        self, method: "ContactMethod", *, kind: str, cause: str, message: dict[str, Any], now: datetime
    ) -> None: ...


_queue: Queue | None = None


def use(queue: Queue) -> None:
    global _queue
    _queue = queue


def post(method: "ContactMethod", *, kind: str, cause: str, message: dict[str, Any], now: datetime) -> None:
    """Queue a message to the owner of ``method``, by it. Part of the caller's transaction; leaves after its commit."""
    assert _queue is not None, "nobody said how a message is queued"
    _queue(method, kind=kind, cause=cause, message=message, now=now)
