"""Whose account of a chat somebody is: needed where several people read a message, and one of them presses its button.

A person's own verified address in a chat says it already. Otherwise whoever presses is shown, alone, the way to
an invitation: a page of ours, where they sign in and say that they are that account. It works once, for a quarter
of an hour. Linking and ending are on the record of the installation.
"""

import secrets
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User
from escalation.trail.writing import Actor, record_configuration

from . import senders
from .models import ChatAccount, ContactMethod
from .reaching import take_turn

VALID = timedelta(minutes=15)
MOST = 20  # of one person
_SALT = "escalation.notify.accounts"
_LONGEST = 1000  # characters of an invitation


def person_of(channel: str, workspace: str, account: str) -> User | None:
    """Who this account is; None if nobody said so, or their account here has ended."""
    linked = ChatAccount.objects.filter(channel=channel, workspace=workspace, account=account, ended_at=None)
    for one in linked.select_related("person"):
        return one.person if one.person.is_active else None
    if not senders.is_own(channel, account):  # a channel's address is nobody
        return None
    proven = ContactMethod.objects.kept().filter(channel=channel, address=account, verified_at__isnull=False)
    people = {method.person for method in proven.select_related("person") if method.person.is_active}
    return people.pop() if len(people) == 1 else None


def linked_to(person: User) -> list[ChatAccount]:
    return list(ChatAccount.objects.filter(person=person, ended_at=None).order_by("pk"))


# --- invitations ------------------------------------------------------------------------------------


def invitation(channel: str, workspace: str, account: str, name: str) -> str:
    """The path of a page on which somebody says: this account is me."""
    said = [channel, workspace, account, one_line(name, limit=80), secrets.token_hex(16), int(clock.now().timestamp())]
    return reverse("reach-account", args=[signing.dumps(said, salt=_SALT)])


def read(token: str) -> ChatAccount | None:
    """What it would link, not saved; None if it is none, is used or too old."""
    try:
        said = signing.loads(token, salt=_SALT) if len(token) <= _LONGEST else None
    except signing.BadSignature:
        return None
    if said is None:
        return None
    channel, workspace, account, name, nonce, at = said
    now = clock.now()
    if not 0 <= now.timestamp() - at + 60 <= VALID.total_seconds() + 60:
        return None
    if ChatAccount.objects.filter(nonce=nonce).exists():
        return None
    return ChatAccount(channel=channel, workspace=workspace, account=account, name=name, nonce=nonce, linked_at=now)


@transaction.atomic
def link(person: User, token: str) -> ChatAccount:
    """Whoever it was linked to before, it is this person now."""
    take_turn()
    found = read(token)
    if found is None:
        raise Refused(_("This link is used or too old. Press the button in the chat again."), code="stale")
    if person.is_auditor and not person.is_staff:
        raise Refused(_("%(name)s is an auditor, who changes nothing.") % {"name": person.name}, code="not-allowed")
    if len(linked_to(person)) >= MOST:
        raise Refused(_("You have linked %(most)d accounts already. End one first.") % {"most": MOST})
    same = {"channel": found.channel, "workspace": found.workspace, "account": found.account, "ended_at": None}
    for other in ChatAccount.objects.filter(**same).select_related("person"):
        _end(other, person)
    found.person = person
    found.save()
    _enter(person, "config_added", found)
    return found


@transaction.atomic
def end(person: User, pk: int) -> None:
    """Twice is not an error."""
    take_turn()
    for mine in ChatAccount.objects.filter(person=person, pk=pk, ended_at=None).select_related("person"):
        _end(mine, person)


def _end(account: ChatAccount, by: User) -> None:
    account.ended_at = clock.now()
    account.save(update_fields=["ended_at"])
    _enter(by, "config_archived", account)


def _enter(by: User, kind: str, account: ChatAccount) -> None:
    whose = {"id": account.person.pk, "name": account.person.name}
    about = {"what": "chat account", "name": str(account), "person": whose, "account": account.account}
    record_configuration(Actor.person(by), kind, about, now=clock.now())
