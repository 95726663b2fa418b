"""A button in a chat was pressed: by whom, what it does, and what those who read along are told. For every chat.

Whoever presses answers in their own name and with their own rights. In their own chat that is the receiver; in a
channel it is whoever the account of the chat is linked to, and nobody is let in who is not.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.notify import accounts, senders
from escalation.notify.message import Message, Recipient, compose
from escalation.people.models import User

from .acts import carry_out, pressed
from .asked import Asked, of

PRESS = "press"


@dataclass(frozen=True)
class Account:
    """Who pressed, as the chat calls them."""

    channel: str
    workspace: str
    id: str
    name: str = ""

    @classmethod
    def of(cls, channel: str, workspace: str, pk: str, name: str = "") -> "Account":
        """From outside."""
        return cls(channel, one_line(workspace, limit=64), one_line(pk, limit=64), one_line(name, limit=80))

    @property
    def invitation(self) -> str:
        return settings.ADDRESS + accounts.invitation(self.channel, self.workspace, self.id, self.name)


@dataclass(frozen=True)
class Pressed:
    """``said`` to whoever pressed; ``note``: what the message says from now on, without buttons. Empty: it stays."""

    said: str
    note: str = ""
    done: bool = False


def who(delivery: Delivery, account: Account, *, own: bool) -> User | None:
    """``own``: the message is in a chat that only its receiver reads."""
    method = delivery.method
    if own and method is not None and method.is_kept and senders.is_own(delivery.channel, method.address):
        return delivery.person if delivery.person.is_active else None
    return accounts.person_of(account.channel, account.workspace, account.id)


def may(delivery: Delivery, person: User, verb: str) -> Asked | None:
    """The call, if they can answer it so now."""
    asked = of(delivery, person)
    return asked if asked is not None and verb in asked.verbs else None


def press(delivery: Delivery, person: User, verb: str, **words: Any) -> Pressed:
    asked = of(delivery, person)
    if asked is None:
        over = of(delivery) is None
        return Pressed(_("It is over, or you may not see it."), _("It is over.") if over else "")
    verb = pressed(asked) if verb == PRESS else verb
    if verb not in asked.verbs:
        return _in_vain(asked)
    try:
        carry_out(asked, verb, via=f"{delivery.channel}:button", read=asked.delivery, **words)
    except Refused as refused:
        again = of(delivery, person)
        return Pressed(str(refused)) if again is None or again.verbs else Pressed(again.account, again.report)
    again, theirs = of(delivery, person) or asked, of(delivery)
    called_on = theirs is not None and pressed(theirs)  # by the next step, and by no message but this
    return Pressed(again.account, "" if called_on else again.report, done=True)


def _in_vain(asked: Asked) -> Pressed:
    ref, receiver = {"ref": asked.incident.ref}, asked.delivery.person
    if not asked.incident.may_act(asked.person):
        return Pressed(_("You may look at %(ref)s but not change it.") % ref)
    if asked.verbs:
        return Pressed(_("That cannot be answered here now."))
    theirs = of(asked.delivery) if receiver != asked.person else None
    if theirs is not None and theirs.verbs:
        return Pressed(_("%(ref)s asks %(who)s, and you cannot answer for them.") % {**ref, "who": receiver.name})
    return Pressed(asked.account, asked.report)


def message_of(delivery: Delivery) -> Message:
    """As it was sent, without buttons and without a link to answer with."""
    return compose(delivery.message, to=Recipient.person(delivery.person), at=delivery.queued_at)
