"""By text message (SMS), through a gateway: the short form, which ends in the link."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .gateway import Gateway
from .message import Message


class Sms(Gateway):
    name = "sms"
    label = _("Text message (SMS)")
    who = "the SMS gateway"
    prefix = "BATON_SMS"

    def told(self) -> Mapping[str, str]:
        return settings.SMS

    def is_own(self, address: str) -> bool:
        return True

    def said(self, message: Message) -> str:
        return message.short

    def twilio(self, text: str) -> dict[str, str]:
        return {"Body": text}
