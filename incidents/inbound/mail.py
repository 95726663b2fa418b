"""Alerts by e-mail: what a mail says about which incident. Pure; ``smtp`` is how it comes in.

The key of a source is its address: ``KEY@domain``, and what stands behind a plus sign names the incident:
``KEY+disk-db-07@domain``. Else the subject does, without the words that say how it stands (``grouping`` by group), or
each thread is one incident (by alert): a reply is news about what it answers, and a note on it.

Monitors say themselves that their mails were generated, and send them in bulk: only what answers a mail, reports how
one was delivered, or is our own, is kept and opens nothing.
"""

import re
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from incidents.howto import How

from . import alert, mailtext
from .alert import Action, Element, Message, Outside, Signal
from .door import Asked, Door, Told
from .mailtext import Letter

# That it is over, as a heading: at the beginning with a sign behind it, in brackets, or alone.
_HEADING = re.compile(
    r"(^\W*|[\[(]\s*)(RECOVERY|RECOVERED|RESOLVED|CLEARED|OK)(\s*[])!:;–]|\s+-|\W*$)",
    re.IGNORECASE,
)
# Among other words. In small letters these may be about trouble: "Disaster recovery of orders".
_OVER = re.compile(
    r"\b(RECOVERY|RECOVERED|RESOLVED|CLEARED)\b|^\W*OK [A-Z\d]"
    r"|(?i:\bis (now )?(up|ok)\b(?=\W*$|\s*[])!:;,*–-]|\s+again\b)|\bback to normal\b)"
)
# A missed end is seen; a missed alert is not. So whoever says both says trouble.
_TROUBLE = re.compile(
    r"\b(PROBLEM|CRITICAL|DOWN|FAIL(ED|S|URE)?|ERROR|UNREACHABLE|MISSED|NOT|NO|CANNOT|COULD)\b|n't\b", re.IGNORECASE
)
# How it stands: taken out of a subject, what is left names what it is about.
_STATE = re.compile(
    r"\b(PROBLEM|ALERT(ING)?|FIRING|FIRED|TRIGGERED|NEW|RECOVERY|RECOVERED|RESOLVED|CLEARED|ACKNOWLEDGEMENT)\b[:!]?"
    r"|\[?\b(is (now )?)?\b(UP|DOWN|OK|CRITICAL|WARNING|UNKNOWN|UNREACHABLE|ERROR)\b\]?:?|\bback to normal\b",
    re.IGNORECASE,
)
SIGNS = "*!-–:;,.[](){} \t"


class Mail(Door):
    """No address of the web leads here: see ``smtp``."""

    name = kind = "email"
    addresses: ClassVar = {}
    methods: ClassVar = ()

    def key(self, asked: Asked) -> str | None:
        return None

    def decode(self, told: Told) -> Message:
        letter = mailtext.read(told.body)
        about = _about(letter, told)
        if letter.nobodys:
            return Message(alert.sha256(about), [], [f"Kept, and nothing was done: {letter.nobodys}."])
        return Message(alert.sha256(about), _signals(alert.key(about), letter, told))

    def lacks(self) -> Any:
        comes = settings.MAIL_LISTEN or settings.IMAP_URL
        return "" if comes else _("No mail comes in here: set BATON_MAIL_LISTEN or BATON_IMAP_URL.")

    def how(self, key: str) -> How:
        address = f"{key}@{settings.MAIL_DOMAIN}"
        mail = f"echo Try | mail -s 'Our first incident by mail' {address}"
        return How(address=address, given=address, called=_("Where to send mail"), curl=mail)


def _about(letter: Letter, told: Told) -> str:
    """What it names, as a key. A mail that names nothing is known by itself."""
    itself = alert.sha256(letter.id or told.body.decode("latin-1"))
    if suffix := told.envelope.get("suffix"):
        return f"named/{suffix}"
    if told.source.grouping == "group":
        return f"subject/{subject_of(letter.subject) or itself}"
    return f"thread/{alert.sha256(letter.thread) if letter.thread else itself}"


def subject_of(subject: str) -> str:
    """A subject without how it stands, so that a recovery names the problem that it ends."""
    return " ".join(word for word in _STATE.sub(" ", subject).casefold().split() if word.strip(SIGNS)).strip(SIGNS)


def says_over(letter: Letter) -> bool:
    """By the subject or the first line; what people quote and answer says nothing in its first line."""
    first = letter.text.partition("\n")[0]
    return _says_over(letter.subject) or (not letter.is_reply and _says_over(first))


def _says_over(line: str) -> bool:
    return bool(_HEADING.search(line) or (_OVER.search(line) and not _TROUBLE.search(line)))


def _signals(key: str, letter: Letter, told: Told) -> list[Signal]:
    over = says_over(letter)
    title = alert.title(letter.subject or f"(no subject) from {letter.sender or 'nobody'}")
    labels = alert.labels({"from": letter.sender}) if letter.sender else {}
    element = Element(
        fingerprint=alert.sha256(key)[:32],
        firing=not over,
        labels=labels,
        name=title,
        summary=title,
        severity=None,
        starts_at=None,
        ends_at=told.now if over else None,
        link=alert.link(letter.link),
    )
    action = Action.RESOLVE if over else Action.TRIGGER
    body = alert.body(letter.text)
    said = [Signal(action, key, title, body, labels, [element])]
    if letter.is_reply and body:
        note = Signal(Action.NOTE, key, title, outside=Outside(by=letter.sender, text=body))
        said.insert(0, note)  # before its end; and if it opens something, its text is there already
    return said
