"""What the canaries are, and a provider that says back all it was told, as a bad one does."""

import base64
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

WHERE = "/.well-known/openid-configuration"


def canary(name: str) -> str:
    """A secret that is found wherever it is; at least 32 letters, and nothing that another form would change."""
    return f"cnry{name}{secrets.token_hex(14)}"


def forms(secret: str) -> dict[bytes, str]:
    """How it may stand somewhere, by what that is called."""
    raw = secret.encode()
    found = {json.dumps(secret)[1:-1].encode(): "JSON", quote(secret, safe="").encode(): "quoted"}
    found |= {raw.hex().encode(): "hex", raw: "plain"}
    for shift in range(3):  # wherever it stands in what is encoded, its inner letters come out as one of three
        whole = base64.b64encode(b"\0" * shift + raw)
        found[whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]] = "base64"
    return found


def heard(canaries: dict[str, str], where: str, said: bytes | str) -> Iterator[str]:
    """Each canary that is found there."""
    text = said.encode(errors="replace") if isinstance(said, str) else said
    for name, secret in canaries.items():
        for form, called in forms(secret).items():
            if form in text:
                at = text.index(form)
                yield f"{name} ({called}) in {where}: {text[max(0, at - 120) : at + len(form) + 20]!r}"
                break


def sings(canaries: dict[str, str], places: Iterable[tuple[str, bytes | str]]) -> list[str]:
    return [one for where, said in places for one in heard(canaries, where, said)]


class Echo:
    """Refuses everything, and quotes the request: its line, its headers and its body.

    As a provider of OpenID Connect it says where it is, and then quotes the client's secret in the name of an error.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        mine = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
                said = f"I do not like {self.path} with {dict(self.headers)} and {body}"
                mine.asked.append(said)
                error = self.headers.get("authorization") or said
                answer = json.dumps({"ok": False, "error": error, "detail": said}).encode()
                if self.path == WHERE:
                    self._says(json.dumps(mine.published()).encode())
                    return
                reason = said.replace("\n", " ")[:900].encode("latin-1", "replace").decode("latin-1")
                self.send_response(400 if len(mine.asked) % 2 else 503, reason)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def _says(self, answer: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def was_shown(self, secret: str) -> bool:
        """In whichever form."""
        return any(True for _found in heard({"": secret}, "", "\n".join(self.asked)))

    def published(self) -> dict[str, str]:
        endpoints = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return {"issuer": self.url, **endpoints}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
