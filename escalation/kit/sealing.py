"""Secrets that must be read again, kept so that a copy of the database alone does not give them away.

What only has to be recognised (a key somebody shows) is kept as its hash; this is for what Baton itself has to use.
Sealed with a key that is derived from ``SECRET_KEY``; while that is being replaced, ``SECRET_KEY_FALLBACKS`` still open
what is older.
"""

import base64
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_PURPOSE = b"baton sealed 1"


class Unreadable(Exception):
    """Sealed with another SECRET_KEY, or damaged."""


def sealed(secret: bytes) -> str:
    """To be kept. Each time another text, so that two of the same secret cannot be told to be alike."""
    return _keys().encrypt(secret).decode()


def opened(kept: str) -> bytes:
    """What was sealed; ``Unreadable`` if that cannot be had any more."""
    from cryptography.fernet import InvalidToken

    try:
        return _keys().decrypt(kept.encode())
    except InvalidToken:
        raise Unreadable from None


def _keys() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # a large library, which most processes never need
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    def key(secret: str) -> "Fernet":
        derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
