"""A channel of Mattermost: by a bot where the installation has one, and else by its incoming webhook.

A button is sealed as those of a person's message are. What wants words opens a page: there is nowhere to ask for them.
"""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext

from ..chat import cut, markdown
from ..masking import masked
from ..mattermost import Mattermost, seal
from ..senders import SendFailed
from ..web import Web, unset
from .said import Button, Lost, Said

_MOST = 16_000  # characters; Mattermost takes 16 383


class MattermostRoom(Mattermost):
    refuses_us = (401, 403)

    def ready(self) -> str:
        if settings.MATTERMOST_TOKEN or settings.MATTERMOST_WEBHOOK:
            return Web.ready(self)
        return unset(BATON_MATTERMOST_TOKEN=settings.MATTERMOST_TOKEN)

    def provider(self, address: str) -> str:
        return masked(settings.MATTERMOST_URL if self.changes(address) else settings.MATTERMOST_WEBHOOK)

    def clean(self, address: str) -> str:
        address = super().clean(address)
        if self.is_own(address):
            raise ValidationError(gettext("That is a person. A channel is its name, as in its web address, or its ID."))
        if not settings.MATTERMOST_WEBHOOK and not _is_id(address):
            raise ValidationError(gettext("The bot wants a channel's ID, 26 letters and digits: “View info” shows it."))
        return address

    def changes(self, address: str) -> bool:
        return bool(settings.MATTERMOST_URL and settings.MATTERMOST_TOKEN) and _is_id(address)

    def hears(self, address: str) -> bool:
        return bool(settings.MATTERMOST_BUTTONS)

    def tell(self, address: str, said: Said, key: str) -> str:
        if not self.changes(address):
            self.post(settings.MATTERMOST_WEBHOOK, key, {"channel": address, **written(address, said, whole=False)})
            return ""
        facts = self._bot("POST", "posts", {"channel_id": address, **written(address, said)}, key)
        theirs = str(facts.get("id") or "")
        return theirs if _is_id(theirs) else ""

    def retell(self, address: str, theirs: str, said: Said, key: str) -> None:
        try:
            self._bot("PUT", f"posts/{theirs}/patch", written(address, said), key)
        except SendFailed as failed:
            if failed.status in (400, 404):
                raise Lost(failed.reason, detail=failed.detail, status=failed.status) from None
            raise

    def _bot(self, method: str, what: str, told: dict[str, Any], key: str) -> dict[str, Any]:
        token = settings.MATTERMOST_TOKEN
        url = f"{settings.MATTERMOST_URL}/api/v4/{what}"
        headers = {"Authorization": f"Bearer {token}"}
        return dict(self.post(url, key, told, headers=headers, hide=(token,), method=method).facts)


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9]{26}", text))


def written(address: str, said: Said, *, whole: bool = True) -> dict[str, Any]:
    """``whole``: for the bot, whose posts have one word for their text and another place for what hangs on it."""
    links = [(said.link, gettext("Open it in Baton"))] if said.link else []
    links = [*((one.page, one.label) for one in said.buttons if one.wordy or not said.key), *links]
    shown = " · ".join(f"[{label}]({url})" for url, label in links)
    lines = "\n".join(markdown(line) for line in said.lines)
    text = cut("\n\n".join(filter(None, [f"**{markdown(said.head)}**", lines, shown])), _MOST)
    pressed = [_action(address, one, said) for one in said.buttons if said.key and not one.wordy]
    attachments = [{"fallback": pressed[0]["name"], "text": "", "actions": pressed}] if pressed else []
    return (
        {"message": text, "props": {"attachments": attachments}}
        if whole
        else {
            "text": text,
            "attachments": attachments,
        }
    )


def _action(address: str, one: Button, said: Said) -> dict[str, Any]:
    context = {
        "verb": one.verb,
        "button": said.key,
        "exp": said.until,
        "mac": seal(address, one.verb, said.key, said.until),
    }
    where = {"url": settings.ADDRESS + reverse("mattermost-actions"), "context": context}
    return {"id": one.verb, "name": one.label, "type": "button", "style": "primary", "integration": where}
