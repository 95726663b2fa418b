"""The world outside: one server on this machine that plays every service, under the services' own names.

Names resolve to it, its certificate is trusted, port 443 leads to its encrypted door and every other port to
its plain one. So a sender is tested with the addresses it really uses, over a real line.
"""

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from escalation.notify.message import Message, Recipient

HOSTS = (
    "slack.com hooks.slack.com api.telegram.org chat.example.com ntfy.example.com gateway.example.com"
    " hooks.example.com *.westeurope.logic.azure.com *.api.powerplatform.com"
)
ANA = Recipient(7, "Ana Ruiz", "ana@example.com", "Europe/Berlin")
LINK = "http://127.0.0.1:8000/incidents/1042/"
# A title that tries everything.
HOSTILE = (
    "<!channel> @channel @here <@U024BE7LH> <https://evil.example|Log in> [Log in](https://evil.example) **bold** `x`"
    " <at>Everyone</at> http://evil.example www.evil.example #tag ~town :fire: /kick & &#64;here &lt;!here&gt; | _u_"
)


def message(title: str = "Card payments fail", **facts: Any) -> Message:
    base: dict[str, Any] = {
        "kind": "call",
        "ref": "INC-1042",
        "link": LINK,
        "at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "subject": f"SEV1 INC-1042: acknowledge by 10:45 CET – {title}",
        "short": f"SEV1 INC-1042 {title}. Acknowledge by 10:45 CET, or Mei is called. {LINK}",
        "full": (
            f"SEV1 INC-1042\n{title}\n\nYou are called for L1, because it was just opened.\n\n> {title}\n\n{LINK}\n\n"
            "--\nBaton wrote this to Ana Ruiz. It does not read answers to this mail; use the link.\n"
        ),
        "head": f"SEV1 {title}",
        "line": "INC-1042: you are called for L1, because it is SEV1. Acknowledge by 10:45 CET, or Mei is called.",
        "asks": True,
    }
    return Message(**(base | facts))


@dataclass(frozen=True)
class Heard:
    method: str
    host: str
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes
    raw: bytes

    @property
    def url(self) -> str:
        return f"{self.host}{self.path}"

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), strict_parsing=True).items()}


Act = Callable[[socket.socket, Heard], None]


class World:
    def __init__(self, certificate: str) -> None:
        self.heard: list[Heard] = []
        self.closed = threading.Event()  # somebody hung up
        self.answers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.encrypted, self.plain = (listener.getsockname()[1] for listener in self._listeners)
        for listener, how in zip(self._listeners, (context, None), strict=True):
            threading.Thread(target=self._serve, args=(listener, how), daemon=True).start()

    @property
    def last(self) -> Heard:
        return self.heard[-1]

    def answers(self, status: int = 200, body: Any = "", **headers: str) -> None:
        """From now on it says this, whoever asks. A dict is said as JSON."""
        text = json.dumps(body) if isinstance(body, dict | list) else body
        raw = text if isinstance(text, bytes) else str(text).encode()
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(raw)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.act: Act = lambda line, heard: line.sendall("\r\n".join([*lines, "", ""]).encode() + raw)

    def does(self, act: Act) -> None:
        self.act = act

    def close(self) -> None:
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _serve(self, listener: socket.socket, how: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                threading.Thread(target=self._talk, args=(line, how), daemon=True).start()

    def _talk(self, line: socket.socket, how: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError, ValueError):
            if how is not None:
                line = how.wrap_socket(line, server_side=True)
            with line:
                heard = _read(line)
                self.heard.append(heard)
                try:
                    self.act(line, heard)
                except OSError:
                    self.closed.set()


def _read(line: socket.socket) -> Heard:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += line.recv(65536) or _gone()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.casefold(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536) or _gone()
    method, path, _ = first.split(" ")
    return Heard(method, headers["host"], path, headers, body, head + b"\r\n\r\n" + body)


def _gone() -> bytes:
    raise ValueError("it hung up in the middle")


def certify(folder: Any) -> str:
    """A certificate for all of the names, with its key, in one file; and itself for whoever is to trust it."""
    names = ",".join(f"DNS:{host}" for host in HOSTS.split())
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=the.world"
    made = ["openssl", *words.split(), "-addext", f"subjectAltName={names}"]
    subprocess.run([*made, "-keyout", folder / "key", "-out", folder / "trusted"], check=True, capture_output=True)
    (folder / "both").write_text((folder / "key").read_text() + (folder / "trusted").read_text())
    return str(folder / "both")


# --- trouble --------------------------------------------------------------------------------------


def hangs(line: socket.socket, heard: Heard) -> None:
    line.recv(1)  # until the other side hangs up


def drips(line: socket.socket, heard: Heard) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-More: " + b"x" * 100_000:
        line.sendall(bytes([byte]))
        time.sleep(0.02)


def pours(line: socket.socket, heard: Heard) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(160):  # 10 MB
        line.sendall(b"x" * 65536)


def echoes(status: int) -> Act:
    """Says back all it was told, secrets included."""

    def act(line: socket.socket, heard: Heard) -> None:
        said = heard.raw
        line.sendall(b"HTTP/1.1 %d No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(said)) + said)

    return act
