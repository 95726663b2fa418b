"""What the tests of importers share: the old system behind HTTP, what is in the database, and what a policy calls."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from escalation.policies import freezing
from escalation.policies.models import Policy
from escalation.policies.path import forecast
from escalation.policies.rungs import Facts, Standing
from escalation.policies.words import Act
from incidents.importers.comparing import Calendar
from incidents.models import Origin

Calls = list[tuple[int, frozenset[tuple[str, str]]]]  # at which minutes, and whom: person, team or schedule, by its id


class Account(Protocol):
    """A composed account of an old system, and what is true of it."""

    name: str
    authorization: str  # the header that opens it
    members: Mapping[str, Sequence[str]]  # of its teams
    whole: Sequence[str]  # policies that come over as they are
    half: Sequence[str]  # and those that do not
    lost: Sequence[str]  # schedules that do not
    gone: Sequence[str]  # and those that somebody is on who is there no more
    handed_over: str  # a layer whose turns begin while it is on
    key: str  # of one of its senders
    its_kind: str
    said: dict[str, Any]

    def __call__(self, address: str) -> Any: ...

    def answer(self, address: str) -> tuple[int, Any]: ...

    def calls(self, policy: str) -> Calls: ...


@contextmanager
def served(account: Account, *, refuse_every: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Its base address, and what was asked of it. Every n-th question is told to wait first."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.headers.get("Authorization") != account.authorization:
                return self._say(401, {"error": "Unauthorized"})
            if refuse_every and len(asked) % refuse_every == 0:
                return self._say(429, {"error": "Rate Limit Exceeded"})
            return self._say(*account.answer(self.path))

        def _say(self, status: int, body: Any) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("ratelimit-reset", "7")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def called_here(policy: Policy, at: datetime) -> list[tuple[int, frozenset[str]]]:
    """At which minutes after ``at`` it calls whom, by e-mail, if nobody ever acknowledges: as the path has it."""
    frozen = freezing.freeze(policy)["functional"]
    after = frozen["starts_after_s"]
    standing = Standing() if after is None else Standing(clock_from=at, clock_limit=timedelta(seconds=after))
    roster = freezing.Roster([frozen], at)
    coming = forecast(
        freezing.thaw(frozen), standing, Facts(severity=2), at, lambda then: roster.seats(frozen, then), most=100
    )
    return [
        ((then - at) // timedelta(minutes=1), frozenset(person.email for person in decision.people))
        for then, decision in coming
        if decision.act is Act.CALL
    ]


def called_there(
    account: Account, policy: str, calendar: Calendar, emails: Mapping[str, str], at: datetime
) -> list[tuple[int, frozenset[str]]]:
    """The same by the old system's own rules: its plain list of calls, and its own calendar."""

    def people(kind: str, id: str, minute: int) -> Iterator[str]:
        match kind:
            case "person":
                yield id
            case "team":
                yield from account.members[id]
            case "schedule":
                yield from calendar.on_call(id, at + timedelta(minutes=minute))

    return [
        (minute, frozenset(emails[who] for kind, id in targets for who in people(kind, id, minute)))
        for minute, targets in account.calls(policy)
    ]


def policy_here(system: str, external: str) -> Policy:
    return Policy.objects.get(pk=Origin.objects.get(system=system, kind="policy", external=external).row)
