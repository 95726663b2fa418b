"""On the desk: nothing leaves the house. The delivery's row is what pages and the browser read."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .message import Message, Recipient


class Desk:
    name = "desk"
    label = _("The desk")
    timeout = 0.0
    in_house = True

    def ready(self) -> str:
        return ""

    def clean(self, address: str) -> str:
        if address.strip():
            raise ValidationError(_("The desk needs no address."))
        return ""

    def send(self, to: Recipient, message: Message, key: str) -> str:
        return ""
