"""Secrets that must be read again, kept so that a copy of the database alone does not give them away.

What only has to be recognised (a key somebody shows) is kept as its hash; this is for what Baton itself has to use.
Sealed with a key that is derived from the first of ``keys``: ``BATON_SEALING_KEY`` where there is one, else
``SECRET_KEY``. All others, and the FALLBACKS of both, still open what is older; ``manage.py rotatekeys`` seals it anew.

Two forms, both authenticated. ``sealed`` (Fernet) makes another text each time. ``findable`` (AES-SIV, RFC 5297) makes
the same of the same, so that the database can look for it and keep it once; it tells who reads the database that two
are alike and how long they are, and nothing else of them. Neither is bound to its row: who may write to the database
can have Baton use one sealed text in another's place, though not read it.
"""

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_PURPOSE, _FINDABLE = b"baton sealed 1", b"baton findable 1"
MARK = "siv1."  # what a findable text begins with; what people type may too, and is sealed all the same


class Unreadable(Exception):
    """Sealed with a key that is not here, or damaged."""


def keys() -> list[str]:
    """What opens; the first one seals."""
    return [*settings.SEALING_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


# --- another text each time -----------------------------------------------------------------------


def sealed(secret: bytes) -> str:
    """To be kept. Each time another text, so that two of the same secret cannot be told to be alike."""
    return _fernet(keys()[0]).encrypt(secret).decode()


def opened(kept: str, *, by: list[str] | None = None) -> bytes:
    """What was sealed; ``Unreadable`` if that cannot be had any more, or not by these keys."""
    from cryptography.fernet import InvalidToken

    for key in keys() if by is None else by:
        try:
            return _fernet(key).decrypt(kept.encode())
        except InvalidToken:
            continue
    raise Unreadable


# --- the same text each time ----------------------------------------------------------------------


def findable(text: str) -> str:
    """To be kept and looked for. Nothing stays nothing."""
    return _findable(text, keys()[0]) if text else ""


def findables(text: str) -> list[str]:
    """All that may be kept of it, by whichever key."""
    return [_findable(text, key) for key in dict.fromkeys(keys())] if text else [""]


def is_findable(kept: str) -> bool:
    return kept.startswith(MARK)


def found(kept: str, *, by: list[str] | None = None) -> str:
    """What ``findable`` was given; ``Unreadable`` as above. What was never sealed is as it is."""
    from cryptography.exceptions import InvalidTag

    if not is_findable(kept):
        return kept
    try:
        raw = base64.b64decode(kept[len(MARK) :], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None
    for key in keys() if by is None else by:
        try:
            return _siv(key).decrypt(raw, None).decode()
        except (InvalidTag, ValueError):
            continue
    raise Unreadable


def _findable(text: str, key: str) -> str:
    return MARK + base64.urlsafe_b64encode(_siv(key).encrypt(text.encode(), None)).decode()


# --- the keys -------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _fernet(key: str) -> "Fernet":
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(_derived(key, _PURPOSE, 32)))


@lru_cache(maxsize=16)
def _siv(key: str) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(_derived(key, _FINDABLE, 64))


def _derived(key: str, purpose: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # a large library, which most processes never need
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=length, salt=None, info=purpose).derive(key.encode())
