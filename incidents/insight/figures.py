"""The sums: of rows that were packed for counting (``incidents.counting``), however many there are."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.counting.conditions import ONLY
from incidents.counting.packed import SUMMED, Had, Rows
from incidents.models.passing import Reason

TIMES = {
    "acknowledge": _("Time to acknowledge"),
    "escalate": _("Time to escalate"),
    "expert": _("Time to the right expert"),
    "resolve": _("Time to resolve"),
    "hands_on": _("Hands-on time"),
}
BANDS = (_("under 5 min"), _("5 to 15 min"), _("15 min to 1 h"), _("1 to 4 h"), _("4 h to a day"), _("a day or more"))
WITHIN = (_("5 min"), _("15 min"), _("1 h"), _("4 h"), _("a day"))
WHYS = {**dict(Reason.choices), "by_clock": _("nobody asked: the clock, a rule or another system")}
OTHERS = {
    "first": _("resolved by the only tier that had it"),
    "escalated": _("escalated"),
    "misrouted": _("resolved below the furthest tier"),
    "handed": _("handed over"),
    "reopened": _("re-opened"),
    "over": _("escalated by hand, resolved below the furthest tier"),
    "warned": _("the signs said: escalate now"),
    "hesitated": _("the signs said so, and nobody escalated"),
    "alone": _("over by themselves"),
    "noise": _("over by themselves before anybody worked on them"),
}
COMPARED = ("first", "escalated", "misrouted", "hesitated", "noise")


@dataclass(frozen=True)
class Sums:
    """``days``: how many were resolved on each; ``counts``: by the keys of ``ONLY``; ``seconds``: by ``TIMES``."""

    days: dict[date, int]
    counts: Counter
    seconds: Counter

    @property
    def all(self) -> int:
        return sum(self.days.values())


def sums(rows: Rows) -> Sums:
    counts = Counter({key: rows.count(key) for key in ONLY})
    return Sums(rows.by_day(), counts, Counter({name: sum(rows.each(name)) for name in TIMES}))


def within(bands: list[int], share: float) -> str:
    """By which bound that share of them was there; empty: later than the last."""
    reached, wanted = 0, share * sum(bands)
    for count, bound in zip(bands, WITHIN, strict=False):
        reached += count
        if reached >= wanted:
            return str(bound)
    return ""


def by(rows: Rows, name: str) -> list[dict[str, Any]]:
    """Of each team, service, policy or source, those with the most first; of each severity, the worst first."""
    n, spent = Counter(rows.each(name)), {one: rows.sums(one, by=name) for one in ("resolve", "hands_on")}
    counts = {only: Counter(rows.of(rows.period.having(only)).each(name)) for only in COMPARED}
    found: list[dict[str, Any]] = [
        {name: key or None, "n": n[key], **{one: counted[key] for one, counted in (spent | counts).items()}}
        for key in n
    ]
    return sorted(found, key=lambda row: (name != "severity" and -row["n"], row[name] or 0))


DID = {"worked": Q(hands_on_s__gt=0), "called": Q(calls__gt=0), "night": Q(night_calls__gt=0)}
HAD = {"worked": "hands_on", "called": "calls", "night": "night_calls"}  # the same, of packed rows


def load(had: dict[int, Had]) -> list[dict[str, Any]]:
    """What each person had of it, those with the most work first."""
    names = SUMMED[2:]  # without how many lines were added up
    rows = ({"person": person, **{name: getattr(one, name) for name in names}} for person, one in had.items())
    return sorted(rows, key=lambda row: (-row["hands_on"], -row["rang"], row["person"]))


def tiers(rows: Rows) -> list[dict[str, Any]]:
    """How far they went, and who solved them; ``below``: of how many of them after that tier a further one had it."""
    both: dict[tuple[str, str], Counter] = {}
    for (furthest, solver, misrouted), n in rows.words("tier").items():
        both.setdefault((furthest, solver), Counter())[misrouted] += n
    found = [
        {"furthest": furthest, "solver": solver, "n": counts.total(), "below": counts[True]}
        for (furthest, solver), counts in both.items()
    ]
    return sorted(found, key=lambda row: (-row["n"], row["furthest"], row["solver"]))


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
