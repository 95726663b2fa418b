"""By ntfy, to a topic on the server of this installation.

A topic is as good as a password and stays out of reasons and details. The sequence id makes a second
copy of a message replace the first one on the phone (ntfy 2.16 and newer).
"""

import hashlib
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut_bytes
from .masking import masked
from .message import Message, Recipient
from .web import Web, printable, unset

_MOST = 3500  # bytes; ntfy takes 4096 and makes a file of more
_LOUD, _PLAIN = 5, 3  # 5 rings through "do not disturb" where the phone lets it


class Ntfy(Web):
    name = "ntfy"
    label = _("ntfy")
    who = "ntfy"
    refuses_us = (401,)

    def ready(self) -> str:
        return unset(BATON_NTFY_URL=settings.NTFY_URL)

    def provider(self, address: str) -> str:
        return masked(settings.NTFY_URL)

    def clean(self, address: str) -> str:
        address = address.strip()
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", address):
            raise ValidationError(gettext("A topic: letters, digits, - and _, at most 64."))
        return address

    def is_own(self, address: str) -> bool:
        return True

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        token = settings.NTFY_TOKEN
        same = hashlib.sha256(f"{key}\n{message.at.isoformat()}".encode()).hexdigest()[:32]
        headers = {"Idempotency-Key": printable(key), "X-Sequence-ID": same}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        said = {
            "topic": to.address,
            "title": message.subject,
            "message": cut_bytes(body_of(message), _MOST),
            "priority": _LOUD if message.asks else _PLAIN,
            "click": message.link,
        }
        reply = self.post(settings.NTFY_URL, key, said, headers=headers, hide=(token, to.address))
        if not isinstance(reply.facts.get("id"), str):
            raise self.unreadable(reply)
        return reply.facts["id"]
