"""What may leave now, under a lease. Nothing is waited for, and a lease that ends gives its message back.

Of one incident a receiver gets first tries one after the other, in the order of its record. What is tried again may
arrive after what follows it: ``incident.version`` tells.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from escalation.kit import clock
from incidents.models import Webhook, WebhookMessage, WebhookTry

AT_ONCE = 4  # talks with one receiver
A_ROOM = 1  # talk with one channel of a chat: which of two messages of an incident is the one must be settled
FAILING = 3  # after so many failures in a row it is asked by one talk at a time
DIED = "its worker died while it talked"
TOGETHER = "told with what was changed beside it"
_LOOK = 50  # messages of one receiver that are looked at for one claim
_TAKEN = ("state", "lease", "next_at", "tried_at", "attempts", "finished_at", "reason")


def lease() -> timedelta:
    """Long enough that a talk is over, and recorded, before it ends."""
    return timedelta(seconds=3 * settings.WEBHOOK_SECONDS)


@dataclass(frozen=True)
class Claimed:
    """A message that is ours until ``last_call``, by the steady clock: later its talk may not begin."""

    message: WebhookMessage
    last_call: float


def next_due() -> datetime | None:
    """When the next message may leave; as many index reads as there are webhooks."""
    due = [max(filter(None, pair)) for pair in _having_some().values_list("first", "paused_until")]
    return min(due, default=None)


def _having_some() -> QuerySet[Any]:
    """Those for which something waits, and since when or until when the ``first`` of it does."""
    first = WebhookMessage.objects.waiting().filter(hook=OuterRef("pk")).order_by("next_at", "id")
    on = Webhook.objects.on().select_related("chat")
    return on.annotate(first=Subquery(first.values("next_at")[:1])).filter(first__isnull=False)


def claim(room: int) -> list[Claimed]:
    """At most ``room`` messages, on record as tried before a word is said."""
    began = clock.steady()
    with transaction.atomic():
        now = clock.now()
        free = _having_some().filter(Q(paused_until=None) | Q(paused_until__lte=now), first__lte=now)
        found: list[WebhookMessage] = []
        for hook in free.order_by("?"):  # where there is more to say than room, nobody is always last
            if not hook.is_chat:
                found += _take(_of(hook, now, room - len(found)), now)
            elif list(Webhook.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=hook.pk).values("pk")):
                found += _fold(_take(_of(hook, now, room - len(found), most=A_ROOM), now), now)
    last_call = began + (lease() - timedelta(seconds=settings.WEBHOOK_SECONDS)).total_seconds()
    return [Claimed(message, last_call) for message in found]


def _of(hook: Webhook, now: datetime, room: int, *, most: int = AT_ONCE) -> list[WebhookMessage]:
    if room <= 0:
        return []
    waiting = hook.messages.waiting()
    busy = list(waiting.filter(state=WebhookMessage.State.SENDING, next_at__gt=now).values_list("trail", flat=True))
    room = min(room, (1 if hook.failures >= FAILING else most) - len(busy))
    if room <= 0:
        return []
    due = waiting.filter(next_at__lte=now).select_for_update(of=("self",), skip_locked=True)
    found: list[WebhookMessage] = []
    for message in due.order_by("next_at", "id")[:_LOOK]:
        if message.trail_id is None or message.trail_id not in busy:
            message.hook = hook
            found.append(message)
            busy.append(message.trail_id)
        if len(found) == room:
            break
    return found


def _fold(taken: list[WebhookMessage], now: datetime) -> list[WebhookMessage]:
    """A channel reads how an incident is, not what it was: what else waits to be told of it goes with this."""
    for one in taken:
        if one.trail_id is not None:
            beside = one.hook.messages.waiting().filter(trail=one.trail_id, state=WebhookMessage.State.QUEUED)
            cancelled = WebhookMessage.State.CANCELLED
            beside.exclude(pk=one.pk).update(state=cancelled, next_at=None, finished_at=now, reason=TOGETHER)
    return taken


def _take(found: list[WebhookMessage], now: datetime) -> list[WebhookMessage]:
    """Under a lease. A try whose worker died has its line too; what kills every worker is given up like anything."""
    states = WebhookMessage.State
    left = [one for one in found if one.state == states.SENDING]
    WebhookTry.objects.bulk_create(
        WebhookTry(message=one, n=one.attempts, at=one.tried_at or now, reason=DIED) for one in left
    )
    for one in found:
        if one in left and one.used > len(one.hook.pauses):
            one.state, one.lease, one.next_at, one.finished_at, one.reason = states.FAILED, "", None, now, DIED
        else:
            one.state, one.lease, one.next_at, one.tried_at = states.SENDING, secrets.token_hex(16), now + lease(), now
            one.attempts += 1
    WebhookMessage.objects.bulk_update(found, _TAKEN)
    return [one for one in found if one.state == states.SENDING]
