"""What every importer's tests need: the old product as a server or a file, and what an imported policy does."""

import http.server
import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from escalation.policies import freezing, path
from escalation.policies.models import Policy
from incidents.importers.answers import COMPLETE, file_name

SAMPLES = Path(__file__).parent / "samples" / "import"


def sample(name: str) -> dict[str, Any]:
    """The answers of an old product, by address."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def dump(file: Path, answers: Mapping[str, Any], system: str) -> Path:
    """As ``--export`` would have kept them."""
    with zipfile.ZipFile(file, "w") as out:
        for address, answer in answers.items():
            out.writestr(file_name(address), json.dumps(answer))
        out.writestr(COMPLETE, json.dumps({"system": system}))
    return file


def run(*words: Any) -> str:
    """What ``manage.py import_from`` says."""
    out = io.StringIO()
    call_command("import_from", *map(str, words), stdout=out)
    return out.getvalue()


def told(*words: Any) -> dict[str, Any]:
    """The same, for programs; also if it ends with differences."""
    out = io.StringIO()
    try:
        call_command("import_from", *map(str, words), "--json", stdout=out)
    except CommandError:
        if not out.getvalue():
            raise
    return json.loads(out.getvalue())


def actions(report: dict[str, Any]) -> Counter:
    return Counter(item["action"] for item in report["items"])


class OldProduct:
    """Its API on this machine: real HTTP, with the limits and moods that ``moods`` says (statuses and headers to give
    before an answer)."""

    def __init__(self, answers: Mapping[str, Any], authorization: str):
        self.answers, self.authorization = answers, authorization
        self.moods: list[tuple[int, dict[str, str]]] = []
        self.asked: list[str] = []
        old = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                old.asked.append(self.path)
                status, headers, body = old.answer(self.path, self.headers.get("Authorization", ""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, address: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        if authorization != self.authorization:
            return 401, {}, b"{}"
        if self.moods:
            return *self.moods.pop(0), b"{}"
        if address not in self.answers:
            return 403, {}, b'{"message":"You are not authorized","code":40301}'
        return 200, {}, json.dumps(self.answers[address]).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def climb(policy: Policy, at: datetime, *, most: int = 40) -> list[tuple[int, set[str]]]:
    """(minute, e-mails) of every call if nobody ever answers: the policy frozen and climbed by the pure path."""
    frozen = freezing.freeze(policy)["functional"]
    roster = freezing.Roster([frozen], at)
    limit = None if frozen["starts_after_s"] is None else timedelta(seconds=frozen["starts_after_s"])
    standing = path.Standing(clock_from=None if limit is None else at, clock_limit=limit)
    coming = path.forecast(
        freezing.thaw(frozen), standing, path.Facts(3), at, lambda then: roster.seats(frozen, then), most=most
    )
    return [
        (int((when - at).total_seconds() // 60), {person.email for person in decision.people})
        for when, decision in coming
        if decision.act is path.Act.CALL
    ]
