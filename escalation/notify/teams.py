"""By Microsoft Teams, through a flow that waits for a webhook request (Workflows), as an adaptive card.

What people wrote goes into text runs, in which Teams reads no Markdown and no mention. That the flow took
the card (202) is all that can be known: Teams does not say whether the flow then posted it.

A card's buttons only open pages: from a flow none comes back to us. Who reads a flow's channel nobody knows, so the
page to answer on wants whoever opens it to sign in.
"""

import json

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut_bytes
from .message import Message, Recipient
from .senders import SendFailed
from .web import Reply, Web, clean_url, may_pass, pause_of

_HOSTS = (".logic.azure.com", ".environment.api.powerplatform.com")
_RETIRED = ".webhook.office.com"
_MOST, _LINE = 24_000, 4_000  # bytes of a card and of a line in it; Teams takes 28 KB


class Teams(Web):
    name = "teams"
    label = _("Microsoft Teams")
    who = "Teams"

    def clean(self, address: str) -> str:
        if _RETIRED in address.casefold():
            raise ValidationError(
                gettext("This is a connector of the kind Microsoft has retired; make a workflow instead.")
            )
        return clean_url(address, hosts=_HOSTS)

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        reply = self.post(to.address, key, written(message))
        self.taken(reply)
        return reply.headers.get("x-ms-workflow-run-id", "")

    def taken(self, reply: Reply) -> None:
        if reply.status != 202 and _says_no(reply):
            lasts, pause = not may_pass(reply, reply.text), pause_of(reply.headers.get("Retry-After"))
            raise SendFailed("Teams refused", permanent=lasts, detail=reply.detail, retry_after=pause)


def _says_no(reply: Reply) -> bool:
    """Some answer 200 and say in words that nothing was delivered."""
    said = reply.text.casefold()
    return "error" in said or "failed" in said


def written(message: Message) -> dict[str, object]:
    """The card, with as many of the lines as it may hold."""
    lines: list[str] = []
    room = _MOST - _size(_card(message, lines))
    for line in body_of(message).splitlines():
        line = cut_bytes(line, _LINE)
        room -= _size(block(line, "Medium"))
        if room < 0:
            lines.append("…")
            break
        lines.append(line)
    return _card(message, lines)


def _size(part: dict[str, object]) -> int:
    return len(json.dumps(part, ensure_ascii=False).encode()) + 2  # and what stands between two


def _card(message: Message, lines: list[str]) -> dict[str, object]:
    """One block for each line, because a text run keeps no line breaks."""
    head = block(message.subject, "Medium", size="Large", weight="Bolder")
    body = [
        block(line, "None" if before.strip() else "Medium")
        for before, line in zip(["", *lines], lines, strict=False)
        if line.strip()
    ]
    answers = (
        [opens(gettext("%(answer)s …") % {"answer": message.press}, message.page)]
        if message.page and message.press
        else []
    )
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": message.subject,
        "body": [head, *body],
        "actions": [*answers, opens(gettext("Open it in Baton"), message.link)],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": content}]}


def opens(title: str, url: str) -> dict[str, str]:
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def block(text: str, spacing: str, **look: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", "text": text, **look}]}
