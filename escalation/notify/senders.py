"""What a sender is, and which there are. A new one is a new file and one line in ``SENDERS``."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.module_loading import import_string

from escalation.kit.text import one_line

from .message import Message, Recipient

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

log = logging.getLogger(__name__)

SENDERS = (
    "escalation.notify.desk.Desk",
    "escalation.notify.email.Email",
    "escalation.notify.sms.Sms",
    "escalation.notify.voice.Voice",
    "escalation.notify.push.Push",
    "escalation.notify.slack.Slack",
    "escalation.notify.mattermost.Mattermost",
    "escalation.notify.teams.Teams",
    "escalation.notify.telegram.Telegram",
    "escalation.notify.ntfy.Ntfy",
    "escalation.notify.webhook.Webhook",
    "escalation.notify.apprise.Apprise",
)


class SendFailed(Exception):
    """It did not leave. ``permanent``: another try cannot help.

    ``reason`` goes on the record for good and therefore names no address and quotes nobody;
    ``detail`` is what the other side said, for whoever has to repair it. ``retry_after``: it asked
    to be left alone for so many seconds. ``gone``: the address leads nowhere any more, for good.
    ``up``: False if it is the service that is in trouble, so that every message would meet it; True if the service
    answered, and said no to this one; None if this tells nothing of it. ``status``: of the answer, if there was one.
    ``shut``: the place is closed to us, or is no more, whatever the message.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        gone: bool = False,
        detail: str = "",
        retry_after: float | None = None,
        up: bool | None = None,
        status: int | None = None,
        shut: bool = False,
    ):
        super().__init__(reason)
        self.reason, self.permanent, self.gone = reason, permanent, gone
        self.detail, self.retry_after, self.up = detail, retry_after, up
        self.status, self.shut = status, shut


class Sender(Protocol):
    """Carries one message at a time, in a thread of its own: no database in here.

    ``key`` is the same at every try of a delivery; pass it on, so that a receiver can see that
    two are one. ``timeout`` bounds the whole talk. ``in_house``: nothing leaves, the row is the
    message. ``label`` is what people call it.
    """

    name: str
    label: "StrPromise"
    timeout: float
    in_house: bool

    def ready(self) -> str:
        """Why nothing can be sent this way on this installation; empty if it can."""
        ...

    def clean(self, address: str) -> str:
        """The canonical form of what somebody typed as their address; ValidationError if it is none."""
        ...

    def send(self, to: Recipient, message: Message, key: str) -> str:
        """Hand it over; returns the other side's id for it, or raises SendFailed."""
        ...


@cache
def by_name() -> dict[str, Sender]:
    senders: list[Sender] = [import_string(path)() for path in SENDERS]
    return {sender.name: sender for sender in senders}


def is_own(channel: str, address: str) -> bool:
    """Whether what is sent there is read by its receiver alone: not in a chat's channel, and not by a program.

    A sender that has such addresses says so in ``is_own``; of all others nobody can know.
    """
    says = getattr(by_name().get(channel), "is_own", None)
    return says is not None and bool(says(address))


def has_buttons(channel: str, address: str) -> bool:
    """Whether a message there can have buttons whose presses come back to us. A sender that has some says so."""
    says = getattr(by_name().get(channel), "has_buttons", None)
    return says is not None and bool(says(address))


def can_amend(channel: str, theirs: str) -> bool:
    """Whether a message there, which the other side calls so, can be changed where it is. A sender that can says so."""
    says = getattr(by_name().get(channel), "can_amend", None)
    return says is not None and bool(says(theirs))


def provider_of(channel: str, address: str) -> str:
    """Which service carries what is sent there: a host, or a name; no more of an address than that. Empty: the channel
    says it all.

    A sender that knows says so in ``provider``.
    """
    says = getattr(by_name().get(channel), "provider", None)
    return "" if says is None else one_line(str(says(address)), limit=100)


def in_house() -> list[str]:
    """The senders whose messages need no carrying."""
    return [sender.name for sender in by_name().values() if sender.in_house]


@dataclass(frozen=True)
class Handed:
    """How handing over went: ``reason`` is empty if it left. ``no_way``: the way is none any more, not tried."""

    provider_id: str = ""
    reason: str = ""
    detail: str = ""
    permanent: bool = False
    retry_after: float | None = None
    gone: bool = False
    no_way: bool = False
    up: bool | None = None  # see ``SendFailed``


def hand_over(channel: str, to: Recipient, message: Message, key: str) -> Handed:
    """Have ``message`` carried. Whatever goes wrong is an answer, never an exception."""
    sender = by_name().get(channel)
    if sender is None:
        return Handed(reason="there is no such channel any more", permanent=True, no_way=True)
    if not to.active:
        return Handed(reason="the person's account has ended", permanent=True)
    return _handed(channel, lambda: sender.send(to, message, key))


def amend(channel: str, to: Recipient, message: Message, theirs: str, note: str) -> Handed:
    """Have ``note`` said in ``message``, which the other side calls ``theirs``, in place of its buttons."""
    sender: Any = by_name().get(channel)
    if sender is None or not can_amend(channel, theirs):
        return Handed(reason="there is no such channel any more", permanent=True, no_way=True)
    return _handed(channel, lambda: sender.amend(to, message, theirs, note))


def _handed(channel: str, talk: Callable[[], str | None]) -> Handed:
    try:
        return Handed(provider_id=talk() or "", up=True)
    except SendFailed as error:
        return Handed("", error.reason, error.detail, error.permanent, error.retry_after, error.gone, up=error.up)
    except Exception as error:
        log.exception("the sender %s broke down", channel)
        return Handed(reason="the sender broke down", detail=f"{type(error).__name__}: {error}")
