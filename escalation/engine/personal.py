"""Messages that people ask for themselves: codes that prove a way, and tests. They belong to no run.

They are rows of the outbox like any other, on the installation's trail, so that they survive a restart and how
they went is on record.
"""

from datetime import datetime
from typing import Any

from escalation.notify.models import ContactMethod
from escalation.trail.models import Trail

from . import bell
from .models import Delivery


def queue(method: ContactMethod, *, kind: str, cause: str, message: dict[str, Any], now: datetime) -> None:
    """To its owner, by this way alone. Part of the caller's transaction."""
    Delivery.objects.create(
        trail=Trail.objects.installation(),
        person_id=method.person_id,
        channel=method.channel,
        method=method,
        cause=cause,
        kind=kind,
        message=message,
        queued_at=now,
        next_at=now,
    )
    bell.ring_after_commit()
