"""A gateway for text messages as people's telephones see it: what arrives there, and what is written back."""

import itertools
import json
import re

from django.test import Client

from escalation.engine import deliver
from escalation.kit import outbound
from escalation.notify.models import ContactMethod
from escalation.people.models import User
from tests.reach_kit import reached_by

KEY = "gateway-key-0123456789"
DOOR = f"/integrations/sms/{KEY}"


class Gateway:
    """It takes every text message, and posts every reply to the door, in the shape ``json``."""

    def __init__(self, settings, monkeypatch):
        settings.SMS = {"url": "https://gateway.example.com/sms", "token": "t", "shape": "json", "from": ""}
        settings.SMS_REPLY_KEY = KEY
        self.sent: list[tuple[str, str]] = []
        self._ids = itertools.count(1)
        monkeypatch.setattr(outbound, "send", self._send)

    def _send(self, method_, url, *, body, headers, seconds):
        said = json.loads(body)
        self.sent.append((said["to"], said["text"]))
        return outbound.Answer(200, b"{}", whole=True)

    def phone(self, person: User, number: str = "+4930901821") -> "Phone":
        """Their only way, from now on: called at once, whatever the severity."""
        return Phone(self, reached_by(person, "sms", number))

    def post(self, number: str, text: str, *, same: str = "", **extra):
        same = same or f"id-{next(self._ids)}"
        said = {"from": number, "text": text, "id": same, **extra}
        return Client(enforce_csrf_checks=True).post(DOOR, json.dumps(said), content_type="application/json")


class Phone:
    def __init__(self, gateway: Gateway, way: ContactMethod):
        self.gateway, self.way = gateway, way

    @property
    def texts(self) -> list[str]:
        """All that has arrived, after what is due has left."""
        while deliver.deliver_due():
            pass
        return [text for number, text in self.gateway.sent if number == self.way.address]

    @property
    def last(self) -> str:
        return self.texts[-1]

    @property
    def code(self) -> str:
        """The code in the newest call."""
        found = [re.findall(r"Reply (\d+) ", text) for text in self.texts]
        return next(codes[0] for codes in reversed(found) if codes)

    def write(self, text: str, **how) -> str:
        """Write back; returns what is answered, and nothing if nothing is."""
        before = len(self.texts)
        assert self.gateway.post(self.way.address, text, **how).status_code == 204
        new = self.texts[before:]
        assert len(new) < 2, new
        return new[0] if new else ""
