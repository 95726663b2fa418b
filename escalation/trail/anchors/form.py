"""An anchor, and how its bytes come about. Pure.

Whoever wants to check one without Baton needs only this:

* ``canonical`` is the JSON of the anchor's fields as in ``trail.chain`` (RFC 8785).
* ``hash`` = SHA-256 of ``baton-anchor-1`` and ``canonical``, joined by a newline; the first anchor follows ``GENESIS``.
* The signature is Ed25519 over those same bytes, by ``key``; key and signature in lower-case hex.
* ``root`` is the Merkle tree hash of RFC 6962 over ``heads``: a leaf is ``[trail, subject, length, head]`` as JSON.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .. import chain

VERSION = 1
_PREFIX = f"baton-anchor-{VERSION}\n"


class Head(NamedTuple):
    """A trail with so many entries, the last of which has the hash ``head``."""

    trail: int
    subject: str
    length: int
    head: str

    @property
    def text(self) -> str:
        """``chain.plain`` of it, several times faster: once a month an anchor states every trail there is."""
        return f"[{self.trail:d},{quoted(self.subject)},{self.length:d},{quoted(self.head)}]"

    @property
    def leaf(self) -> bytes:
        return self.text.encode()


@dataclass(frozen=True)
class Anchor:
    """Number ``n`` of one log. ``at`` as in ``chain.instant``, ``newest`` the highest id of an entry there was,
    ``whole``: over all trails, not only over those that moved. ``next_key`` signs from the next anchor on."""

    n: int
    at: str
    installation: str  # the hash of its very first entry
    host: str
    prev: str
    newest: int
    whole: bool
    count: int
    root: str
    key: str
    next_key: str = ""

    @property
    def canonical(self) -> str:
        return chain.plain(asdict(self) | {"v": VERSION})

    @property
    def message(self) -> bytes:
        return (_PREFIX + self.canonical).encode()

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.message).hexdigest()


@dataclass(frozen=True)
class Signed:
    """A line of a log."""

    anchor: Anchor
    signature: str
    heads: Sequence[Head]

    @property
    def line(self) -> str:
        heads = ",".join(one.text for one in self.heads)
        return f'{{"anchor":{self.anchor.canonical},"heads":[{heads}],"signature":{quoted(self.signature)}}}'

    @property
    def is_signed(self) -> bool:
        return signed_by(self.anchor.key, self.signature, self.anchor.message)

    @property
    def is_whole(self) -> bool:
        """Whether the heads beside it are those that were signed."""
        return self.anchor.count == len(self.heads) and self.anchor.root == root(one.leaf for one in self.heads)

    def proof(self, place: int) -> list[list[str]] | None:
        """What leads from the head at ``place`` to the root; None where it does not: ``is_whole``, not asked apart."""
        path = proof((one.leaf for one in self.heads), place)
        leads = root_from(self.heads[place].leaf, path) == self.anchor.root
        return path if leads and self.anchor.count == len(self.heads) else None


def sign(anchor: Anchor, heads: Sequence[Head], key: Ed25519PrivateKey) -> Signed:
    return Signed(anchor, key.sign(anchor.message).hex(), heads)


def signed_by(key: str, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read(parsed: Any) -> Signed:
    """What a line's JSON says. What ``Signed.line`` never writes raises ValueError, TypeError or KeyError."""
    fields = dict(parsed["anchor"])
    if fields.pop("v") != VERSION:
        raise ValueError("an anchor of another version")
    anchor = Anchor(**fields)
    for name, kind in Anchor.__annotations__.items():
        if type(getattr(anchor, name)) is not kind:
            raise TypeError(f"{name} is no {kind.__name__}")
    if chain.instant(datetime.fromisoformat(anchor.at)) != anchor.at:
        raise ValueError("an instant in another form")
    heads = [Head(int(trail), str(subject), int(length), str(head)) for trail, subject, length, head in parsed["heads"]]
    return Signed(anchor, str(parsed["signature"]), heads)


# --- the tree -------------------------------------------------------------------------------------


def root(leaves: Iterable[bytes]) -> str:
    level = [_leaf(one) for one in leaves]
    while len(level) > 1:
        level = _above(level)
    return (level[0] if level else hashlib.sha256(b"").digest()).hex()


def proof(leaves: Iterable[bytes], place: int) -> list[list[str]]:
    """What leads from the leaf at ``place`` up to the root: ``["left" or "right", hash]``, the lowest first."""
    level, path = [_leaf(one) for one in leaves], []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            path.append(["left" if beside < place else "right", level[beside].hex()])
        level, place = _above(level), place // 2
    return path


def root_from(leaf: bytes, path: Iterable[Sequence[str]]) -> str:
    found = _leaf(leaf)
    for side, other in path:
        pair = (bytes.fromhex(other), found) if side == "left" else (found, bytes.fromhex(other))
        found = _node(*pair)
    return found.hex()


def _above(level: list[bytes]) -> list[bytes]:
    """The odd one at the end goes up as it is, which is where RFC 6962 has it too."""
    paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return paired + level[2 * len(paired) :]


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
