"""By Microsoft Teams, through a flow that waits for a webhook request (Workflows), as an adaptive card.

What people wrote goes into text runs, in which Teams reads no Markdown and no mention. That the flow took
the card (202) is all that can be known: Teams does not say whether the flow then posted it.
"""

import json

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .chat import body_of, cut_bytes
from .message import Message, Recipient
from .senders import SendFailed
from .web import Reply, Web, clean_url, pause_of

_HOSTS = (".logic.azure.com", ".environment.api.powerplatform.com")
_RETIRED = ".webhook.office.com"
_MOST = 24_000  # bytes of a card; Teams takes 28 KB


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
        if reply.status != 202 and _says_no(reply):
            raise SendFailed(
                "Teams refused", detail=reply.detail, retry_after=pause_of(reply.headers.get("Retry-After"))
            )
        return reply.headers.get("x-ms-workflow-run-id", "")


def _says_no(reply: Reply) -> bool:
    """Some answer 200 and say in words that nothing was delivered."""
    said = reply.text.casefold()
    return "error" in said or "failed" in said


def written(message: Message) -> dict[str, object]:
    lines = body_of(message).splitlines()
    card = _card(message, lines)
    while len(json.dumps(card, ensure_ascii=False).encode()) > _MOST:
        lines = [*lines[: len(lines) * 3 // 4], "…"] if len(lines) > 2 else [cut_bytes("".join(lines), _MOST // 4)]
        card = _card(message, lines)
    return card


def _card(message: Message, lines: list[str]) -> dict[str, object]:
    """One block for each line, because a text run keeps no line breaks."""
    head = _block(message.subject, "Medium", size="Large", weight="Bolder")
    body = [
        _block(line, "None" if before.strip() else "Medium")
        for before, line in zip(["", *lines], lines, strict=False)
        if line.strip()
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": message.subject,
        "body": [head, *body],
        "actions": [{"type": "Action.OpenUrl", "title": gettext("Open it in Baton"), "url": message.link}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": content}]}


def _block(text: str, spacing: str, **look: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", "text": text, **look}]}
