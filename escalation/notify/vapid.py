"""By what push services know this installation: one key pair, for good (RFC 8292).

A browser subscribes with the public half, and takes messages signed with the private half only: with another
key every browser has to be asked again. So a key is made once, by ``setup``, ``demo`` or ``manage.py vapidkey``, and
no start ever makes one by itself: several hosts on one database share one, by ``BATON_VAPID_KEY``.
"""

import base64
import contextlib
import os
import time
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from .subscription import encoded

_VALID = 12 * 3600  # seconds; push services take nothing that is valid for more than a day
_BYTES = 32


def file() -> Path:
    """Where the key is kept, unless the environment gives it."""
    return Path(settings.HOME, ".demo-vapid.key" if settings.DEMO else ".vapid.key")


def is_set() -> bool:
    """Whether the environment gives it."""
    return bool(settings.VAPID_KEY)


def make() -> bool:
    """Make the key if there is none; whether one was made."""
    if is_set():
        return False
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    try:
        descriptor = os.open(file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as out:
        out.write(encoded(number.to_bytes(_BYTES, "big")) + "\n")
    return True


def public() -> str:
    """The half that browsers are given; empty while there is no key."""
    key = _key(_kept())
    return "" if key is None else encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(url: str) -> str:
    """Who we are, for the push service of ``url``; it may write to ``sub`` if we are a nuisance."""
    parts = urlsplit(url)
    contact = settings.ADDRESS if settings.SECURE else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + _VALID, "sub": contact}
    signer = Vapid02(_key(_kept()), {"no-strict": True})  # its idea of an address is narrower than the world's
    return str(signer.sign(claims)["Authorization"])


def _kept() -> str:
    if settings.VAPID_KEY:
        return str(settings.VAPID_KEY)
    with contextlib.suppress(OSError):
        return file().read_text().strip()
    return ""


@cache
def _key(text: str) -> ec.EllipticCurvePrivateKey | None:
    """Nothing for what is no key: a number of 32 bytes, in base64url."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()) if len(raw) == _BYTES else None
    except ValueError:
        return None
