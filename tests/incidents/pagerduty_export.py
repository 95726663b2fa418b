"""A composed account of PagerDuty, and the answers of its API, page by page."""

import copy
import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from incidents.importers.answers import NotThere

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "import" / "pagerduty.json"
KEY = "read-only-key-of-the-harbour"


class Account:
    """What the API says to each address; and what is true of it."""

    name = "pagerduty"
    authorization = f"Token token={KEY}"
    key, its_kind = "b0a7b0a7b0a7b0a7b0a7b0a7b0a7b0a7", "pagerduty"  # of one of its senders
    whole, half = ("PSEA", "PLAND", "PNINE"), ("PCRANE",)  # policies that come over as they are, and those that do not
    lost = ("Odd",)  # schedules that do not
    handed_over = "Office hours"  # a layer whose turns begin while it is on
    gone = ("Crane",)  # and those that somebody is on who is there no more
    members: ClassVar[dict[str, list[str]]] = {}

    def __init__(self, said: dict[str, Any] | None = None):
        self.said = said or json.loads(SAMPLE.read_text())

    def calls(self, policy: str) -> list[tuple[int, frozenset[tuple[str, str]]]]:
        """Whom a policy calls, as (kind, id), at which minutes after the beginning, if nobody ever acknowledges.

        The delay of a rule is how long it waits before the next: a gap, not an offset.
        """
        raw = next(one for one in self.said["escalation_policies"] if one["id"] == policy)
        found, minute = [], 0
        for _loop in range(raw["num_loops"] + 1):
            for rule in raw["escalation_rules"]:
                targets = [
                    ("person" if one["type"].startswith("user") else "schedule", one["id"]) for one in rule["targets"]
                ]
                found.append((minute, frozenset(targets)))
                minute += rule["escalation_delay_in_minutes"]
        return found

    def __call__(self, address: str) -> Any:
        """As ``Answers``: without HTTP."""
        status, body = self.answer(address)
        if status != 200:
            raise NotThere(f"{address} was refused ({status}).")
        return copy.deepcopy(body)

    def answer(self, address: str) -> tuple[int, Any]:
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.strip("/").split("/"):
            case ["users", user, "notification_rules"] if asked.get("urgency") == "all":
                return 200, {"notification_rules": self.said["notification_rules"][user]}
            case ["teams", team, "members"]:
                return 200, self._page("members", self.said["members"][team], asked)
            case ["schedules", schedule, "overrides"] if asked["since"] < asked["until"]:
                return 200, {"overrides": self._within("overrides", schedule, asked, "start", "end")}
            case ["schedules", schedule] if "time_zone" in asked:
                found = [one for one in self.said["schedules"] if one["id"] == schedule]
                return (200, {"schedule": found[0]}) if found else (404, {})
            case ["v3", "schedules"]:
                brief = [{"id": one["id"], "type": "schedule_v3_reference"} for one in self.said["v3_schedules"]]
                return 200, self._page("schedules", brief, asked)
            case ["v3", "schedules", schedule]:
                return 200, {"schedule": next(one for one in self.said["v3_schedules"] if one["id"] == schedule)}
            case ["v3", "schedules", schedule, "overrides"]:
                found = self._within("v3_overrides", schedule, asked, "start_time", "end_time")
                return 200, self._page("overrides", found, asked)
            case ["v3", "schedules", schedule, "custom_shifts"]:
                found = self._within("custom_shifts", schedule, asked, "start_time", "end_time")
                return 200, self._page("custom_shifts", found, asked)
            case ["services", _service, "integrations", one] if one in self.said["integrations"]:
                return 200, {"integration": self.said["integrations"][one]}
            case [name] if name in self.said and isinstance(self.said[name], list):
                return 200, self._page(name, self.said[name], asked)
            case [name] if f"/{name}" in self.said["told_of"]:
                return 200, self.said["told_of"][f"/{name}"]
        return 404, {"error": {"message": "Not Found", "code": 2100}}

    def _within(self, name: str, schedule: str, asked: dict[str, str], start: str, end: str) -> list[Any]:
        its = self.said[name].get(schedule, [])
        return [one for one in its if one[start] < asked["until"] and one[end] > asked["since"]]

    def _page(self, name: str, found: list[Any], asked: dict[str, str]) -> dict[str, Any]:
        offset, limit = int(asked["offset"]), int(asked["limit"])
        part = found[offset : offset + limit]
        return {name: part, "limit": limit, "offset": offset, "more": offset + limit < len(found), "total": None}
