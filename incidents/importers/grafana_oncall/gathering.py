"""What is asked of Grafana OnCall's public API, address by address; every answer may as well come from a file.

Addresses do not depend on the hour, so an export that broke off goes on the same day or the next: what OnCall has read
from a calendar elsewhere is asked for by quarters of a year.
"""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from ..answers import Answers, NotThere
from ..plain import at, rows, text

Raw = dict[str, Any]
MOST = 1_000  # pages
QUARTERS = 6  # this one, and more than a year ahead
LISTS = (
    "users",
    "teams",
    "personal_notification_rules",
    "schedules",
    "on_call_shifts",
    "escalation_chains",
    "escalation_policies",
    "integrations",
    "routes",
)
TOLD_OF = {"webhook": "webhooks", "shift swap": "shift_swaps"}  # what has no like here is only told of


def gather(ask: Answers, now: datetime) -> Raw:
    """Everything, by OnCall's own names. ``missing``: what was refused, each in a sentence."""
    missing: list[str] = []
    raw: Raw = {name: _list(ask, f"/api/v1/{name}/", missing) for name in LISTS}
    for schedule in raw["schedules"]:
        if elsewhere(schedule):
            shifts = _final_shifts(ask, schedule, now, missing)
            if shifts is not None:
                schedule["final_shifts"] = shifts
    raw["told_of"] = {kind: _list(ask, f"/api/v1/{name}/", []) for kind, name in TOLD_OF.items()}
    return raw | {"missing": missing}


def elsewhere(schedule: Raw) -> bool:
    """Whether some of it is in a calendar that only OnCall reads. Its address is a secret, and not asked for."""
    return schedule.get("type") == "ical" or bool(schedule.get("ical_url_overrides"))


def _final_shifts(ask: Answers, schedule: Raw, now: datetime, missing: list[str]) -> list[Raw] | None:
    """None if any of it is refused: a calendar with holes would look like one by which nobody is on call."""
    found: dict[str, Raw] = {}
    refused: list[str] = []
    first = now.year * 4 + (now.month - 1) // 3
    for quarter in range(first, first + QUARTERS):
        since, after = (date(n // 4, n % 4 * 3 + 1, 1) for n in (quarter, quarter + 1))
        within = f"start_date={since}&end_date={after - timedelta(days=1)}"
        address = f"/api/v1/schedules/{quote(text(schedule, 'id'), safe='')}/final_shifts?{within}"
        shifts = _list(ask, address, refused)
        if refused:
            missing += refused
            return None
        for one in shifts:
            found[str(sorted((key, str(value)) for key, value in one.items()))] = one
    return list(found.values())


def _list(ask: Answers, address: str, missing: list[str]) -> list[Raw]:
    """All pages. Their addresses are made here: those in the answers may name a host that only OnCall knows."""
    found: list[Raw] = []
    for page in range(1, MOST + 1):
        try:
            answer = ask(f"{address}{'&' if '?' in address else '?'}page={page}&perpage=100")
        except NotThere as why:
            missing.append(str(why))
            return found
        if not isinstance(at(answer, "results"), list):
            missing.append(f"The answer to {address} has no list of results.")
            return found
        found += rows(answer, "results")
        if not answer.get("next"):
            return found
    missing.append(f"{address} has more than {MOST} pages.")
    return found
