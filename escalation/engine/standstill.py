"""While the database is an older copy nobody is called: how that begins, and how everybody sees it.

``Installation.held_at`` is the brake. While it is set no timer fires and no message leaves; what
people and sources do is recorded as ever. ``recovery.resume`` takes it off.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.policies.models import Installation
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import ENGINE, Actor, Draft, append

from .models import Beat, Delivery, EscalationRun, Timer
from .registry import Notice

HELD, RESUMED = "escalations_held", "escalations_resumed"  # entries on the installation's trail
# Rows written from now on get numbers that no lost row had: keys, causes and live hints of the two never meet.
_APART = 1_000_000
_NUMBERED = (Entry, EscalationRun, Timer, Delivery)


@dataclass(frozen=True)
class Standstill:
    """Since when nobody is called, and of when the copy is. ``entry`` (its id) began it."""

    entry: int
    since: datetime
    copy_at: datetime


def held() -> bool:
    """Whether nobody may be called; a look by primary key."""
    return Installation.objects.filter(pk=1, held_at__isnull=False).exists()


def current() -> Standstill | None:
    if not held():
        return None
    entry = _latest(HELD)
    return None if entry is None else Standstill(entry.pk, entry.at, _copy_at(entry))


def _copy_at(entry: Entry) -> datetime:
    return datetime.fromisoformat(json.loads(entry.data)["copy_at"])


def resumed_at() -> datetime | None:
    """When somebody last said "resume"."""
    entry = _latest(RESUMED)
    return None if entry is None else entry.at


def _latest(kind: str) -> Entry | None:
    return Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, kind=kind).order_by("-seq").first()


def hold(*, seen_at: datetime | None, actor: Actor = ENGINE) -> bool:
    """Stop everything: the database is a copy from before ``seen_at``, when it was last known to be current.

    ``seen_at`` None: somebody says that it is a copy. Returns False if it was held since then, or looked
    at and resumed. A hold from before ``seen_at`` came with the copy and is of another time: it begins anew.
    """
    with transaction.atomic():
        heads = Trail.objects.lock([Trail.objects.installation().pk])
        now = clock.now()
        resumed = resumed_at()
        if seen_at is not None and resumed is not None and resumed > seen_at:
            return False
        before = Installation.objects.filter(pk=1).values_list("held_at", flat=True)
        if not before or (before[0] is not None and (seen_at is None or seen_at <= before[0])):
            return False
        copy_at = newest(until=seen_at or now) or now
        why = _("the database is an older copy (of %(when)s)") % {"when": f"{copy_at:%d %b %H:%M} UTC"}
        Installation.objects.filter(pk=1).update(held_at=now, held_why=why)
        [trail] = heads
        data: dict[str, Any] = {"what": "", "name": why, "copy_at": copy_at.isoformat()}
        if seen_at is not None:
            data["seen_at"] = seen_at.isoformat()
        append(heads, [Draft(trail_id=trail, at=now, kind=HELD, actor=actor, data=data)])
        _number_apart()
    return True


def newest(*, until: datetime) -> datetime | None:
    """The last sign of life in the database, up to ``until``: later ones were not in the copy."""
    entry = Entry.objects.filter(at__lte=until).order_by("-id").values_list("at", flat=True).first()
    beat = Beat.objects.filter(at__lte=until).order_by("-at").values_list("at", flat=True).first()
    return max(filter(None, (entry, beat)), default=None)


def _number_apart() -> None:
    with connection.cursor() as cursor:
        for model in _NUMBERED:
            table = model._meta.db_table
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(ids, nextval(ids::regclass) + %s)"
                    " FROM (SELECT pg_get_serial_sequence(%s, 'id') AS ids) AS named",
                    [_APART, table],
                )
            else:
                cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [_APART, table])


def notices(now: datetime) -> list[Notice]:
    """What must stand above every page."""
    at, why = Installation.objects.filter(pk=1).values_list("held_at", "held_why").first() or (None, "")
    if at is None:
        return []
    text = _("Nobody is being called since {since}: %(why)s. An admin must look and say resume.")
    return [Notice("held", text % {"why": why}, at, urgent=True)]
