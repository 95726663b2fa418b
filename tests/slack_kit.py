"""A workspace of Slack as its people see it: the bot's messages with their buttons, and what comes of a press."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

from django.test import Client

from escalation.engine import deliver
from escalation.kit import clock as kit_clock
from escalation.kit import outbound
from escalation.notify.models import ChatAccount
from escalation.people.models import User
from incidents.answers import afterwards
from tests.reach_kit import met, reached_by

DOOR = "/integrations/slack/actions"
SECRET = "0123456789abcdef0123456789abcdef"
BACK = "https://hooks.slack.com/actions/T0SHOP/1/abc"
IN = "D024BE7LX"  # where every message lands
CHANNEL, ANAS, JOS, TOMS = "C024BE7LH", "U024BE7LA", "U024BE7LB", "U024BE7LC"


class Workspace:
    """Slack's side: the bot's messages with their buttons, who presses which, and what is said back."""

    def __init__(self, settings, monkeypatch):
        settings.BUNDLE_SECONDS = 0
        settings.SLACK_TOKEN, settings.SLACK_SIGNING_SECRET = "xoxb-1", SECRET
        self.messages: list[dict] = []
        self.back: list[tuple[str, dict]] = []
        self.edits: list[dict] = []
        self.trouble: list[outbound.Answer | Exception] = []  # that the next edits meet
        monkeypatch.setattr(outbound, "send", self._send)

    def _send(self, method_, url, *, body, headers, seconds=0):
        said = json.loads(body)
        if url.endswith("/chat.postMessage"):
            self.messages.append(said)
        elif url.endswith("/chat.update"):
            if self.trouble:
                return met(self.trouble.pop(0))
            self.edits.append(said)
        else:
            assert url in (BACK, "https://slack.com/api/views.open"), url
            assert (headers.get("Authorization") == "Bearer xoxb-1") == ("slack.com/api" in url)
            self.back.append((url, said))
        ts = f"{1_503_435_956 + len(self.messages)}.000247"
        return outbound.Answer(200, json.dumps({"ok": True, "channel": IN, "ts": ts}).encode(), whole=True)

    def posted(self) -> dict:
        """The newest message."""
        while deliver.deliver_due():
            pass
        return self.messages[-1]

    def press(self, account: str, verb: str = "press", message: dict | None = None, **changes):
        value = button(message or self.posted(), verb)["value"]
        payload = {
            "type": "block_actions",
            "user": {"id": account, "name": "somebody", "team_id": "T0SHOP"},
            "team": {"id": "T0SHOP"},
            "trigger_id": "1.2.3",
            "response_url": BACK,
            "actions": [{"action_id": f"baton_{verb}", "value": value, "type": "button"}],
        }
        return self.says(payload | changes)

    def type(self, account: str, dialog: dict, **typed: str):
        values = {name: {name: {"type": "plain_text_input", "value": text}} for name, text in typed.items()}
        if "reason" in typed:
            values["reason"]["reason"] = {"type": "static_select", "selected_option": {"value": typed["reason"]}}
        view = {**dialog, "state": {"values": values}}
        user = {"id": account, "name": "somebody", "team_id": "T0SHOP"}
        return self.says({"type": "view_submission", "user": user, "view": view})

    def says(self, payload):
        """Signed; what we say back is there when this returns."""
        self.back.clear()
        answer = post(urlencode({"payload": json.dumps(payload)}).encode())
        afterwards.settle()
        return answer

    @property
    def whispered(self) -> str:
        return " ".join(said["text"] for _url, said in self.back if said.get("response_type") == "ephemeral")

    @property
    def replaced(self) -> dict | None:
        return next((said for _url, said in self.back if said.get("replace_original")), None)

    # --- as every chat of the stories --------------------------------------------------------------

    channel, anas = "slack", ANAS

    def press_anas(self) -> None:
        """Ana presses, in her own chat."""
        self.press(ANAS)

    @property
    def told(self) -> str:
        """What is said to whoever pressed."""
        return self.whispered

    @property
    def now(self) -> str:
        """What the message says since the last press; empty if it was left as it was."""
        return self.read(self.replaced) if self.replaced else ""

    def read(self, said: dict) -> str:
        """An edited message, which has no buttons any more."""
        assert buttons(said) == {}
        return shown(said)

    def switch_off(self, settings) -> int:
        """No buttons from now on; returns what the door answers."""
        settings.SLACK_SIGNING_SECRET = ""
        return post(b"payload=%7B%7D").status_code

    @property
    def has_buttons(self) -> bool:
        return bool(buttons(self.posted()))

    @property
    def dialog(self) -> dict:
        [(url, said)] = self.back
        assert (url, said["trigger_id"]) == ("https://slack.com/api/views.open", "1.2.3")
        return said["view"]


def post(body: bytes, **headers: str):
    at = str(int(kit_clock.now().timestamp()))
    signed = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    sent = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signed}", **headers}
    sent = {name: value for name, value in sent.items() if value}
    return Client(enforce_csrf_checks=True).post(
        DOOR, body, content_type="application/x-www-form-urlencoded", headers=sent
    )


def buttons(message: dict) -> dict[str, dict]:
    elements = [one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]
    return {one["action_id"].removeprefix("baton_"): one for one in elements}


def button(message: dict, verb: str) -> dict:
    return buttons(message)[verb]


def shown(message: dict) -> str:
    return " ".join(block["text"]["text"] for block in message["blocks"] if "text" in block)


def reached(person: User, address: str) -> None:
    reached_by(person, "slack", address)


def linked(person, account: str) -> ChatAccount:
    return ChatAccount.objects.create(
        person=person, channel="slack", workspace="T0SHOP", account=account, nonce=account, linked_at=kit_clock.now()
    )
