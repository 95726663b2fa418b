"""A small authenticator: what a browser and its key answer, and what a forger would."""

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Key:
    """One passkey, for one site."""

    origin: str = "https://baton.example"
    flags: int = PRESENT | VERIFIED
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(32))
    handle: str = ""
    counts: int = 0

    def create(self, asked: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.create``."""
        asked = asked["publicKey"]
        self.handle = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.secret.public_key())
        made = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = self._data(asked["rp"]["id"], ATTESTED) + made
        seen = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        return self._told({"attestationObject": websafe_encode(seen)}, self._client("webauthn.create", asked))

    def get(self, asked: dict[str, Any], **changed: Any) -> str:
        """The answer to ``navigator.credentials.get``."""
        asked = asked["publicKey"]
        client = self._client("webauthn.get", asked)
        data = self._data(asked["rpId"])
        seal = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": websafe_encode(data), "signature": websafe_encode(seal), "userHandle": self.handle}
        return self._told(said | changed, client)

    def _data(self, site: str, more: int = 0) -> bytes:
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", self.flags | more, self.counts)

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _told(self, response: dict[str, str], client: bytes) -> str:
        name = websafe_encode(self.id)
        whole = {"clientDataJSON": websafe_encode(client), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": whole})


def person_of(handle: str) -> str:
    return websafe_decode(handle).decode()
