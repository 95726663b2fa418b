"""A server of Mattermost: what its webhook is given, and what it posts when somebody presses."""

import json

from django.test import Client

from escalation.engine import deliver
from escalation.kit import outbound
from escalation.people.models import User
from tests.reach_kit import reached_by

DOOR = "/integrations/mattermost/actions"
ANAS, JOS = "rd49ehbqyjytddasoownkuqrxe", "5xxzt146eax4tul69409opqjlf"


class Server:
    """Mattermost's side: what the webhook is given, and what is posted when somebody presses."""

    def __init__(self, settings, monkeypatch):
        settings.BUNDLE_SECONDS = 0
        settings.MATTERMOST_WEBHOOK = "https://chat.example.com/hooks/x7k3q9w1e5r2t8y4u6i0o9p3ab"
        settings.MATTERMOST_BUTTONS = True
        self.posts: list[dict] = []
        monkeypatch.setattr(outbound, "send", self._send)

    def _send(self, method_, url, *, body, headers, seconds):
        self.posts.append(json.loads(body))
        return outbound.Answer(200, b"ok", whole=True)

    def posted(self) -> dict:
        while deliver.deliver_due():
            pass
        return self.posts[-1]

    def action(self) -> dict:
        [attachment] = self.posted()["attachments"]
        [action] = attachment["actions"]
        assert action["id"].isalnum(), "a dash or an underscore breaks Mattermost's own route"
        return action

    def press(self, user: str, name: str, **changes):
        integration = self.action()["integration"]
        assert integration["url"].endswith(DOOR)
        said = {
            "user_id": user,
            "user_name": name,
            "channel_id": "j6j53p28k6urx15fpcgsr20psq",
            "post_id": "gzduj33ebwxq1ksoqnhoo4o3ta",
            "context": integration["context"] | changes,
        }
        return post(said)

    # --- as every chat of the stories --------------------------------------------------------------

    channel, anas = "mattermost", "@ana.ruiz"

    def press_anas(self) -> None:
        self._answer = self.press(ANAS, "ana.ruiz").json()

    @property
    def told(self) -> str:
        return self._answer.get("ephemeral_text", "")

    @property
    def now(self) -> str:
        return self.read(self._answer["update"]) if "update" in self._answer else ""

    def read(self, said: dict) -> str:
        [attachment] = said["props"]["attachments"]
        assert "actions" not in attachment
        return f"{said['message']} {attachment['text']}"

    def switch_off(self, settings) -> int:
        settings.MATTERMOST_BUTTONS = False
        return post({}).status_code

    @property
    def has_buttons(self) -> bool:
        return "attachments" in self.posted()


def post(said):
    body = said if isinstance(said, bytes) else json.dumps(said)
    return Client(enforce_csrf_checks=True).post(DOOR, body, content_type="application/json")


def reached(person: User, address: str) -> None:
    reached_by(person, "mattermost", address)
