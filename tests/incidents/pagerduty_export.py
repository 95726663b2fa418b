"""A composed account of PagerDuty, and a server that answers for it as the real one does: pages, refusals, limits."""

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from incidents.importers.answers import NotThere

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "import" / "pagerduty.json"
KEY = "read-only-key-of-the-harbour"


def account() -> dict[str, Any]:
    return json.loads(SAMPLE.read_text())


def calls(policy: dict[str, Any]) -> list[tuple[int, frozenset[tuple[str, str]]]]:
    """Whom its rules call, as (kind, id), at which minutes after the beginning, if nobody ever acknowledges.

    The delay of a rule is how long it waits before the next: a gap, not an offset.
    """
    found, minute = [], 0
    for _loop in range(policy["num_loops"] + 1):
        for rule in policy["escalation_rules"]:
            kinds = [("person" if one["type"].startswith("user") else "schedule", one["id"]) for one in rule["targets"]]
            found.append((minute, frozenset(kinds)))
            minute += rule["escalation_delay_in_minutes"]
    return found


class Account:
    """What the API says to each address."""

    def __init__(self, said: dict[str, Any] | None = None):
        self.said = said or account()

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


@contextmanager
def served(account: Account, *, refuse_every: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Its base address, and what was asked of it. Every n-th question is told to wait first."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.headers.get("Authorization") != f"Token token={KEY}":
                return self._say(401, {"error": {"message": "Unauthorized", "code": 2006}})
            if refuse_every and len(asked) % refuse_every == 0:
                return self._say(429, {"error": {"message": "Rate Limit Exceeded", "code": 2020}})
            return self._say(*account.answer(self.path))

        def _say(self, status: int, body: Any) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("ratelimit-limit", "960")
            self.send_header("ratelimit-reset", "1")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
