"""The log is kept for a while and no longer: it says what left, and what strangers answered."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from escalation.kit import clock
from incidents.models import WebhookMessage

PORTION = 1000


def next_due() -> datetime | None:
    """When the oldest message may go: they are as old as their numbers."""
    first = WebhookMessage.objects.order_by("pk").values_list("queued_at", flat=True).first()
    return None if first is None else first + _kept()


def tidy() -> int:
    """Forget a portion of what is old and has ended; returns how many messages went."""
    old = WebhookMessage.objects.filter(queued_at__lte=clock.now() - _kept()).ended().order_by("pk")
    with transaction.atomic():
        pks = list(old.values_list("pk", flat=True)[:PORTION])
        WebhookMessage.objects.filter(pk__in=pks).ended().delete()
    return len(pks)


def _kept() -> timedelta:
    return timedelta(days=settings.WEBHOOK_DAYS)
