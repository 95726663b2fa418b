"""How old the last good copy is: it beats as every part of the engine does, so that all hosts and monitors know."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from escalation.engine import beats
from escalation.trail.models import Entry

NAME = "backup"
USUAL = 3.0  # days; once there was a copy, somebody means to have them


@dataclass(frozen=True)
class Age:
    """Seconds since the last good copy, or since the installation began if there never was one; and whether that is
    too long."""

    seconds: float
    ever: bool
    old: bool


def taken(*, now: datetime, file: str, facts: dict[str, Any]) -> None:
    entry = facts["newest_entry"]
    beats.beat(NAME, now=now, detail={"file": file, "entry": entry and entry["id"]})


def age(now: datetime) -> Age | None:
    """None: there never was one, and nobody asked for any."""
    last, days = beats.latest(NAME, now=now), settings.BACKUP_DAYS
    if last is not None:
        since, most = last.at, USUAL if days is None else days
    elif days:
        began = Entry.objects.order_by("id").values_list("at", flat=True).first()
        if began is None:
            return None
        since, most = began, days
    else:
        return None
    span = max(timedelta(0), now - since)
    return Age(span.total_seconds(), last is not None, bool(most) and span > timedelta(days=most))
