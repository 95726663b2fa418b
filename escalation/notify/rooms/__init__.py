"""Channels of chats, in which several people read of an incident: what is said there, and how it is changed later.

Beside the senders and not one of them: a sender carries a message to a person, by that person's way; here nobody in
particular is meant, one message stands for one incident, and it is changed where it is for as long as that goes on.
What they share is how each service is talked to, so each of these is the sender of the same name, with other words.

``said``        what a channel reads (pure)
``slack``       by the bot: changed in place, with buttons; by an incoming webhook: neither
``mattermost``  by a bot: changed in place; by the installation's webhook: short messages that follow
``teams``       by a workflow: short messages that follow; its buttons open pages

A talk is one request, in a thread that never touches the database. Which channels there are, and what of an incident
they may read, is settled upstairs (``incidents/models/chat_rooms.py``).
"""

from functools import cache
from typing import Protocol

from .said import Button, Lost, Said

__all__ = ["KINDS", "Button", "Lost", "Room", "Said", "by_kind"]

KINDS = ("slack", "mattermost", "teams")


class Room(Protocol):
    """``tell`` returns the other side's id of the message, empty if it gives none; both raise ``SendFailed``."""

    def ready(self) -> str: ...

    def clean(self, address: str) -> str: ...

    def changes(self, address: str) -> bool:
        """Whether what is said there can be changed later."""
        ...

    def hears(self, address: str) -> bool:
        """Whether presses of buttons come back from there."""
        ...

    def tell(self, address: str, said: Said, key: str) -> str: ...

    def retell(self, address: str, theirs: str, said: Said, key: str) -> None:
        """Raises ``Lost`` if the message is not there any more, or cannot be changed any more."""
        ...


@cache
def by_kind() -> dict[str, Room]:
    from .mattermost import MattermostRoom
    from .slack import SlackRoom
    from .teams import TeamsRoom

    return {"slack": SlackRoom(), "mattermost": MattermostRoom(), "teams": TeamsRoom()}
