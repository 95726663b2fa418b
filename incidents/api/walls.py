"""Sentences say times on the clock of whoever reads them, as pages do. Instants of their own are given in UTC."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.formats import date_format

from escalation.people.models import User


def on_the_clock_of(user: User) -> None:
    """For the rest of the request, which ``front`` ends."""
    try:
        zone = ZoneInfo(user.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # one that this machine does not know
        zone = ZoneInfo("UTC")
    timezone.activate(zone)


def said(at: datetime) -> str:
    """A time as the desk says it, with its zone: whoever reads it may be elsewhere than whoever's token it is."""
    return date_format(timezone.localtime(at), "D j M, H:i T")
