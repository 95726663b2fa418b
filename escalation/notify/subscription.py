"""A browser's push subscription as an address: where to send, and for whose eyes. Pure, but for the guard's list.

Canonical JSON in ASCII, the browser's own shape without what expires: the same subscription is the same text.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .web import clean_url

MOST = 1500  # characters of the whole; so many fit into a contact method
_LONGEST = 1000  # of the endpoint


@dataclass(frozen=True)
class Subscription:
    endpoint: str
    p256dh: str  # the browser's public key
    auth: str  # what only it and we know

    @classmethod
    def read(cls, text: str) -> "Subscription":
        """From what a browser says, or from an address; ``ValidationError`` if it is none."""
        try:
            said: Any = json.loads(text) if len(text) <= 2 * MOST else {}
            endpoint, point, secret = said["endpoint"], *(_decoded(said["keys"][name]) for name in ("p256dh", "auth"))
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _none() from None
        if len(point) != 65 or len(secret) != 16 or not isinstance(endpoint, str) or not endpoint.isascii():
            raise _none()  # browsers write all else of an address in ASCII
        url = clean_url(endpoint, longest=_LONGEST)
        if "[" in urlsplit(url).netloc:  # a number of IPv6: no push service has one, and nothing can be signed for it
            raise _none()
        return cls(url, encoded(point), encoded(secret))

    @property
    def address(self) -> str:
        keys = {"auth": self.auth, "p256dh": self.p256dh}
        return json.dumps({"endpoint": self.endpoint, "keys": keys}, sort_keys=True, separators=(",", ":"))

    @property
    def point(self) -> bytes:
        return _decoded(self.p256dh)

    @property
    def secret(self) -> bytes:
        return _decoded(self.auth)


def _none() -> ValidationError:
    return ValidationError(_("This is no browser's subscription."))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    text = text.rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
