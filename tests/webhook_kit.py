"""A receiver of events: a real server that notes what came and answers as it is told; and webhooks that lead there."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from escalation.engine import deliver
from escalation.kit import clock
from incidents.models import Webhook
from incidents.webhooks import sending


@dataclass(frozen=True)
class Came:
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.data["type"]

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """``echoes``: it says back what it is told, to each what came from it."""

    def __init__(self, *, echoes: bool = False) -> None:
        self.came: list[Came] = []
        self.echoes = echoes
        self.answers(204)
        mine = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                came = Came({name.casefold(): value for name, value in self.headers.items()}, body)
                mine.came.append(came)
                mine.act(came)
                said = body if mine.echoes else mine.said
                self.send_response(mine.status)
                for name, value in mine.said_with.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answers(
        self, status: int, body: str = "", *, act: Callable[[Came], None] = lambda _: None, **headers: str
    ) -> None:
        self.status, self.said, self.act = status, body.encode(), act
        self.said_with = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/baton"

    @property
    def types(self) -> list[str]:
        return [came.type for came in self.came]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def tell() -> int:
    """A turn of the worker, after the one that calls people: calls go first. Returns how many tries were made."""
    deliver.deliver_due()
    return sending.send_due()


def webhook(owner, url: str, *, teams=(), name: str = "Tickets", **facts: Any) -> tuple[Webhook, str]:
    """It, and its secret."""
    hook = Webhook(name=name, url=url, owner=owner, **facts)
    hook.full_clean(exclude=["secret"])
    secret = hook.new_secret(clock.now())
    hook.save()
    hook.teams.set(teams)
    return hook, secret
