"""What a channel is called, and whether it works here: asked of its sender."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from . import senders
from .senders import Sender


def label_of(channel: str) -> str:
    """As people call it; a sender that is gone keeps its name."""
    sender = senders.by_name().get(channel)
    return channel if sender is None else str(sender.label)


def why_not(channel: str) -> str:
    """Why nothing can be sent by it on this installation, as a sentence; empty if it can."""
    sender = senders.by_name().get(channel)
    return _("There is no such channel any more.") if sender is None else sender.ready()


def offered() -> Iterator[Sender]:
    """What somebody may choose and give an address for: all that leaves the house and works here."""
    typed = (sender for sender in senders.by_name().values() if getattr(sender, "typed", True))
    return (sender for sender in typed if not sender.in_house and not sender.ready())
