"""A message to somebody that leaves later, as the record shows it before it has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from escalation.engine.models import Delivery, Try
from escalation.notify.models import Breaker

from .words import channel_name, spelt


@dataclass(frozen=True)
class Waiting:
    """A message that leaves later. ``why``: a "rule" of the person's, "quiet" hours, a "limit", a service that is
    "away", a try that failed ("again"), or the outbox ("held")."""

    key: int  # the message's
    name: str
    by: str
    until: datetime
    why: str
    span: str
    tries: int  # so far
    tried: Sequence[Try]
    away: Breaker | None  # why it is


def may_wait() -> dict[str, Exists]:
    """For the query that finds an incident: whether any message about it has not left."""
    return {"may_wait": Exists(Delivery.objects.filter(trail=OuterRef("trail"), state=Delivery.State.QUEUED))}


def waiting_of(one: Delivery, now: datetime, tried: Sequence[Try], away: Breaker | None) -> Waiting:
    by = channel_name(one.channel, one.method.shown if one.method else "")
    planned = one.not_before is not None and one.not_before > now
    if planned:
        why = "quiet" if one.quiet else "rule"
    else:
        why = "away" if away else "limit" if one.limited else "again" if one.attempts else "held"
    until = one.next_at or now
    return Waiting(one.pk, one.person.name, by, until, why, spelt(until - now), one.attempts, tried, away)
