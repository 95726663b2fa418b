"""Which incidents stand in which column of the board: counted as a whole, named only as far as they are shown.

One query for what is open, whatever its number: the database sorts each column by itself and hands out its first rows
together with the count, the oldest and the worst of all of them. Thousands of open incidents are never read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import Case, Count, F, Min, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from escalation.people.models import Tier

RUN = "trail__runs__"
ALL = 0  # the one band of a board without rows by severity


@dataclass(slots=True)
class Part:
    """What stands together: in a column or, with rows by severity, in one row of it. ``ids``: the first of them."""

    ids: list[int]
    count: int
    worst: int
    oldest: datetime | None


Parts = dict[tuple[object, int], Part]  # (column, severity or ALL) → what stands there


def _key(by: str) -> Any:
    match by:
        case "status":
            return Case(
                When(**{f"{RUN}held_until__isnull": False}, then=Value("on_hold")),
                When(**{f"{RUN}acknowledged_at__isnull": False}, then=Value("acknowledged")),
                default=Value("triggered"),
            )
        case "person":
            return F(f"{RUN}holder")
        case "service":
            return F("service")
    return F(f"{RUN}tier")


def running(visible: QuerySet) -> QuerySet:
    """What is open, joined with the climb that says who has it."""
    now = {f"{RUN}track": Tier.Track.FUNCTIONAL, f"{RUN}ended_at__isnull": True}
    return visible.open().filter(**now)  # type: ignore[attr-defined]


def open_parts(visible: QuerySet, by: str, *, banded: bool, most: int) -> Parts:
    """What is open, the most urgent first in each part."""
    return _parts(running(visible).annotate(column=_key(by)), ("severity", "opened_at", "id"), banded=banded, most=most)


def resolved_parts(visible: QuerySet, since: datetime, *, banded: bool, most: int) -> Parts:
    """What was resolved since then, the latest first."""
    done = visible.filter(resolved_at__gt=since).annotate(column=Value("resolved"))
    return _parts(done, ("-resolved_at", "-id"), banded=banded, most=most)


def _parts(rows: QuerySet, order: tuple[str, ...], *, banded: bool, most: int) -> Parts:
    together: dict[str, Any] = {"partition_by": [F("column"), F("severity")] if banded else [F("column")]}
    rows = rows.annotate(
        place=Window(RowNumber(), order_by=order, **together),
        total=Window(Count("pk"), **together),
        oldest=Window(Min("opened_at"), **together),
        worst=Window(Min("severity"), **together),
    )
    found: Parts = {}
    first = rows.filter(place__lte=most).order_by()  # else the database would put all of them in order, to no purpose
    facts = ("place", "pk", "column", "severity", "total", "oldest", "worst")
    for _place, pk, column, severity, total, oldest, worst in sorted(first.values_list(*facts), key=itemgetter(0)):
        part = found.setdefault((column, severity if banded else ALL), Part([], total, worst, oldest))
        part.ids.append(pk)
    return found


def counts(visible: QuerySet, by: str) -> Mapping[object, int]:
    """Only how many stand in each column."""
    rows = running(visible).annotate(column=_key(by)).order_by().values("column").annotate(total=Count("pk"))
    return dict(rows.values_list("column", "total"))


def shares(wanted: Iterable[int], room: int) -> list[int]:
    """Room given out fairly: who wants little gets it, and leaves the rest to the others."""
    asked = list(wanted)
    given = [0] * len(asked)
    for done, place in enumerate(sorted(range(len(asked)), key=asked.__getitem__)):
        given[place] = min(asked[place], room // (len(asked) - done))
        room -= given[place]
    return given
