"""Messages that people ask for themselves: codes that prove a way, tests, and replies. They belong to no run.

They are rows of the outbox like any other, on the installation's trail, so that they survive a restart and how
they went is on record.
"""

from datetime import datetime
from typing import Any

from escalation.notify.models import ContactMethod
from escalation.notify.reaching import REPLY, VERIFY
from escalation.trail.models import Trail

from . import bell
from .models import Delivery
from .work import cancel

ALONE = (REPLY, VERIFY)  # among others in one short message they would be lost
REPLACED = "a newer code took its place"


def queue(method: ContactMethod, *, kind: str, cause: str, message: dict[str, Any], now: datetime) -> None:
    """To its owner, by this way alone. Part of the caller's transaction."""
    if kind == VERIFY:  # an older one that has not left yet is not valid any more
        cancel(Delivery.objects.filter(person=method.person_id, method=method, kind=VERIFY), now, REPLACED)
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
    if kind in ALONE:
        Delivery.objects.filter(pk=row.pk).update(bundle=row.pk)
    bell.ring_after_commit()
