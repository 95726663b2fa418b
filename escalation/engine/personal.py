"""Messages that people ask for themselves: codes that prove a way, tests, and replies. They belong to no run.

They are rows of the outbox like any other, on the installation's trail, so that they survive a restart and how
they went is on record.
"""

from datetime import datetime
from typing import Any

from escalation.notify.models import ContactMethod
from escalation.notify.reaching import REPLY
from escalation.trail.models import Trail

from . import bell
from .models import Delivery


def queue(method: ContactMethod, *, kind: str, cause: str, message: dict[str, Any], now: datetime) -> None:
    """To its owner, by this way alone. Part of the caller's transaction."""
    row = Delivery.objects.create(
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
    if kind == REPLY:  # it leaves alone: among others in one short message it would be lost
        Delivery.objects.filter(pk=row.pk).update(bundle=row.pk)
    bell.ring_after_commit()
