"""What the page of measures shows, in plain aggregates of the database over the summaries' own rows (``plain``), to be
compared with what the product counts (``counted``)."""

from typing import Any

from django.db.models import Count, Q, Sum

from incidents.counting.conditions import ONLY, OTHERS, TIMES
from incidents.insight import figures
from incidents.insight.asked import Asked


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
            first=Count("pk", filter=Q(tiers=1, alone=False, misrouted=False)),
            misrouted=Count("pk", filter=Q(misrouted=True)),
            hesitated=Count("pk", filter=Q(hesitated=True)),
            noise=Count("pk", filter=OTHERS["noise"]),
        )
    )
    return sorted(rows, key=lambda row: (-row["n"], row[name] or 0))


def _tiers(asked: Asked) -> list[dict[str, Any]]:
    rows = asked.found.order_by().values("furthest", "solver", "misrouted").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row["n"], row["furthest"], row["solver"]))


def _load(asked: Asked) -> list[dict[str, Any]]:
    rows = (
        asked.shares.order_by()
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
