"""Telephones, through a gateway of one's own: what a text message and a voice call have in common.

A gateway speaks one of three shapes: ``json`` and ``form`` are ours (``to``, ``from``, ``text``, ``key``) with a
bearer token, ``twilio`` is the form of Twilio's API, which others speak too.
"""

import base64
import re
from abc import abstractmethod
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from .masking import masked
from .message import Message, Recipient
from .senders import SendFailed
from .web import Reply, Web, may_pass, pause_of, printable, unset

SHAPES = ("json", "form", "twilio")
_IDS = ("id", "sid", "message_id")
_OURS = ("to", "from", "text", "body", "key")  # of what we said
_NO = ("failed", "rejected", "undelivered", "error", "canceled")


class Gateway(Web):
    """A subclass says which settings are its own and what is said."""

    prefix: str  # of its settings' names
    refuses_us = (401, 403)

    @abstractmethod
    def told(self) -> Mapping[str, str]:
        """Its settings: url, token, shape and from."""

    @abstractmethod
    def said(self, message: Message) -> str:
        """What is sent or spoken of it."""

    @abstractmethod
    def twilio(self, text: str) -> dict[str, str]:
        """What Twilio is told to do with it."""

    def ready(self) -> str:
        told, prefix = self.told(), self.prefix
        needed = {f"{prefix}_URL": told["url"], f"{prefix}_TOKEN": told["token"]}
        if told["shape"] == "twilio":
            needed[f"{prefix}_FROM"] = told["from"]
            if ":" not in told["token"] and told["token"]:
                return gettext("%(setting)s must be an account and its token, with a colon between.") % {
                    "setting": f"{prefix}_TOKEN"
                }
        if told["shape"] not in SHAPES:
            return gettext("%(setting)s must be one of: %(shapes)s.") % {
                "setting": f"{prefix}_SHAPE",
                "shapes": ", ".join(SHAPES),
            }
        return unset(**needed)

    def provider(self, address: str) -> str:
        return masked(self.told()["url"])

    def clean(self, address: str) -> str:
        """A number in the form of E.164: +49…, without blanks."""
        number = re.sub(r"[\s().\u00a0/-]", "", address)
        number = re.sub(r"^00", "+", number)
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            raise ValidationError(gettext("A telephone number with its country, such as +49 30 901820."))
        return number

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        told, text = self.told(), self.said(message)
        if told["shape"] == "twilio":
            reply = self._as_twilio(told, to.address, text, key)
        else:
            named = {"to": to.address, "from": told["from"], "text": text, "key": key}
            fields = {name: value for name, value in named.items() if value}
            form = told["shape"] == "form"
            headers = {"Authorization": f"Bearer {told['token']}", "Idempotency-Key": printable(key)}
            reply = self.post(told["url"], key, fields, form=form, headers=headers, hide=(told["token"],))
        if _says_no(reply):
            # Final, so that the next step is taken at once and not when all tries are over.
            lasts = not may_pass(reply, _why(reply))
            pause = pause_of(reply.headers.get("Retry-After"))
            raise SendFailed(f"{self.who} refused", permanent=lasts, detail=reply.detail, retry_after=pause, up=True)
        return next((str(reply.facts[name]) for name in _IDS if reply.facts.get(name)), "")

    def _as_twilio(self, told: Mapping[str, str], number: str, text: str, key: str) -> Reply:
        account, _colon, token = told["token"].partition(":")
        basic = base64.b64encode(told["token"].encode()).decode()
        sender = "MessagingServiceSid" if told["from"].startswith("MG") else "From"
        fields = {"To": number, sender: told["from"], **self.twilio(text)}
        headers = {"Authorization": f"Basic {basic}"}
        reply = self.post(told["url"], key, fields, form=True, headers=headers, hide=(token, account, basic))
        if not reply.facts.get("sid"):
            raise self.unreadable(reply)
        return reply


def _says_no(reply: Reply) -> bool:
    """Whether a 2xx says in its JSON that it took nothing."""
    facts = reply.facts
    refused = facts.get("ok") is False or facts.get("success") is False
    return refused or bool(facts.get("error") or facts.get("error_code")) or facts.get("status") in _NO


def _why(reply: Reply) -> str:
    """What it says of itself, and nothing of our message that it may quote."""
    return " ".join(str(value) for name, value in reply.facts.items() if name.casefold() not in _OURS)
