"""Whether days are packed as they are: an older version of this program changes them and notes nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, QuerySet

from escalation.engine.audit.findings import Finding, Look, invariant
from incidents.models import Access, Summary, SummaryChange, SummaryDay

from .days import SHAPE
from .packed import Day


@invariant("I18", whole=True)
def days_as_packed(look: Look) -> Iterator[Finding]:
    """How many each day has, how many of them a team sees, and how often somebody sees one by name."""
    rows = Summary.objects.all()
    teams = Access.objects.filter(incident=OuterRef("incident"), team__isnull=False)
    counts = _by_day(rows, "resolved_on")
    seen = _by_day(rows.filter(Exists(teams), incident__restricted=False), "resolved_on")
    named = _by_day(Access.objects.filter(person__isnull=False), "incident__summary__resolved_on")
    noted = SummaryChange.objects.filter(day=OuterRef("day"))
    kept = SummaryDay.objects.filter(~Exists(noted), shape=SHAPE).order_by("day")
    for day, packed in kept.values_list("day", "packed").iterator():
        one = Day(bytes(packed))
        if (one.rows, _seen_by_teams(one), len(one.column("named.row"))) != (counts[day], seen[day], named[day]):
            yield Finding(f"what is packed of {day} is not as it is, or who may see it: run rebuild_summaries")


def _by_day(rows: QuerySet, day: str) -> Counter[date]:
    return Counter(dict(rows.order_by().values_list(day).annotate(n=Count("pk"))))


def _seen_by_teams(one: Day) -> int:
    teams = (int.from_bytes(one.bits(name), "little") for name in one.sets if name.startswith("team:"))
    return reduce(or_, teams, 0).bit_count()
