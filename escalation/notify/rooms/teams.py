"""A channel of Microsoft Teams, through a workflow. What people wrote stands in text runs, in which no markup is read.

A workflow cannot change what it has posted, and no press comes back by it: a button opens the page on which whoever
signs in says yes, because whatever looks links up for viruses must change nothing.
"""

from typing import Any

from django.utils.translation import gettext

from ..chat import cut_bytes
from ..teams import Teams, block, opens
from .said import Said

_LINE = 4_000  # bytes


class TeamsRoom(Teams):
    def changes(self, address: str) -> bool:
        return False

    def hears(self, address: str) -> bool:
        return False

    def tell(self, address: str, said: Said, key: str) -> str:
        self.taken(self.post(address, key, written(said)))
        return ""

    def retell(self, address: str, theirs: str, said: Said, key: str) -> None:
        self.tell(address, said, key)


def written(said: Said) -> dict[str, Any]:
    head = block(cut_bytes(said.head, _LINE), "Medium", size="Large", weight="Bolder")
    lines = [block(cut_bytes(line, _LINE), "None") for line in said.lines if line.strip()]
    actions = [opens(gettext("%(verb)s …") % {"verb": one.label}, one.page) for one in said.buttons]
    if said.link:
        actions.append(opens(gettext("Open it in Baton"), said.link))
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": said.head,
        "body": [head, *lines],
        "actions": actions,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": content}]}
