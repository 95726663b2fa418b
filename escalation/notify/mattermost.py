"""By Mattermost, through one incoming webhook of the installation, to a person or a channel.

A press of a button comes back unsigned. So a button carries, where only the server sees it, a seal over what it does
and until when, with a key of its own for each place that messages go to.
"""

import hmac
import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut, markdown
from .masking import masked
from .message import Message, Recipient
from .web import Web, unset

PRESS = "press"
VALID = timedelta(days=1)  # of a button
_MOST = 16_000  # characters; Mattermost takes 16 383
_SALT = "escalation.notify.mattermost"


class Mattermost(Web):
    name = "mattermost"
    label = _("Mattermost")
    who = "Mattermost"
    refuses_us = (401, 403)

    def ready(self) -> str:
        return unset(BATON_MATTERMOST_WEBHOOK=settings.MATTERMOST_WEBHOOK)

    def provider(self, address: str) -> str:
        return masked(settings.MATTERMOST_WEBHOOK)

    def clean(self, address: str) -> str:
        address = address.strip().casefold()
        if not re.fullmatch(r"@?[a-z0-9][a-z0-9._-]{0,63}", address):
            raise ValidationError(gettext("A user as @name, or a channel by the name in its address."))
        return address

    def is_own(self, address: str) -> bool:
        return address.startswith("@")

    def has_buttons(self, address: str) -> bool:
        return bool(settings.MATTERMOST_BUTTONS)

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        said: dict[str, Any] = {
            "channel": to.address,
            "text": written(message),
            "props": {"baton_key": key},
        }
        if message.button and message.press:
            said["attachments"] = [_buttons(to.address, message)]
        self.post(settings.MATTERMOST_WEBHOOK, key, said)
        return ""


def written(message: Message) -> str:
    links = f"[{gettext('Open it in Baton')}]({message.link})"
    if message.page:
        links = f"[{gettext('Answer')}]({message.page}) · {links}"
    return cut(f"**{markdown(message.subject)}** {links}\n\n{markdown(body_of(message))}", _MOST)


def _buttons(address: str, message: Message) -> dict[str, Any]:
    until = int((message.at + VALID).timestamp())
    context = {
        "verb": PRESS,
        "button": message.button,
        "exp": until,
        "mac": seal(address, PRESS, message.button, until),
    }
    where = {"url": settings.ADDRESS + reverse("mattermost-actions"), "context": context}
    action = {"id": PRESS, "name": message.press, "type": "button", "style": "primary", "integration": where}
    return {"fallback": message.press, "text": "", "actions": [action]}


def seal(address: str, verb: str, button: str, until: int) -> str:
    return _sealed(settings.SECRET_KEY, address, verb, button, until)


def is_sealed(mac: str, address: str, verb: str, button: str, until: int) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(_sealed(key, address, verb, button, until), mac) for key in keys)


def _sealed(key: str, address: str, verb: str, button: str, until: int) -> str:
    own = salted_hmac(_SALT, address, secret=key, algorithm="sha256").digest()
    return hmac.new(own, f"{verb}|{button}|{until}".encode(), "sha256").hexdigest()
