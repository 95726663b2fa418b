"""What an incident came to, told from the rows of its record by a plain program that knows nothing of the product.

It reads ``trail_entry`` and ``incidents_incident`` with SQL and goes through the entries in their order; where people
live is in ``people_user``. What the signs said is another story: ``tests/incidents/test_hesitation.py``.
"""

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

ROWS = """
    SELECT i.number, e.at, e.kind, e.actor_kind, e.actor_id, e.data, e.seq
    FROM incidents_incident i JOIN trail_entry e ON e.trail_id = i.trail_id
    ORDER BY i.number, e.seq
"""


def all_figures() -> dict[int, dict[str, Any]]:
    """By number, for each incident that is over and did not go on in another."""
    records: dict[int, list] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        for number, at, kind, who, actor, data, seq in cursor.fetchall():
            at = datetime.fromisoformat(at) if isinstance(at, str) else at
            said = {**json.loads(data), "seq": seq}
            records[number].append((at, kind, actor if who == "person" else None, said))
        cursor.execute("SELECT id, time_zone FROM people_user")
        homes = dict(cursor.fetchall())
    found = {number: _figures(lines, homes) for number, lines in records.items()}
    return {number: figures for number, figures in found.items() if figures}


def _figures(lines: list, homes: dict[int, str]) -> dict[str, Any] | None:
    last = [line for line in lines if line[1] in ("resolved", "reopened")][-1:]
    if not last or last[0][1] == "reopened" or last[0][3].get("merged_into"):
        return None
    began, (over, _kind, solver_id, end) = lines[0][0], last[0]
    solver = (end.get("tier") or "") if solver_id else ""
    slips = {line[3]["undoes"]["seq"] for line in lines if line[1] == "reassigned" and line[3].get("undoes")}
    moved = [
        line for line in lines if not (line[1] == "reassigned" and (line[3]["seq"] in slips or line[3].get("undoes")))
    ]
    mine = [line for line in lines if line[1] == "called" and line[3]["track"] == "functional"]
    climbs = [line for line in mine if line[3]["from"] and line[3]["from"] != line[3]["to"]]
    taken = [
        at
        for at, kind, _who, data in lines
        if kind == "accepted" or (kind == "acknowledged" and data["track"] == "functional")
    ]
    passed = [
        line for line in moved if line[1] == "accepted" or (line[1] == "reassigned" and line[3].get("to") is not None)
    ]
    tiers: dict[str, datetime] = {}
    for at, kind, _who, data in moved:
        if kind == "called" and data["track"] == "functional":
            tiers.setdefault(data["to"], at)
        elif kind in ("accepted", "reassigned") and data.get("tier"):
            tiers.setdefault(data["tier"], at)
    rang = [(at, person, data) for at, kind, who, data in lines for person in _called(kind, who, data)]
    calls = Counter(person for _at, person, _data in rang)
    woken = Counter(
        person
        for at, person, data in rang
        if data.get("mode") != "inform" and not 7 <= at.astimezone(ZoneInfo(homes[person])).hour < 22
    )
    hands = _hands(lines, over)
    return {
        "resolve_s": _s(began, over),
        "acknowledge_s": _s(began, taken[0]) if taken else None,
        "escalate_s": _s(began, climbs[0][0]) if climbs else None,
        "expert_s": _s(began, tiers[solver]) if solver in tiers else None,
        "furthest": list(tiers)[-1] if tiers else "",
        "solver": solver,
        "tiers": len(tiers),
        "misrouted": solver in tiers and solver != list(tiers)[-1],
        "handovers": len(passed),
        "reopened": sum(line[1] == "reopened" for line in lines),
        "by_clock": sum("reason" not in line[3] for line in climbs),
        "reasons": dict(Counter(line[3]["reason"] for line in climbs if "reason" in line[3])),
        "alone": solver_id is None,
        "people": {pk: (hands.get(pk, 0), calls.get(pk, 0), woken.get(pk, 0)) for pk in hands.keys() | calls.keys()},
    }


def _called(kind: str, who: int | None, data: dict[str, Any]) -> list[int]:
    """Whom an entry called: a step, a hand-over, a supervisor, the end of a hold, or the end of the path."""
    if kind == "offered":
        return [data["to"]["id"]]
    if kind == "exhausted":
        return [data["last_resort"]["id"]] if data.get("last_resort") else []
    if kind in ("called", "also_called"):
        return [one["id"] for one in data["people"]]
    if kind in ("reassigned", "woken"):
        return [one["id"] for one in data.get("people") or [] if one["id"] != who]
    return []


def _hands(lines: list, over: datetime) -> dict[int, int]:
    """Seconds of each person: who has taken the baton, and who says that they work on it, until that ends."""
    since: dict[int, datetime] = {}
    spent: dict[int, float] = defaultdict(float)
    holder: int | None = None

    def stop(person: int | None, at: datetime) -> None:
        if person in since:
            spent[person] += (at - since.pop(person)).total_seconds()

    for at, kind, who, data in lines:
        functional = data.get("track") == "functional"
        if kind == "called" and functional:
            stop(holder, at)
            holder = None
        elif (kind == "acknowledged" and functional) or kind == "accepted":
            if holder != who:
                stop(holder, at)
            holder = who
            since.setdefault(who, at)
        elif kind == "reassigned":
            working = holder in since
            to = data["to"]["id"] if data.get("to") else None
            if to != holder:
                stop(holder, at)
            holder = to
            if to is not None and working:
                since.setdefault(to, at)
        elif kind == "began_work":
            since.setdefault(who, at)
        elif kind == "stopped_work":
            stop(who, at)
        elif kind in ("held", "resolved"):
            for person in list(since):
                stop(person, at)
            holder = None if kind == "resolved" else holder
        elif kind == "woken" and data.get("holder"):
            holder = data["holder"]["id"]
            since.setdefault(holder, at)
    return {pk: int(seconds) for pk, seconds in spent.items()}


def _s(begin: datetime, end: datetime) -> int:
    return int((end - begin).total_seconds())
