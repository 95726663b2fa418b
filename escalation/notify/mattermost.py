"""By Mattermost, through one incoming webhook of the installation, to a person or a channel."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut, markdown
from .message import Message, Recipient
from .web import Web, unset

_MOST = 16_000  # characters; Mattermost takes 16 383


class Mattermost(Web):
    name = "mattermost"
    label = _("Mattermost")
    who = "Mattermost"

    def ready(self) -> str:
        return unset(BATON_MATTERMOST_WEBHOOK=settings.MATTERMOST_WEBHOOK)

    def clean(self, address: str) -> str:
        address = address.strip().casefold()
        if not re.fullmatch(r"@?[a-z0-9][a-z0-9._-]{0,63}", address):
            raise ValidationError(gettext("A user as @name, or a channel by the name in its address."))
        return address

    def is_own(self, address: str) -> bool:
        return address.startswith("@")

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        said = {
            "channel": to.address,
            "text": cut(written(message), _MOST),
            "props": {"baton_key": key},
        }
        self.post(settings.MATTERMOST_WEBHOOK, key, said)
        return ""


def written(message: Message) -> str:
    opens = f"[{gettext('Open it in Baton')}]({message.link})"
    return f"**{markdown(message.subject)}** {opens}\n\n{markdown(body_of(message))}"
