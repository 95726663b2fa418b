"""Telegram's side: what the bot writes, who presses, and what is said back."""

import json

from django.test import Client

from escalation.engine import deliver
from escalation.kit import outbound
from escalation.people.models import User
from incidents.answers import afterwards
from tests.reach_kit import met, reached_by

DOOR, SECRET = "/integrations/telegram/actions", "shown-by-telegram-0123456789"
ANAS, JOS, GROUP = 987654321, 987654322, -1001234567890


class Bot:
    """Telegram's side: what the bot writes, who presses, and what is said back."""

    def __init__(self, settings, monkeypatch):
        settings.BUNDLE_SECONDS = 0
        settings.TELEGRAM_TOKEN, settings.TELEGRAM_SECRET = "110201543:AAF", SECRET
        self.messages: list[dict] = []
        self.back: dict[str, dict] = {}
        self.edits: list[dict] = []
        self.trouble: list[outbound.Answer | Exception] = []  # that the next edits meet
        monkeypatch.setattr(outbound, "send", self._send)

    def _send(self, method_, url, *, body, headers, seconds=0):
        base, act = url.rsplit("/", 1)
        assert base == "https://api.telegram.org/bot110201543:AAF"
        if act == "sendMessage":
            self.messages.append(json.loads(body))
        else:
            self.back[act] = json.loads(body)
        if act == "editMessageText":
            if self.trouble:
                return met(self.trouble.pop(0))
            self.edits.append(self.back[act])
        return outbound.Answer(200, b'{"ok": true, "result": {"message_id": 77}}', whole=True)

    def posted(self) -> dict:
        while deliver.deliver_due():
            pass
        return self.messages[-1]

    def press(self, presser, *, data: str | None = None, shown: str = SECRET):
        message = self.posted()
        [[button]] = message["reply_markup"]["inline_keyboard"]
        assert len(button["callback_data"].encode()) <= 64
        query = {
            "id": "4382bfdwdsb323b2d9",
            "from": {"id": presser, "is_bot": False, "first_name": "Somebody"},
            "message": {"message_id": 77, "chat": {"id": int(message["chat_id"])}, "text": message["text"]},
            "data": button["callback_data"] if data is None else data,
        }
        return self.says({"update_id": 1, "callback_query": query}, shown=shown)

    def says(self, update, *, shown: str = SECRET):
        self.back.clear()
        body = update if isinstance(update, bytes) else json.dumps(update)
        headers = {"X-Telegram-Bot-Api-Secret-Token": shown} if shown else {}
        here = Client(enforce_csrf_checks=True)
        answer = here.post(DOOR, body, content_type="application/json", headers=headers)
        afterwards.settle()
        return answer

    # --- as every chat of the stories --------------------------------------------------------------

    channel, anas = "telegram", str(ANAS)

    def press_anas(self) -> None:
        self.press(ANAS)

    @property
    def told(self) -> str:
        return self.back["answerCallbackQuery"]["text"]

    @property
    def now(self) -> str:
        edited = self.back.get("editMessageText")
        return self.read(edited) if edited else ""

    def read(self, said: dict) -> str:
        assert "reply_markup" not in said and said["message_id"] == 77
        return said["text"]

    def switch_off(self, settings) -> int:
        settings.TELEGRAM_SECRET = ""
        return self.says({}).status_code

    @property
    def has_buttons(self) -> bool:
        return "reply_markup" in self.posted()


def reached(person: User, chat: int) -> None:
    reached_by(person, "telegram", str(chat))
