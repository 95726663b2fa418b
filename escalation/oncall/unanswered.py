"""The task that tells givers of swaps which nobody answers: in time to ask somebody else, and when it is too late."""

import logging
from datetime import datetime

from django.db.models import Min

from escalation.kit import clock

from .models import SwapRequest

log = logging.getLogger(__name__)

TASK = "escalation.oncall.unanswered.tell"
LOOK = 5.0  # seconds between two looks at the rows
MOST = 100  # in one go; the next look finds the others


def next_due() -> datetime | None:
    """For the watch in the general cluster's pusher."""
    return SwapRequest.objects.aggregate(next=Min("tell_at"))["next"]


def tell() -> int:
    """Everybody whose time has come, each in a transaction of their own. Safe to run twice: the row says no."""
    due = SwapRequest.objects.filter(tell_at__lte=clock.now()).select_related("schedule")
    found = list(due.order_by("tell_at", "id")[:MOST])
    for swap in found:
        try:
            swap.schedule.remind_of_swap(swap)
        except Exception:  # one that cannot be told must not silence the others
            log.exception("could not tell whoever asked for swap %s that nobody has answered", swap.pk)
    return len(found)
