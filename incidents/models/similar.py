"""What the rows say of other incidents: how long similar ones took, and how often the same trouble came lately.

Restricted incidents are in no figure: whoever takes or declines an advice puts the figures on a record that others
read. What a person may not see is not counted for them: callers pass what may be.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.core.cache import cache
from django.db.models import BooleanField, Exists, OuterRef, Q, Value
from django.db.models.functions import Left

from escalation.people.models import User
from escalation.trail.models import Entry

from . import effort
from .doors import AlertKey

if TYPE_CHECKING:
    from .incident import Incident, IncidentQuerySet

MOST = 60  # similar incidents are compared with, the latest
MOST_LATELY = 300  # and so many of the last 30 days are looked at, whether they look like it
REPORT = 600  # signs of a first report that are compared
LATELY = timedelta(days=30)
OLDEST = timedelta(days=366)
_KEPT = 24 * 3600  # seconds; it is kept by the very incidents that it was made of

Took = tuple[int, int]  # severity, hands-on minutes


class Before(NamedTuple):
    """An earlier incident, as far as it is compared."""

    pk: int
    opened_at: datetime
    title: str
    report: str
    cause: str
    same_alert: bool


def took(incidents: "IncidentQuerySet", service: int | None, now: datetime) -> list[Took]:
    """Severity and hands-on minutes of the latest resolved incidents of a service on which somebody worked."""
    if service is None:
        return []
    over = incidents.real().resolved().filter(service=service, restricted=False, resolved_at__gt=now - OLDEST)
    over = over.filter(merged_into=None)
    rows = list(over.order_by("-resolved_at").values_list("trail", "severity", "resolved_at")[:MOST])
    if not rows:
        return []
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    found: list[Took] | None = cache.get(f"took:{digest}")
    if found is None:
        heard = told_of([trail for trail, _severity, _at in rows], effort.KINDS)
        spent = ((severity, minutes_of(heard.get(trail, ()), at)) for trail, severity, at in rows)
        found = [(severity, minutes) for severity, minutes in spent if minutes]
        cache.set(f"took:{digest}", found, _KEPT)
    return found


def minutes_of(entries: Iterable[effort.Told], now: datetime) -> int:
    """Hands-on minutes, a begun one for a whole."""
    return effort.minutes(effort.total(effort.clock_of(entries).intervals, now)) or 0


def told_of(trails: Iterable[int], kinds: Sequence[str]) -> dict[int, list[effort.Told]]:
    """The entries of those kinds on those trails, each trail's in order; actors are people. One query.

    Of what sources say only that it got worse: the rest tells nothing that is asked here.
    """
    rows = Entry.objects.filter(trail__in=trails, kind__in=kinds).order_by("trail", "seq")
    if "alert" in kinds:
        rows = rows.exclude(Q(kind="alert") & ~Q(data__contains='"severity"'))
    found: dict[int, list[effort.Told]] = {}
    columns = ("trail", "at", "kind", "actor_kind", "actor_id", "actor_name", "data")
    for trail, at, kind, who, actor, name, data in rows.values_list(*columns).iterator(chunk_size=2000):
        person = actor if who == Entry.Actor.PERSON else None
        found.setdefault(trail, []).append(effort.Told(at, kind, person, name, json.loads(data)))
    return found


def times_before(incident: "Incident", viewer: User | None) -> int:
    """How many incidents that this person may see, restricted ones apart, were the same trouble, in the 30 days
    before this one. For nobody in particular, as a rule asks: of all."""
    if incident.service_id is None or incident.drill:
        return 0
    incidents = type(incident).objects
    others = incidents.visible_to(viewer) if viewer else incidents.all()
    same = Q(title__iexact=incident.title)
    if incident.source_id is not None:
        same |= Q(_same_alert(incident))
    return _before(incident, others).filter(same).count()


def lately(incident: "Incident") -> list[Before]:
    """What may look like it: the latest of its service in the 30 days before it, without restricted ones and those
    that were merged. One query."""
    if incident.service_id is None or incident.drill:  # it is compared with nothing
        return []
    others = _before(incident, type(incident).objects.filter(merged_into=None))
    same = Value(False, BooleanField()) if incident.source_id is None else _same_alert(incident)
    others = others.exclude(opened_at=incident.opened_at, pk__gt=incident.pk)
    told = others.annotate(report=Left("symptom", REPORT), same_alert=same).order_by("-opened_at", "-pk")
    columns = ("pk", "opened_at", "title", "report", "cause", "same_alert")
    return [Before(*row) for row in told.values_list(*columns)[:MOST_LATELY]]


def _before(incident: "Incident", others: "IncidentQuerySet") -> "IncidentQuerySet":
    since = incident.opened_at - LATELY
    others = others.filter(service=incident.service_id, opened_at__gte=since, opened_at__lte=incident.opened_at)
    return others.filter(restricted=False, drill=False).exclude(pk=incident.pk)


def _same_alert(incident: "Incident") -> Exists:
    mine = AlertKey.objects.filter(incident=incident).values("key")
    return Exists(AlertKey.objects.filter(incident=OuterRef("pk"), source=incident.source_id, key__in=mine))
