"""By Slack: through an incoming webhook, or as this installation's bot to a person or a channel.

What people wrote goes into ``plain_text`` blocks, in which Slack reads neither mentions nor links nor
formatting. A bot's message is answered with 200 even if it was refused: the answer's ``ok`` counts.

Where presses come back (a signing secret is set), a bot's message has buttons. What a press does is settled upstairs.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut
from .message import Message, Recipient
from .senders import SendFailed
from .web import Reply, Web, clean_url

_HOSTS = ("hooks.slack.com",)
_POST = "https://slack.com/api/chat.postMessage"
_UPDATE = "https://slack.com/api/chat.update"
ACTION, PRESS = "baton_", "press"  # a button's id: whose it is, and what it does
_BLOCK, _BLOCKS = 2900, 4  # characters; Slack takes 3000 in a block
_PASSING = ("fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org")
_TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_expired", "token_revoked")
PAUSE = ("ratelimited", "rate_limited", "message_limit_exceeded")


class Slack(Web):
    name = "slack"
    label = _("Slack")
    who = "Slack"

    def provider(self, address: str) -> str:
        return super().provider(address) or "slack.com"

    def clean(self, address: str) -> str:
        address = address.strip()
        if "://" in address:
            url = clean_url(address, hosts=_HOSTS)
            if not re.fullmatch(r"https://[^/]+/services/\w+/\w+/\w+", url):
                raise ValidationError(
                    gettext("An incoming webhook's address looks like https://hooks.slack.com/services/…")
                )
            return url
        if not re.fullmatch(r"[UWCGD][A-Z0-9]{6,20}|#[\w-]{1,80}", address):
            raise ValidationError(
                gettext("A member ID (U…), a channel (#name or C…) or an incoming webhook's address.")
            )
        if not settings.SLACK_TOKEN:
            raise ValidationError(gettext("BATON_SLACK_TOKEN is not set: only an incoming webhook's address will do."))
        return address

    def is_own(self, address: str) -> bool:
        return address[:1] in ("U", "W", "D")  # a person, or talking to one

    def has_buttons(self, address: str) -> bool:
        """Presses come back to the bot's own app; of which app an incoming webhook is, nobody can know."""
        return bool(settings.SLACK_TOKEN and settings.SLACK_SIGNING_SECRET) and "://" not in address

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        if "://" in to.address:
            reply = self.post(to.address, key, written(message))
            if reply.text.strip() != "ok":
                raise self.unreadable(reply)
            return ""
        said = written(message) | {
            "channel": to.address,
            "metadata": {"event_type": "baton_delivery", "event_payload": {"key": key}},
        }
        facts = self._call(_POST, key, said)
        return f"{facts.get('channel') or ''}/{facts.get('ts') or ''}"

    def can_amend(self, theirs: str) -> bool:
        """A message is known by the channel that it landed in, which is no person's ID, and when."""
        return bool(re.fullmatch(r"[A-Z0-9]{2,20}/[0-9]+\.[0-9]+", theirs))

    def amend(self, to: Recipient, message: Message, theirs: str, note: str) -> None:
        self.checked(to)
        channel, _slash, ts = theirs.partition("/")
        now = written(message, note=note)
        said = {"channel": channel, "ts": ts, "text": now["text"], "blocks": now["blocks"]}
        self._call(_UPDATE, f"{theirs}/over", said)

    def _call(self, url: str, key: str, said: Mapping[str, object]) -> Mapping[str, Any]:
        token = settings.SLACK_TOKEN
        reply = self.post(url, key, said, headers={"Authorization": f"Bearer {token}"}, hide=(token,))
        if reply.facts.get("ok") is not True:
            raise self._refused(reply)
        return reply.facts

    def _refused(self, reply: Reply) -> SendFailed:
        error = reply.facts.get("error")
        if reply.facts.get("ok") is not False or not isinstance(error, str):
            return self.unreadable(reply)
        if error in PAUSE:
            return SendFailed("Slack asks for a pause", detail=error, up=True)
        up = error not in (*_PASSING, *_TOKEN)
        return SendFailed("Slack refused", permanent=error not in _PASSING, detail=reply.detail, up=up)


def written(message: Message, *, note: str = "") -> dict[str, object]:
    """``note``: what has become of it, in place of the buttons."""
    link = escaped(message.link).replace("|", "%7C")
    body = body_of(message, answer=False)
    pieces = [body[n : n + _BLOCK] for n in range(0, len(body), _BLOCK)]
    blocks: list[dict[str, object]] = [{"type": "header", "text": plain(cut(message.subject, 150))}]
    blocks += [{"type": "section", "text": plain(piece)} for piece in pieces[:_BLOCKS] if piece.strip()]
    if note:
        blocks += [{"type": "section", "text": plain(cut(note, _BLOCK))}]
    elif buttons := _buttons(message):
        blocks += [{"type": "actions", "elements": buttons}]
    links = f"<{link}|{gettext('Open it in Baton')}>"
    if message.answer:
        links = f"<{escaped(message.answer)}|{gettext('Answer without signing in')}> · {links}"
    blocks += [{"type": "section", "text": {"type": "mrkdwn", "text": links, "verbatim": True}}]
    return {
        "text": escaped(message.subject),  # what a notification shows, and a screen reader says
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _buttons(message: Message) -> list[dict[str, object]]:
    words = {"decline": gettext("Decline …"), "escalate": gettext("Escalate …")}
    labels = {PRESS: message.press, message.wordy: words.get(message.wordy, "")}
    return [_button(verb, label, message.button) for verb, label in labels.items() if message.button and label]


def _button(verb: str, label: str, value: str) -> dict[str, object]:
    button: dict[str, object] = {"type": "button", "action_id": f"{ACTION}{verb}", "text": plain(label), "value": value}
    return {**button, "style": "primary"} if verb == PRESS else button


def plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
