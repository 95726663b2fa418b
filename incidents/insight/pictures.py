"""What the page draws: rows and columns with a length of a hundred at most, each number with its address."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.people.models import User

from . import figures
from .asked import MODELS, NONE, Asked

MOST_PEOPLE = 50


def trend(asked: Asked, sums: figures.Sums) -> dict[str, Any]:
    """Columns of one picture, a hundred high, and the same as rows of a table."""
    spans = figures.spans(asked.since, asked.until)
    counts = figures.in_spans(sums.days, spans)
    most = max(counts, default=0)
    columns = [
        {
            "first": first,
            "last": last,
            "n": n,
            "x": 20 * at + 2,
            "y": 100 - _part(n, most),
            "height": _part(n, most),
            "url": asked.address(reverse("measured"), since=first, until=last),
        }
        for at, ((first, last), n) in enumerate(zip(spans, counts, strict=True))
    ]
    return {
        "columns": columns,
        "most": most,
        "width": 20 * len(columns),
        "weeks": len(spans) and spans[0][0] != spans[0][1],
    }


def time(asked: Asked, sums: figures.Sums, name: str) -> dict[str, Any]:
    keys = [(f"{name}.{number}", words) for number, words in enumerate(figures.BANDS)]
    counts = [sums.counts[key] for key, _words in keys]
    known = sums.counts[name]
    return {
        "key": name,
        "label": figures.TIMES[name],
        "bars": bars(asked, sums, keys),
        "known": known,
        "mean": sums.seconds[name] // known if known else None,
        "half": figures.within(counts, 0.5) if known else "",
        "most": figures.within(counts, 0.9) if known else "",
        "url": asked.address(reverse("measured"), only=name),
    }


def bars(asked: Asked, sums: figures.Sums, keys: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    most = max((sums.counts[key] for key, _words in keys), default=0)
    return [
        {
            "label": words,
            "n": sums.counts[key],
            "part": _part(sums.counts[key], most),
            "url": asked.address(reverse("measured"), only=key),
        }
        for key, words in keys
    ]


def _part(n: int, most: int) -> int:
    """Of a hundred; what is there at all can be seen."""
    return max(1, round(100 * n / most)) if n else 0


def tiers(asked: Asked) -> list[dict[str, Any]]:
    rows, path = figures.tiers(asked.rows_found), reverse("measured")
    most, found = max((row["n"] for row in rows), default=0), []
    for row in rows:
        both = {name: row[name] for name in ("furthest", "solver")}
        urls = {"url": asked.address(path, **both), "url_below": asked.address(path, **both, only="misrouted")}
        found.append({**row, **urls, "part": _part(row["n"], most)})
    return found


def compared(asked: Asked, name: str) -> list[dict[str, Any]]:
    """By team, service, policy, source or severity, whatever they are called now."""
    rows, path, found = figures.by(asked.rows_found, name), reverse("measured"), []
    names = _names(name, [row[name] for row in rows])
    for row in rows:
        one: dict[str, Any] = {name: row[name] if row[name] is not None else NONE}
        numbers = [(row[key], asked.address(path, **one, only=key)) for key in figures.COMPARED]
        said = {"name": names.get(row[name], _("none")), "mean": int(row["resolve"]) // row["n"], "numbers": numbers}
        found.append({**row, **said, "url": asked.address(path, **one)})
    return found


def _names(name: str, keys: list[Any]) -> dict[Any, str]:
    if name == "severity":
        return {key: f"SEV{key}" for key in keys}
    found = MODELS[name].objects.filter(pk__in=keys)  # type: ignore[attr-defined]
    return dict(found.values_list("pk", "name"))


def people(asked: Asked) -> dict[str, Any]:
    """Those with the most work first."""
    rows = figures.load(asked.rows_seen.had(asked.viewer.people))
    names = dict(User.objects.filter(pk__in=[row["person"] for row in rows[:MOST_PEOPLE]]).values_list("pk", "name"))
    most = {name: max((row[name] for row in rows), default=0) for name in ("hands_on", "rang", "rang_at_night")}
    path = reverse("measured")
    for row in rows[:MOST_PEOPLE]:
        row["name"] = names[row["person"]]
        row["parts"] = {name: _part(row[name], longest) for name, longest in most.items()}
        row["urls"] = {did: asked.address(path, person=row["person"], did=did) for did in figures.DID}
    return {"rows": rows[:MOST_PEOPLE], "more": len(rows[MOST_PEOPLE:])}
