"""The sums: a fixed number of queries, however many incidents there are."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.learning.climbs import REASONS
from incidents.models import Summary, SummaryShare
from incidents.models.passing import Reason

TIMES = {
    "acknowledge": _("Time to acknowledge"),
    "escalate": _("Time to escalate"),
    "expert": _("Time to the right expert"),
    "resolve": _("Time to resolve"),
    "hands_on": _("Hands-on time"),
}
BOUNDS = (300, 900, 3600, 4 * 3600, 24 * 3600)  # seconds; a band begins with its bound
BANDS = (_("under 5 min"), _("5 to 15 min"), _("15 min to 1 h"), _("1 to 4 h"), _("4 h to a day"), _("a day or more"))
WITHIN = (_("5 min"), _("15 min"), _("1 h"), _("4 h"), _("a day"))
WHYS = {**dict(Reason.choices), "by_clock": _("nobody asked: the clock, a rule or another system")}
BY_HAND = reduce(or_, (Q(**{f"{reason}__gt": 0}) for reason in REASONS))
OTHERS = {
    "first": (_("resolved by the first tier alone"), Q(tiers=1, alone=False, misrouted=False)),
    "escalated": (_("escalated"), Q(escalate_s__isnull=False)),
    "misrouted": (_("resolved below the furthest tier"), Q(misrouted=True)),
    "handed": (_("handed over"), Q(handovers__gt=0)),
    "reopened": (_("re-opened"), Q(reopened__gt=0)),
    "over": (_("escalated by hand, resolved below the furthest tier"), Q(misrouted=True) & BY_HAND),
    "warned": (_("the signs said: escalate now"), Q(warned_s__isnull=False)),
    "hesitated": (_("the signs said so, and nobody escalated"), Q(hesitated=True)),
    "alone": (_("over by themselves"), Q(alone=True)),
    "noise": (_("over by themselves before anybody worked on them"), Q(alone=True, hands_on_s=0)),
}


def _band(name: str, number: int) -> Q:
    low = Q(**{f"{name}_s__gte": BOUNDS[number - 1]}) if number else Q(**{f"{name}_s__isnull": False})
    return low & Q(**{f"{name}_s__lt": BOUNDS[number]}) if number < len(BOUNDS) else low


# Whatever is counted, as a condition: the number and the list of its incidents are made of the same one.
ONLY: dict[str, Q] = {
    **{f"{name}.{number}": _band(name, number) for name in TIMES for number in range(len(BANDS))},
    **{f"why.{reason}": Q(**{f"{reason}__gt": 0}) for reason in (*REASONS, "by_clock")},
    **{name: condition for name, (_label, condition) in OTHERS.items()},
}


@dataclass(frozen=True)
class Sums:
    """``days``: how many were resolved on each; ``counts``: by the keys of ``ONLY``; ``seconds``: by ``TIMES``."""

    days: dict[date, int]
    counts: Counter
    seconds: Counter

    @property
    def all(self) -> int:
        return sum(self.days.values())


def sums(found: "QuerySet[Summary]") -> Sums:
    """One query, by days."""
    counted = {_column(key): Count("pk", filter=condition) for key, condition in ONLY.items()}
    spent = {f"sum_{name}": Sum(f"{name}_s", default=0) for name in TIMES}
    days, counts, seconds = {}, Counter[str](), Counter[str]()
    rows: Iterable[Any] = found.order_by().values("resolved_on").annotate(n=Count("pk"), **counted, **spent)
    for row in rows:
        days[row["resolved_on"]] = row["n"]
        counts.update({key: row[_column(key)] for key in ONLY})
        seconds.update({name: int(row[f"sum_{name}"]) for name in TIMES})
    return Sums(days, counts, seconds)


def _column(key: str) -> str:
    return f"n_{key.replace('.', '_')}"


def within(bands: list[int], share: float) -> str:
    """By which bound that share of them was there; empty: later than the last."""
    reached, wanted = 0, share * sum(bands)
    for count, bound in zip(bands, WITHIN, strict=False):
        reached += count
        if reached >= wanted:
            return str(bound)
    return ""


def by(found: "QuerySet[Summary]", name: str) -> list[dict[str, Any]]:
    """Of each team, service, policy, source or severity, those with the most first."""
    rows = (
        found.order_by()
        .values(name)
        .annotate(
            n=Count("pk"),
            resolve=Sum("resolve_s"),
            hands_on=Sum("hands_on_s"),
            first=Count("pk", filter=OTHERS["first"][1]),
            escalated=Count("escalate_s"),
            misrouted=Count("pk", filter=Q(misrouted=True)),
            hesitated=Count("pk", filter=Q(hesitated=True)),
            noise=Count("pk", filter=OTHERS["noise"][1]),
        )
    )
    return sorted(rows, key=lambda row: (-row["n"], row[name] or 0))


DID = {"worked": Q(hands_on_s__gt=0), "called": Q(calls__gt=0), "night": Q(night_calls__gt=0)}


def load(shares: "QuerySet[SummaryShare]") -> list[dict[str, Any]]:
    """What each person had of it, those with the most work first."""
    rows: Iterable[Any] = (
        shares.order_by()
        .values("person")
        .annotate(
            hands_on=Sum("hands_on_s"),
            rang=Sum("calls"),
            rang_at_night=Sum("night_calls"),
            **{did: Count("pk", filter=condition) for did, condition in DID.items()},
        )
    )
    return sorted(rows, key=lambda row: (-row["hands_on"], -row["rang"], row["person"]))


def tiers(found: "QuerySet[Summary]") -> list[dict[str, Any]]:
    """How far they went, and who solved them."""
    rows: Iterable[Any] = found.order_by().values("furthest", "solver", "misrouted").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row["n"], row["furthest"], row["solver"]))


def spans(since: date, until: date) -> list[tuple[date, date]]:
    """The period in days, or in weeks from its first day on if it is longer than a month."""
    length = timedelta(days=1 if (until - since).days <= 31 else 7)
    found = []
    while since <= until:
        found.append((since, min(until, since + length - timedelta(days=1))))
        since += length
    return found


def in_spans(days: dict[date, int], periods: Iterable[tuple[date, date]]) -> list[int]:
    return [sum(n for day, n in days.items() if first <= day <= last) for first, last in periods]


def said(n: int) -> str:
    return ngettext("%(n)d incident", "%(n)d incidents", n) % {"n": n}
