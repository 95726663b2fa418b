"""What the page of measures shows, in plain aggregates of the database over the summaries' own rows (``plain``), to be
compared with what the product counts (``counted``). What is counted is written out here once more, by hand: a condition
that is wrong in the product is not wrong here too."""

from typing import Any

from django.db.models import Count, F, Q, Sum

from incidents.insight import figures
from incidents.insight.asked import Asked

TIMES = ("acknowledge", "escalate", "expert", "resolve", "hands_on")
BY_HAND = ("expertise", "authority", "access", "impact", "time", "capacity")
ONLY = {
    **{name: ~Q(**{f"{name}_s": None}) for name in TIMES},
    **{f"{name}.0": Q(**{f"{name}_s__range": (0, 299)}) for name in TIMES},
    **{f"{name}.1": Q(**{f"{name}_s__range": (300, 899)}) for name in TIMES},
    **{f"{name}.2": Q(**{f"{name}_s__range": (900, 3599)}) for name in TIMES},
    **{f"{name}.3": Q(**{f"{name}_s__range": (3600, 14_399)}) for name in TIMES},
    **{f"{name}.4": Q(**{f"{name}_s__range": (14_400, 86_399)}) for name in TIMES},
    **{f"{name}.5": Q(**{f"{name}_s__gt": 86_399}) for name in TIMES},
    **{f"why.{why}": ~Q(**{why: 0}) for why in (*BY_HAND, "by_clock")},
    "first": Q(tiers=1, alone=False) & (Q(solver="") | Q(solver=F("furthest"))),
    "escalated": ~Q(escalate_s=None),
    "misrouted": Q(misrouted=True),
    "handed": ~Q(handovers=0),
    "reopened": ~Q(reopened=0),
    "over": Q(misrouted=True) & ~Q(expertise=0, authority=0, access=0, impact=0, time=0, capacity=0),
    "warned": ~Q(warned_s=None),
    "hesitated": Q(hesitated=True),
    "alone": Q(alone=True),
    "noise": Q(alone=True, hands_on_s=0),
}


def counted(asked: Asked, by: str) -> dict[str, Any]:
    rows = asked.rows_found
    return {
        "sums": vars(figures.sums(rows)),
        "by": figures.by(rows, by),
        "tiers": figures.tiers(rows),
        "load": figures.load(asked.rows_seen.had(asked.viewer.people)),
    }


def plain(asked: Asked, by: str) -> dict[str, Any]:
    return {"sums": _sums(asked), "by": _by(asked, by), "tiers": _tiers(asked), "load": _load(asked)}


def _sums(asked: Asked) -> dict[str, Any]:
    names = {f"n{number}": key for number, key in enumerate(ONLY)}
    counted = {name: Count("pk", filter=ONLY[key]) for name, key in names.items()}
    spent = {f"sum_{name}": Sum(f"{name}_s", default=0) for name in TIMES}
    found = asked.found.order_by().aggregate(**counted, **spent)
    days = asked.found.order_by().values_list("resolved_on").annotate(n=Count("pk"))
    return {
        "days": dict(days),
        "counts": {key: found[name] for name, key in names.items()},
        "seconds": {name: found[f"sum_{name}"] for name in TIMES},
    }


def _by(asked: Asked, name: str) -> list[dict[str, Any]]:
    rows = (
        asked.found.order_by()
        .values(name)
        .annotate(
            n=Count("pk"),
            resolve=Sum("resolve_s"),
            hands_on=Sum("hands_on_s"),
            escalated=Count("escalate_s"),
            first=Count("pk", filter=Q(tiers=1, alone=False) & (Q(solver="") | Q(solver=F("furthest")))),
            misrouted=Count("pk", filter=Q(misrouted=True)),
            hesitated=Count("pk", filter=Q(hesitated=True)),
            noise=Count("pk", filter=Q(alone=True, hands_on_s=0)),
        )
    )
    return sorted(rows, key=lambda row: (name != "severity" and -row["n"], row[name] or 0))


def _tiers(asked: Asked) -> list[dict[str, Any]]:
    below = Count("pk", filter=Q(misrouted=True))
    rows = asked.found.order_by().values("furthest", "solver").annotate(n=Count("pk"), below=below)
    return sorted(rows, key=lambda row: (-row["n"], row["furthest"], row["solver"]))


def _load(asked: Asked) -> list[dict[str, Any]]:
    rows = (
        asked.shares(asked.since, asked.until)
        .order_by()
        .values("person")
        .annotate(
            hands_on=Sum("hands_on_s"),
            rang=Sum("calls"),
            rang_at_night=Sum("night_calls"),
            worked=Count("pk", filter=Q(hands_on_s__gt=0)),
            called=Count("pk", filter=Q(calls__gt=0)),
            night=Count("pk", filter=Q(night_calls__gt=0)),
        )
    )
    return sorted(rows, key=lambda row: (-row["hands_on"], -row["rang"], row["person"]))
