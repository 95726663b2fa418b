"""While the database is an older copy nobody is called: how that begins, and how everybody sees it.

``Installation.held_at`` is the brake. While it is set no timer fires and no message leaves; what
people and sources do is recorded as ever. ``recovery.resume`` takes it off.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.people.models import Session
from escalation.policies.models import Installation
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import ENGINE, Actor, Draft, append

from . import registry
from .models import Beat, Delivery, EscalationRun, Timer
from .registry import Notice

HELD, RESUMED = "escalations_held", "escalations_resumed"  # entries on the installation's trail
# Rows written from now on get numbers that no lost row had: keys, causes and live hints of the two never meet.
_APART = 1_000_000
_NUMBERED = (Entry, EscalationRun, Timer, Delivery)
# Why it is held from the moment a copy is put back until ``finish`` has said so on record.
PUT_BACK = "a copy is being put back"
# A replica that took over lacks some moments. What lacks more may know nothing of access that was ended since.
MOMENTS = timedelta(minutes=5)


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
    finish()
    entry = _latest(HELD)
    return None if entry is None else Standstill(entry.pk, entry.at, _copy_at(entry))


def _copy_at(entry: Entry) -> datetime:
    return datetime.fromisoformat(json.loads(entry.data)["copy_at"])


def _seen_to_since(entry: int) -> bool:
    """Whether it was held, or resumed, after the one numbered ``entry``. By number: clocks are set back.

    Numbers go apart before an entry says that it is held, so both kinds have higher ones than any that was lost.
    """
    marks = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, kind__in=(HELD, RESUMED))
    return marks.filter(pk__gt=entry).exists()


def _latest(kind: str) -> Entry | None:
    return Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, kind=kind).order_by("-seq").first()


def is_put_back() -> bool:
    """Whether a copy has just been put back, braked, and nothing says so on record yet."""
    return Installation.objects.filter(pk=1, held_why=PUT_BACK).exists()


def finish(*, actor: Actor = ENGINE) -> bool:
    """Hold, in due form, what was put back. Safe to say twice, by whoever comes first; whether there was need."""
    return is_put_back() and hold(seen_at=None, actor=actor)


def hold(*, seen_at: datetime | None, entry: int = 0, actor: Actor = ENGINE) -> bool:
    """Stop everything: the database is a copy from before ``seen_at``, when it was last known to be current
    and ``entry`` was its newest.

    ``seen_at`` None: somebody says that it is a copy. Returns False if it was held since then, or looked
    at and resumed. A hold from before that came with the copy and is of another time: it begins anew.
    """
    with transaction.atomic():
        heads = Trail.objects.lock([Trail.objects.installation().pk])
        now = clock.now()
        known = _seen_to_since(entry) if seen_at is not None else held() and not is_put_back()
        if known or not Installation.objects.filter(pk=1).exists():
            return False
        copy_at = newest(until=seen_at or now) or now
        why = _("the database is an older copy (of %(when)s)") % {"when": f"{copy_at:%d %b %H:%M} UTC"}
        Installation.objects.filter(pk=1).update(held_at=now, held_why=why)
        _number_apart()
        if seen_at is None or seen_at - copy_at > MOMENTS:
            Session.objects.all().delete()  # of people, too, who were signed out since, or whose account was closed
        [trail] = heads
        data: dict[str, Any] = {"what": "", "name": why, "copy_at": copy_at.isoformat()}
        if seen_at is not None:
            data["seen_at"] = seen_at.isoformat()
        append(heads, [Draft(trail_id=trail, at=now, kind=HELD, actor=actor, data=data)])
    return True


def newest(*, until: datetime) -> datetime | None:
    """The last sign of life in the database, up to ``until``: later ones were not in the copy."""
    entry = Entry.objects.filter(at__lte=until).order_by("-id").values_list("at", flat=True).first()
    beat = Beat.objects.filter(at__lte=until).order_by("-at").values_list("at", flat=True).first()
    return max(filter(None, (entry, beat)), default=None)


def _number_apart() -> None:
    with connection.cursor() as cursor:
        for model, apart in [*((model, _APART) for model in _NUMBERED), *registry.numbered()]:
            table = model._meta.db_table
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(ids, nextval(ids::regclass) + %s)"
                    " FROM (SELECT pg_get_serial_sequence(%s, 'id') AS ids) AS named",
                    [apart, table],
                )
            else:
                # A table that never had a row has no number here yet, and may have got some since the copy.
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT %s, 0"
                    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)",
                    [table, table],
                )
                cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [apart, table])


def notices(now: datetime) -> list[Notice]:
    """What must stand above every page."""
    at, why = Installation.objects.filter(pk=1).values_list("held_at", "held_why").first() or (None, "")
    if at is None:
        return []
    text = _("Nobody is being called since {since}: %(why)s. An admin must look and say resume.")
    return [Notice("held", text % {"why": why}, at, urgent=True)]
