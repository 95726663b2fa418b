"""The days as they are read, and how they are kept.

A day is read as it is kept if nothing of it has changed since, and by each process once for as long as it is kept so
(``known``). Every other one is read from the summaries, also what another version of this program packed.
"""

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.db import transaction
from django.db.models import Exists, ExpressionWrapper, F, IntegerField, OuterRef, QuerySet

from escalation.kit import clock
from escalation.kit.bytewise import bytewise
from incidents.models import Access, Summary, SummaryChange, SummaryDay, SummaryShare

from . import known
from .conditions import ONLY, TIMES
from .packed import SUMMED, Day, Period, Sheet, had

log = logging.getLogger(__name__)

DIMENSIONS = ("severity", "team", "service", "policy", "source")  # 0: none
FORMAT = 2  # of what ``_sheets`` writes
SHAPE = hashlib.sha256(repr((FORMAT, DIMENSIONS, sorted(ONLY.items()))).encode()).hexdigest()[:16]
MOST = 40  # days that a turn packs: below a second or two, but for a database on which everybody waits
TURN = 10.0  # seconds, after which a turn begins no other day: a worker has 60 for all of it
SLICE = 31  # days that are read from the summaries at once
_PLACE = ("pk", "resolved_on")
_TIER = ("furthest", "solver", "misrouted")


def read(since: date, until: date) -> Period:
    """What was resolved on these days, both included."""
    changed = SummaryChange.objects.filter(day=OuterRef("day"))
    kept = SummaryDay.objects.filter(~Exists(changed), day__range=(since, until), shape=SHAPE)
    stamps = dict(kept.values_list("day", "stamp"))
    found = known.known(stamps)
    if unknown := stamps.keys() - found.keys():
        rows = kept.filter(day__in=unknown) if len(unknown) < SLICE else kept
        for day, stamp, body in bytewise(rows.values_list("day", "stamp", "packed")):
            found[day] = known.keep(day, stamp, Day(body))
    span = (since + timedelta(days=n) for n in range((until - since).days + 1))
    others = packed([day for day in span if day not in found])
    return Period(found | {day: Day(body) for day, body in others.items()})


def packed(days: Collection[date]) -> dict[date, bytes]:
    """These days from their summaries as they are now; those on which nothing was resolved are not there. Some at a
    time: a row of a summary takes far more room than what is packed of it."""
    found: dict[date, bytes] = {}
    ordered = sorted(days) if len(days) <= SLICE else _not_empty(days)
    for at in range(0, len(ordered), SLICE):
        found |= {day: sheet.pack() for day, sheet in _sheets(ordered[at : at + SLICE]).items()}
    return found


def _not_empty(days: Collection[date]) -> list[date]:
    """Of a small desk most days of a year are."""
    there = Summary.objects.filter(resolved_on__in=days).order_by("resolved_on")
    return list(there.values_list("resolved_on", flat=True).distinct())


# --- keeping --------------------------------------------------------------------------------------


def next_due() -> datetime | None:
    """When the first day that has changed is over; at once if another version of this program packed some."""
    if SummaryDay.objects.exclude(shape=SHAPE).exists():
        return clock.now()
    first = SummaryChange.objects.order_by("day").values_list("day", flat=True).first()
    return None if first is None else datetime.combine(first + timedelta(days=1), time_of_day(), UTC)


def keep(most: int = MOST) -> int:
    """Pack days that are over and not kept as they are; returns how many. One that cannot be packed stays as it is:
    it is counted from its summaries, and the others do not wait for it, however many such there are."""
    over = clock.now().date() - timedelta(days=1)
    SummaryChange.note(_of_another_version()[:most])
    changed = SummaryChange.objects.filter(day__lte=over).order_by("day").values_list("day", flat=True).distinct()
    done, began = 0, time.monotonic()
    for day in list(changed):
        if done == most or (done and time.monotonic() - began > TURN):
            break
        try:
            done += pack(day)
        except Exception:
            log.exception("not packed: what was resolved on %s", day)
    return done


def _of_another_version() -> QuerySet:
    """Days that it packed, and that nobody has noted since."""
    noted = SummaryChange.objects.filter(day=OuterRef("day"))
    other = SummaryDay.objects.filter(~Exists(noted)).exclude(shape=SHAPE)
    return other.order_by("day").values_list("day", flat=True)


def pack(day: date) -> bool:
    """What has changed is noted before the summaries are read: a change that comes between is looked at once more.
    They are read before anything is locked, so that nobody waits meanwhile. Whoever finds then that another took what
    was noted leaves it at that: the other may have read later."""
    changes = list(SummaryChange.objects.filter(day=day).values_list("pk", flat=True))
    if not changes:
        return False
    row = SummaryDay(day=day, shape=SHAPE, packed=packed([day]).get(day) or Sheet(0).pack())
    with transaction.atomic():
        mine = SummaryChange.objects.filter(pk__in=changes).order_by("pk").select_for_update()
        if len(mine) == len(changes):
            row.save()
            SummaryChange.objects.filter(pk__in=changes).delete()
    return True


