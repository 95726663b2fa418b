"""Codes: those an app shows for half a minute (RFC 6238), and those on paper. Pure; no row, no clock of its own."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from hmac import compare_digest
from urllib.parse import quote, urlencode

PERIOD = 30  # seconds
DIGITS = 6
EARLIER_OR_LATER = 1  # steps by which a telephone's clock may be wrong, or its owner slow
ISSUER = "Baton"

RECOVERY = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_GROUPS, _LONG = 4, 4  # 16 letters of 31: 79 bits, so a plain hash keeps them


# --- an app's --------------------------------------------------------------------------------


def new_secret() -> str:
    """160 bits in base32, as apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.hotp import HOTP

    return HOTP(base64.b32decode(secret), DIGITS, SHA1()).generate(step).decode()  # noqa: S303 (what apps do)


def step_of(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The step whose code this is; None if it is none of now, or not later than ``after``, the last one used."""
    said = "".join(code.split())
    if len(said) != DIGITS or not (said.isascii() and said.isdigit()):
        return None
    current = int(now.timestamp()) // PERIOD
    for step in range(current - EARLIER_OR_LATER, current + EARLIER_OR_LATER + 1):
        if step > after and compare_digest(code_at(secret, step), said):
            return step
    return None


def address(secret: str, person: str) -> str:
    """What the square says to an app."""
    said = urlencode({"secret": secret, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(ISSUER)}:{quote(person)}?{said}"


def square(text: str) -> tuple[int, str]:
    """A QR code: the length of its side, and the path that draws it in an SVG."""
    import qrcode

    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), path


# --- on paper --------------------------------------------------------------------------------


def new_recovery_codes() -> list[str]:
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY)]


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LONG))


def kept(codes: Iterable[str]) -> list[str]:
    """How recovery codes are kept."""
    return [hashlib.sha256(_letters(code).encode()).hexdigest() for code in codes]


def without(hashes: Sequence[str], code: str) -> list[str] | None:
    """The others, if this is one of them; None if not."""
    (mine,) = kept([code])
    left = [one for one in hashes if not compare_digest(one, mine)]
    return left if len(left) < len(hashes) else None


def _letters(code: str) -> str:
    """As they were written: capitals, spaces and other dashes are the same."""
    return "".join(letter for letter in code.casefold()[:100] if letter in _LETTERS)
