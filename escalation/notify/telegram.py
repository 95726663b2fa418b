"""By Telegram, as this installation's bot.

All but our links is marked as preformatted, so that Telegram makes no link, mention, tag or command of what
people wrote; there is no markup to escape from.

Where presses come back (a webhook with a secret is set), what can be answered in one press is a button below.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut_units, units
from .message import Message, Recipient
from .senders import SendFailed
from .web import Reply, Web, pause_of, unset

_HOST = "api.telegram.org"
_STATUSES = range(400, 600)
_SAME = "message is not modified"
_MOST, _NOTE = 4096, 500  # UTF-16 units in a message, and of what has become of it


class Telegram(Web):
    name = "telegram"
    label = _("Telegram")
    who = "Telegram"
    refuses_us = (401,)

    def ready(self) -> str:
        return unset(BATON_TELEGRAM_TOKEN=settings.TELEGRAM_TOKEN)

    def provider(self, address: str) -> str:
        return _HOST

    def clean(self, address: str) -> str:
        address = address.strip()
        if not re.fullmatch(r"-?[1-9][0-9]{0,19}|@[A-Za-z][A-Za-z0-9_]{3,31}", address):
            raise ValidationError(gettext("A chat ID, which is a number, or a public channel as @name."))
        return address

    def is_own(self, address: str) -> bool:
        return address.isdecimal()  # groups are below zero

    def has_buttons(self, address: str) -> bool:
        return bool(settings.TELEGRAM_TOKEN and settings.TELEGRAM_SECRET)

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        result = self._call("sendMessage", key, {"chat_id": to.address, **written(message)})
        return str(result.get("message_id") or "") if isinstance(result, dict) else ""

    def can_amend(self, theirs: str) -> bool:
        return theirs.isascii() and theirs.isdecimal() and 0 < len(theirs) < 20

    def amend(self, to: Recipient, message: Message, theirs: str, note: str) -> None:
        chat = self.checked(to).address
        said = {"chat_id": chat, "message_id": int(theirs), **written(message, note=note)}
        try:
            self._call("editMessageText", f"{theirs}/over", said)
        except SendFailed as failure:
            if _SAME not in failure.detail:  # it says so already, because a press was answered there
                raise

    def _call(self, act: str, key: str, said: Mapping[str, object]) -> object:
        token = settings.TELEGRAM_TOKEN
        reply = self.post(f"https://{_HOST}/bot{token}/{act}", key, said, hide=(token,))
        if reply.facts.get("ok") is False:
            raise self.refused(reply)
        if reply.facts.get("ok") is not True:
            raise self.unreadable(reply)
        return reply.facts.get("result")

    def refused(self, reply: Reply) -> SendFailed:
        """Telegram repeats the status in its answer, and says there how long to wait."""
        code, more = reply.facts.get("error_code"), reply.facts.get("parameters")
        failure = super().refused(replace(reply, status=code) if isinstance(code, int) and code in _STATUSES else reply)
        if isinstance(more, dict) and "retry_after" in more:
            failure.retry_after = pause_of(more["retry_after"])
        return failure


def written(message: Message, *, note: str = "") -> dict[str, object]:
    """``note``: what has become of it, in place of the button."""
    links = "\n".join(filter(None, [message.answer, message.page, message.link]))
    note = cut_units(note, _NOTE)
    room = _MOST - units(links) - 2 - (units(note) + 2 if note else 0)
    words = cut_units(f"{message.subject}\n\n{body_of(message, answer=False)}", room)
    words = f"{words}\n\n{note}" if note else words
    said: dict[str, object] = {
        "text": f"{words}\n\n{links}",
        "entities": [{"type": "pre", "offset": 0, "length": units(words)}],
        "link_preview_options": {"is_disabled": True},
    }
    if message.button and message.press and not note:
        said["reply_markup"] = {"inline_keyboard": [[{"text": message.press, "callback_data": message.button}]]}
    return said
