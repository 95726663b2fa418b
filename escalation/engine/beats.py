"""Who did their work, where and when: one row for each part of the engine on each host.

Written by the thread that does the work, never by one that only lives beside it: a process that
hangs must fall silent here. ``detail`` is what the part found, for those who watch.
"""

from datetime import datetime

from django.conf import settings

from .models import Beat


def beat(name: str, *, now: datetime, detail: dict | None = None) -> None:
    """``name`` has done its work on this host at ``now``."""
    Beat.objects.update_or_create(name=name, host=settings.HOST_NAME, defaults={"at": now, "detail": detail or {}})


def latest(name: str) -> Beat | None:
    """The newest beat of that part, on whichever host."""
    return Beat.objects.filter(name=name).order_by("-at").first()
