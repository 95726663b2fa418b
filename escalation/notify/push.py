"""Into a browser, open or not: web push (RFC 8030), readable by that browser alone (RFC 8291).

The push service carries ciphertext. It keeps one message for each incident, the newest, while the browser is away
(``Topic``), and the browser shows one notification for each (``tag``): a second copy replaces the first. So it is for
each swap and each cover; one replaces no other's. What stands for several messages replaces nothing, since nothing that
follows repeats it.

A browser is verified like every other way, by a message with a code, which the service worker that gets it hands back
by itself. That proves that the browser is there, that the push service lets us through and that the worker runs,
before anybody counts on it; to believe the browser at once would prove none of this.
"""

import hashlib
import json
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock

from . import vapid
from .message import Message, Recipient
from .senders import SendFailed
from .subscription import Subscription
from .web import Reply, Web

MOST = 3072  # bytes of what is encrypted; services take 4096 of ciphertext
_GONE = (404, 410)
# Seconds that a push service keeps it for a browser that is away. A call that is older wakes somebody for nothing.
_ASKED_FOR, _CALLS, _TELLS = 15 * 60, 60 * 60, 12 * 60 * 60
_WAITED_FOR = ("test", "reply")  # whoever asked for it looks now
_LONGEST = 28 * 24 * 60 * 60  # services keep nothing longer
_BUNDLE = "bundle"


class Push(Web):
    name = "push"
    label = _("Browser")
    who = "the push service"
    typed = False  # no person types its address

    def ready(self) -> str:
        return "" if vapid.public() else gettext("This installation has no VAPID key: manage.py vapidkey makes one.")

    def clean(self, address: str) -> str:
        return Subscription.read(address).address

    def is_own(self, address: str) -> bool:
        return True

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        subscription = Subscription.read(to.address)
        body = encrypted(payload(message), subscription)
        hidden = (subscription.p256dh, subscription.auth)
        self.post(subscription.endpoint, key, body, headers=_headers(message, subscription.endpoint), hide=hidden)
        return ""  # its address for the message would let whoever reads it take the message back

    def refused(self, reply: Reply) -> SendFailed:
        if reply.status in _GONE:
            reason = "the browser takes no messages any more"
            return SendFailed(reason, permanent=True, gone=True, detail=reply.detail, up=True)
        return super().refused(reply)


def payload(message: Message) -> bytes:
    """What the service worker reads: ``static/js/sw.js``."""
    said: dict[str, Any] = {
        "kind": message.kind,
        "title": message.head or message.subject,
        "body": "",
        "link": message.link.removeprefix(settings.ADDRESS),
        "tag": _tag(message),
        "stays": message.asks,
    }
    if message.code:
        said["code"] = message.code
        done = {"title": gettext("Baton reaches you in this browser"), "body": gettext("Now a rule can use it.")}
        said["confirmed"] = done
    elif message.kind == _BUNDLE:
        said["actions"] = [["cues", gettext("My cues")]]
    elif message.ref:
        said["actions"] = [["open", gettext("Open the incident")], ["cues", gettext("My cues")]]
        if message.answer:  # browsers show two; a click beside them opens the incident
            said["answer"] = message.answer.removeprefix(settings.ADDRESS)
            said["actions"] = [["page", gettext("Answer …")], ["open", gettext("Open the incident")]]
        if message.press:
            said["actions"] = [["answer", message.press], ["page", gettext("Other answers …")]]
    said["body"] = _fitted(message.line, MOST - len(_written(said)))
    return _written(said)


def _written(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _fitted(text: str, room: int) -> str:
    """As much of ``text`` as has room where it is written: there a quotation mark takes two bytes."""
    if _size(text) <= room:
        return text
    room -= _size("…")
    for number, character in enumerate(text):
        room -= _size(character)
        if room < 0:
            return text[:number].rstrip() + "…"
    return text


def _size(text: str) -> int:
    return len(_written(text)) - 2  # without the marks around it


def _tag(message: Message) -> str:
    """An incident's is its address, as for what an open page shows: of the two one stays."""
    if message.kind == _BUNDLE:
        return f"{_BUNDLE}:{message.at.isoformat()}"
    return message.link.removeprefix(settings.ADDRESS) if message.ref else message.tag or message.kind


def _keep(message: Message) -> int:
    """A shift may be told of weeks ahead, and is worth knowing until it begins."""
    if message.asks:
        return _CALLS
    if message.code or message.kind in _WAITED_FOR:
        return _ASKED_FOR
    ahead = int((message.begins - clock.nearly()).total_seconds()) if message.begins else 0
    return min(max(_TELLS, ahead), _LONGEST)


def _headers(message: Message, endpoint: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(_keep(message)),
        "Urgency": "high" if message.asks or message.code or message.loud else "normal",
        "Authorization": vapid.authorization(endpoint),
    }
    if message.kind != _BUNDLE:
        # Hashed: whoever carries it is not to learn from it what it is about.
        headers["Topic"] = hashlib.sha256(f"{vapid.public()}\n{_tag(message)}".encode()).hexdigest()[:32]
    return headers


def encrypted(plain: bytes, subscription: Subscription) -> bytes:
    """With a key of its own, used this once."""
    assert len(plain) <= MOST
    once = ec.generate_private_key(ec.SECP256R1())
    given = {"private_key": once, "dh": subscription.point, "auth_secret": subscription.secret}
    return bytes(http_ece.encrypt(plain, version="aes128gcm", **given))
