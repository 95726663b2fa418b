"""A push service of our own, and a browser's half of it, written from the RFCs and not with the sender's libraries."""

import base64
import contextlib
import json
import os
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    assert "=" not in text, "no padding in base64url"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Pushed:
    """One request to the push service."""

    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes


class PushService:
    """Over plain HTTP on this machine. ``status`` and ``told``: its next answers; ``hangs``: it gives none."""

    def __init__(self) -> None:
        self.heard: list[Pushed] = []
        self.status, self.told, self.says = 201, {}, b""
        self.hangs = False
        self.over = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.heard.append(Pushed(self.path, headers, body))
                if service.hangs:
                    service.over.wait(60)
                    return
                self.send_response(service.status)
                for name, value in service.told.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(service.says)))
                self.end_headers()
                self.wfile.write(service.says)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def answers(self, status: int, says: bytes = b"", **told: str) -> None:
        self.status, self.says, self.told = status, says, {n.replace("_", "-"): v for n, v in told.items()}

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        with contextlib.suppress(OSError):
            self.server.server_close()


class Browser:
    """Who subscribed: its keys, and how it reads (RFC 8291 on top of RFC 8188)."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint, self.auth = endpoint, os.urandom(16)
        self.key = ec.generate_private_key(CURVE)
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def said(self) -> dict[str, Any]:
        """As ``PushSubscription.toJSON`` says it."""
        keys = {"p256dh": b64(self.point), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def subscription(self) -> str:
        return json.dumps(self.said)

    def plain(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == 65 and len(sealed) <= size, "one record, with the sender's public key before it"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        secret = _derived(shared, self.auth, b"WebPush: info\0" + self.point + theirs, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded[-1:] == b"\2", "the last record ends so"
        return padded[:-1]

    def read(self, pushed: Pushed) -> dict[str, Any]:
        assert pushed.headers["content-encoding"] == "aes128gcm"
        return json.loads(self.plain(pushed.body))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def signed_claims(pushed: Pushed, public: str) -> dict[str, Any]:
    """What the sender claims to be (RFC 8292), if the signature is by ``public``; else it raises."""
    scheme, _, rest = pushed.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid" and set(parts) == {"t", "k"} and parts["k"] == public
    head, claims, signature = parts["t"].split(".")
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(signature)
    assert len(raw) == 64
    numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(public))
    key.verify(numbers, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    return json.loads(unb64(claims))
