"""A chat that keeps what it is told: a real server that plays Slack's API, and Mattermost's; and channels of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from escalation.engine import deliver
from escalation.notify.rooms import slack
from incidents.models import ChatRoom
from incidents.webhooks import sending

SLACK, MATTERMOST = "C024BE7LH", "j6j53p28k6urx15fpcgsr20psq"


class Chat:
    """``messages``: by their id, as people see them now; ``calls``: what was asked for, in order."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.trouble: list[tuple[int, Any, dict[str, str]]] = []  # that the next calls meet
        mine = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                mine.calls.append(f"{self.command} {self.path}")
                status, answer, more = mine.trouble.pop(0) if mine.trouble else mine.hear(self.path, said)
                body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_POST

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        here = f"http://127.0.0.1:{self.server.server_address[1]}"
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        settings.SLACK_TOKEN, settings.SLACK_SIGNING_SECRET = "xoxb-1", "0123456789abcdef0123456789abcdef"
        settings.MATTERMOST_URL, settings.MATTERMOST_TOKEN, settings.MATTERMOST_BUTTONS = here, "tok-1", True
        settings.MATTERMOST_WEBHOOK = f"{here}/hooks/x7k3q9w1e5r2t8y4u6i0o9p3ab"
        monkeypatch.setattr(slack, "_POST", f"{here}/api/chat.postMessage")
        monkeypatch.setattr(slack, "_UPDATE", f"{here}/api/chat.update")

    def hear(self, path: str, said: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        n = len(self.messages) + 1
        if path == "/api/chat.postMessage":
            ts = f"1503435956.{n:06d}"
            self.messages[ts] = said
            return 200, {"ok": True, "channel": said["channel"], "ts": ts}, {}
        if path == "/api/chat.update":
            if said["ts"] not in self.messages:
                return 200, {"ok": False, "error": "message_not_found"}, {}
            self.messages[said["ts"]] |= said
            return 200, {"ok": True}, {}
        if path == "/api/v4/posts":
            self.messages[f"{n:026d}"] = said
            return 201, {"id": f"{n:026d}"}, {}
        if path.startswith("/api/v4/posts/"):
            self.messages[path.split("/")[4]] |= said
            return 200, {}, {}
        self.messages[f"hook {n}"] = said
        return 200, "ok", {}

    @property
    def only(self) -> dict[str, Any]:
        """The one message that there is."""
        [said] = self.messages.values()
        return said

    @property
    def last(self) -> dict[str, Any]:
        return list(self.messages.values())[-1]

    def meets(self, status: int, answer: Any = "", times: int = 1, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.trouble += [(status, answer, named)] * times

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def tell(clock: Any, *, seconds: float = 16) -> None:
    """Everything that waits for a channel, as long as it takes: one message of a channel in a second."""
    deliver.deliver_due()
    for _ in range(20):
        sending.send_due()
        due = sending.next_due()
        if due is None or (due - clock.now()).total_seconds() > seconds:
            return
        clock.jump(seconds=max((due - clock.now()).total_seconds(), 0.0))
        deliver.deliver_due()


def room(owner: Any, kind: str = "slack", address: str = "", *, teams=(), services=(), **facts: Any) -> ChatRoom:
    one = ChatRoom(name=facts.pop("name", f"#{kind}"), kind=kind, owner=owner, patience="short", **facts)
    one.leads_to(address or {"slack": SLACK, "mattermost": MATTERMOST}[kind])
    one.full_clean(exclude=["url", "secret", "address", "hook"])
    one.save()
    one.teams.set(teams)
    one.services.set(services)
    return one


def shown(said: dict[str, Any]) -> str:
    """Everything that somebody reads of a message, of whichever chat."""
    if "blocks" in said:
        return " ".join(block["text"]["text"] for block in said["blocks"] if "text" in block)
    return said.get("message") or said["text"]


def buttons(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By what each does."""
    if "blocks" in said:
        rows = [block["elements"] for block in said["blocks"] if block["type"] == "actions"]
        return {one["action_id"].removeprefix("baton_"): one for row in rows for one in row}
    attached = said["props"]["attachments"] if "props" in said else said["attachments"]
    return {one["id"]: one for each in attached for one in each["actions"]}
