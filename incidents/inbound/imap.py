"""Mail is picked up, from a mailbox that somebody else's server fills.

What is unread is ours to read. It is marked as read once it is kept, so the mailbox itself knows how far we are; who
died in between reads it again, and finds that it is known. What is for none of our sources, or too large, is marked
and flagged: a person finds it there. Nothing is deleted.
"""

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import Error, close_old_connections
from django.utils.translation import gettext_lazy as _

from escalation.engine import beats
from escalation.engine.registry import Notice
from escalation.kit import clock

from . import mailtext
from .letterbox import LIMIT, Kept, Recipient, keep, recipient

log = logging.getLogger(__name__)

BEAT = "mailbox"
UNREAD = timedelta(minutes=5)  # for so long it is not news
SECONDS = 30.0  # for one word of the server
MOST = 100  # mails in one look
READ, SET_ASIDE = r"(\Seen)", r"(\Seen \Flagged)"
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")


class Unreadable(Exception):
    """The mailbox cannot be read now; ``str()`` says why, without its password."""


@dataclass(frozen=True)
class Mailbox:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    safe: bool = True  # TLS from the first byte; else STARTTLS, or nothing where the server is this machine

    @classmethod
    def at(cls, url: str) -> "Mailbox":
        """``imaps://user:password@host/folder``. Raises ``ValueError``, which does not say the address."""
        found = urlsplit(url)
        if found.scheme not in ("imaps", "imap") or not (found.hostname and found.username and found.password):
            raise ValueError("it is no imaps://user:password@host/folder")
        safe = found.scheme == "imaps"
        user, password, folder = (unquote(part) for part in (found.username, found.password, found.path.strip("/")))
        return cls(found.hostname, found.port or (993 if safe else 143), user, password, folder or "INBOX", safe)


def pick_up(box: Mailbox) -> int:
    """Keep what is unread, the oldest first; returns how many were seen to. What cannot be kept now stays unread."""
    done = 0
    with _opened(box) as server:
        for uid in _answer(server.uid("SEARCH", "UNSEEN"))[0].split()[:MOST]:
            if not _take(server, uid):
                break
            done += 1
    return done


def run() -> None:
    """Look again and again, until this process is told to stop."""
    box = Mailbox.at(settings.IMAP_URL)
    while True:
        look(box)
        time.sleep(settings.IMAP_SECONDS)


def look(box: Mailbox) -> None:
    """Once, to the end; that it could be read is a beat. Never raises."""
    try:
        close_old_connections()
        if beats.latest(BEAT, now=clock.now()) is None:
            beats.beat(BEAT, now=clock.now())  # what was never read counts from now
        while pick_up(box) == MOST:
            pass
        beats.beat(BEAT, now=clock.now())
    except Unreadable as error:
        log.error("the mailbox at %s cannot be read: %s", box.host, error)
    except Error as error:
        log.error("the mailbox is not looked at, for the database is away: %s", type(error).__name__)


def notices(now: datetime) -> list[Notice]:
    """What must stand above every page: alerts may lie where nobody sees them."""
    last = beats.latest(BEAT, now=now) if settings.IMAP_URL else None
    if last is None or now - last.at < max(UNREAD, timedelta(seconds=5 * settings.IMAP_SECONDS)):
        return []
    return [Notice("mailbox", _("The mailbox of alerts has not been read since {since}."), last.at)]


# --- one mail -----------------------------------------------------------------------------------


def _take(server: imaplib.IMAP4, uid: bytes) -> bool:
    """False: it could not be kept, and is to be tried again."""
    name = uid.decode("ascii", "replace")
    size = _SIZE.search(_first(_answer(server.uid("FETCH", name, "(RFC822.SIZE)"))))
    if size is not None and int(size[1]) > LIMIT:
        log.warning("mail %s in the mailbox is larger than %d MiB and is set aside", name, LIMIT // 1024 // 1024)
        _mark(server, name, SET_ASIDE)
        return True
    found = _answer(server.uid("FETCH", name, "(BODY.PEEK[])"))
    body = next((bytes(part[1]) for part in found if isinstance(part, tuple)), None)
    if body is None:  # somebody has just taken it away
        return True
    whom = recipients(body)
    kept = keep(body, mailtext.read(body).sender, whom) if whom else Kept.NOBODY
    if kept in (Kept.LATER, Kept.TOO_MUCH):
        return False
    if kept is Kept.NOBODY:
        log.warning("mail %s in the mailbox is for none of our sources and is set aside", name)
    _mark(server, name, READ if kept is Kept.YES else SET_ASIDE)
    return True


def recipients(body: bytes) -> list[Recipient]:
    """Whom it was delivered for; where nobody says so, whom it is addressed to. Each source once."""
    for some in mailtext.addressed(body):
        found: dict[int, Recipient] = {}
        for address in some:
            local, _at, domain = address.rpartition("@")
            one = recipient(local) if domain.casefold() == settings.MAIL_DOMAIN.casefold() else None
            if one is not None:
                found.setdefault(one.key.source_id, one)
        if found:
            return list(found.values())
    return []


# --- the server ---------------------------------------------------------------------------------


@contextmanager
def _opened(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    try:
        server = _connected(box)
        try:
            server.login(box.user, box.password)
            _answer(server.select(f'"{box.folder}"'))
            yield server
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}".replace(box.password, "…")[:200]) from None


def _connected(box: Mailbox) -> imaplib.IMAP4:
    if box.safe:
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=ssl.create_default_context(), timeout=SECONDS)
    server = imaplib.IMAP4(box.host, box.port, timeout=SECONDS)
    if box.host not in ("localhost", "127.0.0.1", "::1"):
        server.starttls(ssl_context=ssl.create_default_context())
    return server


def _answer(answer: tuple[str, list]) -> list:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(str(data[:1])[:100])
    return data


def _first(data: list) -> bytes:
    one = data[0] if data else b""
    return bytes(one[0] if isinstance(one, tuple) else one or b"")


def _mark(server: imaplib.IMAP4, uid: str, flags: str) -> None:
    _answer(server.uid("STORE", uid, "+FLAGS.SILENT", flags))
