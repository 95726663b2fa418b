"""Sentences say times on the clock of whoever reads them, as pages do. Instants of their own are given in UTC."""

from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from escalation.people.models import User


def on_the_clock_of(user: User) -> AbstractContextManager:
    try:
        zone = ZoneInfo(user.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # one that this machine does not know
        zone = ZoneInfo("UTC")
    return timezone.override(zone)
