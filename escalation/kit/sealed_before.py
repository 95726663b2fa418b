"""What was sealed before it was bound to a place: for the upgrade, its way back, and ``rotatekeys --unbound``.

Nothing else opens these forms. Such a text opens wherever it stands, so whoever still took one would let who may write
to the database bring an old one, of any column, from any copy.
"""

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING

from .sealing import Unreadable, derived, keys

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_SEALED, _FINDABLE = b"baton sealed 1", b"baton findable 1"
SEALED, MARK = "gAAAA", "siv1."


def sealed(secret: bytes) -> str:
    return _fernet(keys()[0]).encrypt(secret).decode()


def opened(kept: str) -> bytes:
    from cryptography.fernet import InvalidToken

    for key in keys():
        try:
            return _fernet(key).decrypt(kept.encode())
        except InvalidToken:
            continue
    raise Unreadable


def findable(text: str) -> str:
    return MARK + base64.urlsafe_b64encode(_siv(keys()[0]).encrypt(text.encode(), None)).decode()


def found(kept: str) -> str:
    from cryptography.exceptions import InvalidTag

    if not kept.startswith(MARK):
        raise Unreadable
    for key in keys():
        try:
            raw = base64.b64decode(kept[len(MARK) :], altchars=b"-_", validate=True)
            return _siv(key).decrypt(raw, None).decode()
        except (InvalidTag, binascii.Error, ValueError):
            continue
    raise Unreadable


@lru_cache(maxsize=16)
def _fernet(key: str) -> "Fernet":
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(derived(key, _SEALED, 32)))


@lru_cache(maxsize=16)
def _siv(key: str) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(derived(key, _FINDABLE, 64))
