"""Which incidents of the last 30 days look like one, and what helped the last time.

Floor 7.4: above ``incidents.learning.likeness``, which judges words and knows no rows, and below the desk. What looks
like what is the same for everybody and kept for some minutes, as numbers alone.
What people say of it goes before: what is of a problem is not like what they say is none of it.
What may be read of it is asked anew each time, for whoever reads: nobody sees a title or a text that they may not see,
restricted incidents are no part of it, and what leaves the record has left here too. ``along`` lets that come with the
query that finds the incident.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from escalation.kit.rowsof import RowsOf
from escalation.people.models import User
from escalation.trail.models import Entry

from .learning.likeness import Likeness, Looks, Reason, compare
from .models import Attempt, Incident, ProblemIncident, problems, similar
from .models.attempts import Outcome, parted

MOST = 50  # the latest that look like it
_KEPT = 600  # seconds
_TEXT = 500  # signs of what helped
_NAMED = 6  # words in common that are named


@dataclass(frozen=True)
class Seen:
    """An earlier incident that looks like it. ``helped``: what ended it; empty if nobody wrote that. ``problem``: the
    one that people say it is of, as ``incidents.models.problems.told`` has it."""

    number: int
    title: str
    at: datetime
    why: str
    helped: str = ""
    problem: Mapping[str, Any] | None = None

    @property
    def ref(self) -> str:
        return f"INC-{self.number}"


@dataclass(frozen=True)
class Recognised:
    """Those that look like it, as numbers, the latest first; ``cut``: there may be more."""

    found: Mapping[int, tuple[datetime, Likeness]]
    cut: bool


def along(number: int, viewer: User) -> dict[str, RowsOf]:
    """For the query that finds an incident: those that look like it, if that is known. Else it costs two queries."""
    known: Recognised | None = cache.get(_key(number))
    return {"alike_rows": _rows(known.found, viewer)} if known and known.found else {}


def of(incident: Incident, viewer: User) -> list[Seen]:
    """Those that this person may see, the latest first. A drill is compared with nothing."""
    known = _recognised(incident).found
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


def is_cut(incident: Incident) -> bool:
    """Whether there may be more that look like it than were looked at, or kept."""
    return _recognised(incident).cut


def _key(number: int) -> str:
    return f"alike:{number}"


def _recognised(incident: Incident) -> Recognised:
    key = _key(incident.number)
    known: Recognised | None = cache.get(key)
    if known is None:
        me = Looks(incident.service_id, incident.title, incident.symptom[: similar.REPORT], incident.cause)
        lately, found = similar.lately(incident), {}
        for one in lately:
            likeness = compare(me, Looks(me.service, one.title, one.report, one.cause), same_alert=one.same_alert)
            if likeness.is_alike:
                found[one.pk] = one.opened_at, likeness
        kept = dict(islice(found.items(), MOST))
        known = Recognised(kept, cut=len(found) > MOST or len(lately) >= similar.MOST_LATELY)
        cache.set(key, known, _KEPT)
    return known


def _rows(known: Mapping[int, Any], viewer: User) -> RowsOf:
    others: QuerySet[Incident] = Incident.objects.real().visible_to(viewer).filter(pk__in=list(known))
    others = others.filter(~_apart(), restricted=False, merged_into=None)
    # The last time it was resolved, also where those words have left the record; without a person nobody wrote why.
    resolved = Entry.objects.filter(trail=OuterRef("trail"), kind="resolved").order_by("-seq")
    by_people = resolved.filter(trail__incident__resolver__isnull=False)
    helped = Attempt.objects.filter(incident=OuterRef("pk"), outcome=Outcome.HELPED).order_by("-at", "-pk")
    return RowsOf(
        others,
        pk="pk",
        number="number",
        title="title",
        resolver="resolver",
        ended=Subquery(by_people.values(words=Left("said__text", _TEXT))[:1]),
        tried=Subquery(helped.values(said=Left("entry__said__text", _TEXT))[:1]),
        of_tried=Subquery(helped.values("entry__data")[:1]),
        problem=RowsOf(problems.of_incident(), **problems.told(viewer)),
    )


def _apart() -> Exists:
    """People said of one of the two that it is none of the problem that the other is of."""
    me, other = OuterRef(OuterRef("pk")), OuterRef("pk")
    either = Q(incident=me, problem__links__incident=other) | Q(incident=other, problem__links__incident=me)
    return Exists(ProblemIncident.objects.filter(either, belongs=False, problem__links__belongs=True))


def _seen(row: Mapping[str, Any], at: datetime, found: Likeness) -> Seen:
    helped = row["ended"] if row["resolver"] else ""  # what a source says when it ends says nothing of why
    if not helped and row["tried"]:
        supposed = bool(json.loads(row["of_tried"]).get("hypothesis"))
        helped = parted(row["tried"], has_hypothesis=supposed)[1]
    return Seen(row["number"], row["title"], at, sentence(found), helped or "", next(iter(row["problem"]), None))