@transaction.atomic
def throw_away() -> None:
    """All that is packed, to be packed anew. At once: a day that is neither packed nor noted never would be."""
    SummaryDay.objects.all().delete()
    SummaryChange.note(Summary.objects.order_by().values_list("resolved_on", flat=True).distinct())


# --- from the summaries -------------------------------------------------------------------------


def _sheets(days: Collection[date]) -> dict[date, Sheet]:
    conditions = {
        f"is_{number}": ExpressionWrapper(condition, IntegerField()) for number, condition in enumerate(ONLY.values())
    }
    values = [f"{name}_s" for name in TIMES]
    rows = (
        Summary.objects.filter(resolved_on__in=days)
        .annotate(**conditions, resolver=F("incident__resolver"), restricted=F("incident__restricted"))
        .order_by("resolved_on", "pk")
    )
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values(*_PLACE, *DIMENSIONS, *values, *_TIER, "resolver", "restricted", *conditions):
        by_day[row["resolved_on"]].append(row)
    shares, access = _shares(days), _access(days)
    return {day: _sheet(rows, shares, access) for day, rows in by_day.items()}


Lines = Mapping[int, Iterable[tuple]]  # by incident


def _shares(days: Collection[date]) -> Lines:
    names = ("summary", "person", "hands_on_s", "calls", "night_calls")
    return _by_incident(SummaryShare.objects.filter(summary__resolved_on__in=days).values_list(*names))


def _access(days: Collection[date]) -> Lines:
    rows = Access.objects.filter(incident__summary__resolved_on__in=days)
    return _by_incident(rows.values_list("incident", "team", "person"))


def _by_incident(rows: Iterable[tuple]) -> Lines:
    found = defaultdict(list)
    for incident, *line in rows:
        found[incident].append(tuple(line))
    return found


def _sheet(rows: list[dict[str, Any]], shares: Lines, access: Lines) -> Sheet:
    sheet = Sheet(len(rows))
    for name in DIMENSIONS:
        sheet.columns[name] = [row[name] or 0 for row in rows]
    for name in TIMES:
        sheet.columns[name] = [row[f"{name}_s"] or 0 for row in rows]
    tiers = {tuple(row[name] for name in _TIER): None for row in rows}
    places = {tier: place for place, tier in enumerate(tiers)}
    sheet.words, sheet.columns["tier"] = list(places), [places[tuple(row[name] for name in _TIER)] for row in rows]
    for number, key in enumerate(ONLY):
        sheet.sets[key] = [at for at, row in enumerate(rows) if row[f"is_{number}"]]
    _who_sees(sheet, rows, access)
    _who_had_it(sheet, rows, shares)
    return sheet


def _who_sees(sheet: Sheet, rows: list[dict[str, Any]], access: Lines) -> None:
    """As ``incidents.models.access`` has it: teams unless it is restricted, and people by name."""
    named, teams = [], defaultdict(list)
    for at, row in enumerate(rows):
        for team, person in access.get(row["pk"], ()):
            if person is not None:
                named.append((person, at))
            elif not row["restricted"]:
                teams[team].append(at)
    sheet.sets |= {f"team:{team}": teams[team] for team in sorted(teams)}
    _table(sheet, "named", ("person", "row"), named)


def _who_had_it(sheet: Sheet, rows: list[dict[str, Any]], shares: Lines) -> None:
    """``shares``: what each person had of it; ``had``: of all of it; ``own``: whoever worked on it, or resolved it."""
    lines = [(person, at, *had) for at, row in enumerate(rows) for person, *had in shares.get(row["pk"], ())]
    own = {(person, at) for person, at, hands_on, *_calls in lines if hands_on}
    own |= {(row["resolver"], at) for at, row in enumerate(rows) if row["resolver"] is not None}
    _table(sheet, "shares", ("person", "row", "hands_on", "calls", "night_calls"), lines)
    people, _rows, *amounts = zip(*lines, strict=True) if lines else [()] * 5
    _table(sheet, "had", SUMMED, [(person, *astuple(sums)) for person, sums in had([people, *amounts]).items()])
    _table(sheet, "own", ("person", "row"), own)


def _table(sheet: Sheet, name: str, columns: tuple[str, ...], lines: Iterable[tuple[int, ...]]) -> None:
    """In the order of people."""
    numbers = list(zip(*sorted(lines), strict=True)) or [()] * len(columns)
    sheet.columns |= {f"{name}.{column}": found for column, found in zip(columns, numbers, strict=True)}
