"""Links of messages, as their receivers get them: out of real mails and text messages."""

import re
from collections.abc import Iterable
from html import unescape

from django.conf import settings
from django.core import mail
from django.test import Client

from escalation.engine import answering, deliver
from escalation.engine.models import Delivery
from escalation.people.models import User

_LINK = re.compile(r"\S+/a/([0-9A-Za-z]+)")


def mails_to(person: User) -> list[str]:
    """The bodies of what has left, after all that is due has."""
    while deliver.deliver_due():
        pass
    return [one.body for one in mail.outbox if one.to == [person.email]]


def path_in(text: str) -> str:
    """The one answer link in a message, as a path."""
    [token] = _LINK.findall(text)
    return f"/a/{token}"


def link_of(person: User, **which) -> str:
    """The link of the newest message by e-mail that asks this person to act."""
    return path_of(Delivery.objects.filter(person=person, channel="email", **which).order_by("-id")[0])


def path_of(delivery: Delivery) -> str:
    return f"/a/{answering.token_of(delivery)}"


def words(response) -> str:
    text = re.sub(r"<(script|style|head)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def verbs(response) -> list[str]:
    return re.findall(r'name="verb" value="(\w+)"', response.content.decode())


def stranger() -> Client:
    """A browser in which nobody has signed in, and that checks forms as a real one's server does."""
    return Client(enforce_csrf_checks=True)


def links(texts: Iterable[str]) -> set[str]:
    """Everything in mails that a scanner would follow, as paths."""
    found = {url for text in texts for url in re.findall(r"https?://\S+", text)}
    return {url.removeprefix(settings.ADDRESS) for url in found}
