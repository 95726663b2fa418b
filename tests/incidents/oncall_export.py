"""A composed organisation of Grafana OnCall, and the answers of its API: pages, and what only OnCall has read."""

import copy
import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from incidents.importers.answers import NotThere

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "import" / "grafana_oncall.json"
KEY = "read-only-key-of-the-orchard"
PAGE = 4
CALLS = {
    "persons_to_notify": "person",
    "persons_to_notify_next_each_time": "person",
    "notify_on_call_from_schedule": "schedule",
    "team_to_notify": "team",
}


class Account:
    """What the API says to each address; and what is true of it."""

    name = "grafana-oncall"
    authorization = KEY  # without a word before it
    key, its_kind = "pearPEARpearPEARpear0001", "alertmanager"  # of one of its senders
    whole, half = (
        ("FPEAR", "FPLUM", "FROOT"),
        ("FHOUR", "FLOST"),
    )  # chains that come over as they are, and those that do not
    lost = ("Odd zone",)  # schedules that do not
    handed_over = "Weekly"  # a layer whose turns begin while it is on
    gone = ()  # and those that somebody is on who is there no more
    members: ClassVar[dict[str, list[str]]] = {"TFRUIT": ["UADA", "UBEN"], "TROOT": ["UBEN", "UCHI"]}

    def __init__(self, said: dict[str, Any] | None = None):
        self.said = said or json.loads(SAMPLE.read_text())

    def calls(self, chain: str) -> list[tuple[int, frozenset[tuple[str, str]]]]:
        """Whom a chain calls, as (kind, id), at which minutes, if nobody acknowledges; six times round."""
        mine = [one for one in self.said["escalation_policies"] if one["escalation_chain_id"] == chain]
        steps = sorted(mine, key=lambda step: step["position"])
        minute, found = 0, dict[int, set[tuple[str, str]]]()
        for _round in range(6 if any(one["type"] == "repeat_escalation" for one in steps) else 1):
            for step in steps:
                minute += step["duration"] // 60 if step["type"] == "wait" else 0
                for name, kind in CALLS.items():
                    its = step.get(name) or []
                    for one in its if isinstance(its, list) else [its]:
                        found.setdefault(minute, set()).add((kind, one))
        return [(minute, frozenset(targets)) for minute, targets in sorted(found.items())]

    def __call__(self, address: str) -> Any:
        """As ``Answers``: without HTTP."""
        status, body = self.answer(address)
        if status != 200:
            raise NotThere(f"{address} was refused ({status}).")
        return copy.deepcopy(body)

    def answer(self, address: str) -> tuple[int, Any]:
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.removeprefix("/api/v1/").split("/"):
            case ["schedules", schedule, "final_shifts"]:
                its = self.said["final_shifts"].get(schedule, [])
                first, last = asked["start_date"], f"{asked['end_date']}T24"
                return 200, self._page([one for one in its if first <= one["shift_start"] < last], asked)
            case [name, ""] if name in self.said:
                return 200, self._page(self.said[name], asked)
        return 404, {"detail": "Not found."}

    def _page(self, found: list[Any], asked: dict[str, str]) -> dict[str, Any]:
        """The address of the next page names a host that nobody outside can reach."""
        page = int(asked["page"])
        more = page * PAGE < len(found)
        nowhere = f"http://oncall-engine.internal:8080/api/v1/?page={page + 1}" if more else None
        return {"count": len(found), "next": nowhere, "results": found[(page - 1) * PAGE : page * PAGE]}
