"""Which incidents of the last 30 days look like one, and what helped the last time.

Floor 7.4: above ``incidents.learning.likeness``, which judges words and knows no rows, and below the doors: the desk
and the API say the same. What looks like what is the same for everybody and kept for some minutes, as numbers alone.
What may be read of it is asked anew each time, for whoever reads: nobody sees a title or a text that they may not see,
restricted incidents are no part of it, and what leaves the record has left here too. ``along`` lets that come with the
query that finds the incident.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from escalation.kit.rowsof import RowsOf
from escalation.people.models import User
from escalation.trail.models import EntryText

from .learning.likeness import Likeness, Looks, Reason, compare
from .models import Attempt, Incident, similar
from .models.attempts import Outcome, parted

MOST = 50  # the latest that look like it
_KEPT = 600  # seconds
_TEXT = 500  # signs of what helped
_NAMED = 6  # words in common that are named


@dataclass(frozen=True)
class Seen:
    """An earlier incident that looks like it. ``helped``: what ended it; empty if nobody wrote that."""

    number: int
    title: str
    at: datetime
    why: str
    helped: str = ""

    @property
    def ref(self) -> str:
        return f"INC-{self.number}"


def along(number: int, viewer: User) -> dict[str, RowsOf]:
    """For the query that finds an incident: those that look like it, if that is known. Else it costs two queries."""
    known = cache.get(_key(number))
    return {"alike_rows": _rows(known, viewer)} if known else {}


def of(incident: Incident, viewer: User) -> list[Seen]:
    """Those that this person may see, the latest first."""
    known = _recognised(incident)
    if not known:
        return []
    rows = getattr(incident, "alike_rows", None)
    if rows is None:
        me = Incident.objects.filter(pk=incident.pk).values_list(_rows(known, viewer), flat=True)
        rows = me.first() or []
    found = [_seen(row, *known[row["pk"]]) for row in rows if row["pk"] in known]
    return sorted(found, key=lambda one: (one.at, one.number), reverse=True)


def last_help(seen: Sequence[Seen]) -> Seen | None:
    """The latest of which it is written what ended it."""
    return next((one for one in seen if one.helped), None)


def sentence(found: Likeness) -> str:
    """Why two incidents are taken for alike."""
    if found.reason == Reason.ALERT:
        return _("the same alert")
    if found.reason == Reason.TITLE:
        said = [_("the same title")]
    else:
        said = [_("in common: %(words)s") % {"words": ", ".join(found.shared[:_NAMED])}] if found.shared else []
    said += [_("described alike")] if found.by_report else []
    said += [_("the same cause")] if found.by_cause else []
    return " · ".join(said)


def _key(number: int) -> str:
    return f"alike:{number}"


def _recognised(incident: Incident) -> dict[int, tuple[datetime, Likeness]]:
    key = _key(incident.number)
    known: dict[int, tuple[datetime, Likeness]] | None = cache.get(key)
    if known is None:
        me, known = Looks(incident.service_id, incident.title, incident.symptom[: similar.REPORT], incident.cause), {}
        for one in similar.lately(incident):
            found = compare(me, Looks(me.service, one.title, one.report, one.cause), same_alert=one.same_alert)
            if found.is_alike and len(known) < MOST:
                known[one.pk] = one.opened_at, found
        cache.set(key, known, _KEPT)
    return known


def _rows(known: Mapping[int, Any], viewer: User) -> RowsOf:
    others: QuerySet[Incident] = Incident.objects.visible_to(viewer).filter(pk__in=list(known))
    others = others.filter(restricted=False, merged_into=None)
    resolved = EntryText.objects.filter(entry__trail=OuterRef("trail"), entry__kind="resolved")
    helped = Attempt.objects.filter(incident=OuterRef("pk"), outcome=Outcome.HELPED).order_by("-at", "-pk")
    return RowsOf(
        others,
        pk="pk",
        number="number",
        title="title",
        resolver="resolver",
        ended=Subquery(resolved.order_by("-entry__seq").values(said=Left("text", _TEXT))[:1]),
        tried=Subquery(helped.values(said=Left("entry__said__text", _TEXT))[:1]),
        of_tried=Subquery(helped.values("entry__data")[:1]),
    )


def _seen(row: Mapping[str, Any], at: datetime, found: Likeness) -> Seen:
    helped = row["ended"] if row["resolver"] else ""  # what a source says when it ends says nothing of why
    if not helped and row["tried"]:
        supposed = bool(json.loads(row["of_tried"]).get("hypothesis"))
        helped = parted(row["tried"], has_hypothesis=supposed)[1]
    return Seen(row["number"], row["title"], at, sentence(found), helped or "")
