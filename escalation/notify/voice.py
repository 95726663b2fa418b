"""By telephone, through a gateway that speaks: the short form, for the ear, without the link."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .gateway import Gateway
from .message import Message


class Voice(Gateway):
    name = "voice"
    label = _("Telephone call")
    who = "the voice gateway"
    prefix = "BATON_VOICE"

    def told(self) -> Mapping[str, str]:
        return settings.VOICE

    def said(self, message: Message) -> str:
        words = message.short.removesuffix(message.link).strip()
        words = re.sub(r"\bSEV([1-5]) (?=\w+-\d)", r"Severity \1, ", words)  # a breath before the number
        return "This is Baton. " + re.sub(r"\bSEV([1-5])\b", r"Severity \1", words)

    def twilio(self, text: str) -> dict[str, str]:
        """Spoken twice: whoever was asleep has missed the first time."""
        return {"Twiml": f'<Response><Say loop="2">{escape(text)}</Say></Response>'}
