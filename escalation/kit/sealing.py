"""Secrets that must be read again, kept so that a copy of the database alone does not give them away.

What only has to be recognised (a key somebody shows) is kept as its hash; this is for what Baton itself has to use.
Sealed with a key that is derived from the first of ``keys``: ``BATON_SEALING_KEY`` where there is one, else
``SECRET_KEY``. All others, and the FALLBACKS of both, still open what is older; ``manage.py rotatekeys`` seals it anew.

Both forms are AES-SIV (RFC 5297). ``sealed`` makes another text each time. ``findable`` makes the same of the same, so
that the database can look for it and keep it once; it tells who reads the database that two are alike and how long
they are, and nothing else of them.

Each is bound to its ``Place``, such as the column it is kept in: who may write to the database and moves it elsewhere
has moved what opens nowhere. What was sealed before there were places opens in none (see ``sealed_before``).
"""

import base64
import binascii
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

Place = tuple[str, ...]  # what is said again to open it: a column, and whose it is where that is known

_SEALED, _FINDABLE = b"baton sealed 2", b"baton findable 2"
SEALED, MARK = "seal2.", "siv2."  # what they begin with; what people type may too, and is sealed all the same
_NONCE = 16


class Unreadable(Exception):
    """Sealed with a key that is not here, or for another place; or damaged."""


def keys() -> list[str]:
    """What opens; the first one seals."""
    return [*settings.SEALING_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


# --- another text each time -----------------------------------------------------------------------


def sealed(secret: bytes, place: Place) -> str:
    """To be kept. Each time another text, so that two of the same secret cannot be told to be alike."""
    nonce = secrets.token_bytes(_NONCE)
    return SEALED + _coded(nonce + _siv(keys()[0], _SEALED).encrypt(secret, [*_said(place), nonce]))


def opened(kept: str, place: Place, *, by: list[str] | None = None) -> bytes:
    """What was sealed there; ``Unreadable`` if that cannot be had any more, or not by these keys."""
    raw = _decoded(kept, SEALED)
    nonce, closed = raw[:_NONCE], raw[_NONCE:]
    return _by_one_of(by, _SEALED, closed, [*_said(place), nonce])


# --- the same text each time ----------------------------------------------------------------------


def findable(text: str, place: Place) -> str:
    """To be kept and looked for. Nothing stays nothing."""
    return _findable(text, place, keys()[0]) if text else ""


def findables(text: str, place: Place) -> list[str]:
    """All that may be kept of it, by whichever key."""
    return [_findable(text, place, key) for key in dict.fromkeys(keys())] if text else [""]


def found(kept: str, place: Place, *, by: list[str] | None = None) -> str:
    """What ``findable`` was given; ``Unreadable`` as above. What was never sealed is not taken for what was."""
    return _by_one_of(by, _FINDABLE, _decoded(kept, MARK), _said(place)).decode() if kept else ""


def _findable(text: str, place: Place, key: str) -> str:
    return MARK + _coded(_siv(key, _FINDABLE).encrypt(text.encode(), _said(place)))


# --- the keys -------------------------------------------------------------------------------------


def _by_one_of(by: list[str] | None, purpose: bytes, closed: bytes, said: list[bytes]) -> bytes:
    from cryptography.exceptions import InvalidTag

    for key in keys() if by is None else by:
        try:
            return _siv(key, purpose).decrypt(closed, said)
        except (InvalidTag, ValueError):  # ValueError: too short to be one
            continue
    raise Unreadable


@lru_cache(maxsize=16)
def _siv(key: str, purpose: bytes) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(derived(key, purpose, 64))


def derived(key: str, purpose: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # a large library, which most processes never need
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=length, salt=None, info=purpose).derive(key.encode())


# --- as text --------------------------------------------------------------------------------------


def _said(place: Place) -> list[bytes]:
    """Its parts one by one, so that no two places run together."""
    return [part.encode() for part in place]


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _decoded(kept: str, mark: str) -> bytes:
    if not kept.startswith(mark):
        raise Unreadable
    try:
        return base64.b64decode(kept[len(mark) :], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None
