"""By webhook, signed as Standard Webhooks has it, for whatever else is to hear of a message.

Each receiver has a key of its own, derived from the installation's secret and the receiver's address, so
that none can forge messages to another; ``manage.py webhooksecret`` shows it. While the setting holds two
secrets, the new one first, messages are signed with both.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import cut_bytes
from .message import Message, Recipient
from .web import Web, clean_url, printable, unset

_SHORTEST = 24  # bytes of a secret
_MOST = 15_000  # bytes of the long form
_SHOWN = "whsec_"


class Webhook(Web):
    name = "webhook"
    label = _("Webhook")
    shared = False
    who = "the webhook's receiver"

    def ready(self) -> str:
        wrong = gettext("BATON_WEBHOOK_SECRET must be whsec_ and at least 24 random bytes in base64.")
        try:
            return unset(BATON_WEBHOOK_SECRET=_secrets())
        except ValueError:
            return wrong

    def clean(self, address: str) -> str:
        return clean_url(address)

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        body = written(to, message, key)
        same = identity(key, message)
        now = int(time.time())
        headers = {
            "webhook-id": same,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(signature(one, same, now, body) for one in keys_of(to.address)),
            "Idempotency-Key": printable(key),
        }
        self.post(to.address, key, body, headers=headers)
        return same


def written(to: Recipient, message: Message, key: str) -> bytes:
    """The exact bytes that are signed and sent."""
    full = cut_bytes(message.full, _MOST)
    data = {
        "key": key,
        "to": to.name,
        "ref": message.ref,
        "link": message.link,
        "asks": message.asks,
        "subject": message.subject,
        "short": message.short,
        "full": full,
    }
    if full != message.full:
        data["truncated"] = True
    at = message.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    said = {"type": f"message.{message.kind}", "timestamp": at, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def identity(key: str, message: Message) -> str:
    """The same at every try. With the instant: after a restart on an empty database the same keys come again."""
    return "msg_" + hashlib.sha256(f"{key}\n{message.at.isoformat()}".encode()).hexdigest()[:32]


def signature(key: bytes, same: str, now: int, body: bytes) -> str:
    digest = hmac.new(key, f"{same}.{now}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def keys_of(address: str) -> list[bytes]:
    """A receiver's keys, the newest first."""
    return [hmac.new(secret, f"webhook {address}".encode(), hashlib.sha256).digest() for secret in _secrets()]


def shown(key: bytes) -> str:
    return _SHOWN + base64.b64encode(key).decode()


def _secrets() -> list[bytes]:
    found = []
    for text in settings.WEBHOOK_SECRET:
        try:
            secret = base64.b64decode(text.removeprefix(_SHOWN), validate=True)
        except binascii.Error as error:
            raise ValueError from error
        if len(secret) < _SHORTEST or not text.startswith(_SHOWN):
            raise ValueError
        found.append(secret)
    return found
