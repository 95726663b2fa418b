"""Whose source a mail is for, and keeping it there, by whichever way it came.

A mail with a Message-ID that was kept at a source in the last days is known: whoever sends it again, because an
answer was lost, is told that it is kept. One without may be the same alert anew.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from itertools import chain

from django.conf import settings
from django.db import close_old_connections

from escalation.kit import clock
from escalation.kit.text import one_line
from incidents.models import Receipt, SourceKey
from incidents.models.keys import hashed, may_be_one

from . import intake, mailtext, tasks, unkeyed
from .mail import Mail
from .quota import TooMuch

log = logging.getLogger(__name__)

LIMIT = 5 * 1024 * 1024  # bytes of a mail
SUFFIX, SENDER = 64, 320
KNOWN = timedelta(days=7)


class Kept(Enum):
    YES = auto()
    TOO_MUCH = auto()  # its source has sent more than its quota
    LATER = auto()  # trouble of ours
    NOBODY = auto()  # its sources have been closed meanwhile


@dataclass(frozen=True)
class Recipient:
    """A source's key, and what the address names behind a plus sign."""

    key: SourceKey
    suffix: str
    typed: str  # the key as it stands in the address


def recipient(local: str) -> Recipient | None:
    """Whose address begins so, before the @. Mail systems fold case, and so do we."""
    close_old_connections()
    key, _plus, suffix = local.partition("+")
    either = {hashed(key.lower()), hashed(key)}  # one that was brought along may have capitals
    found = SourceKey.objects.select_related("source__service").filter(key_hash__in=either).first()
    opens = found is not None and found.source.enabled and found.source.kind == Mail.kind
    if found is None or not opens or found.is_over(clock.nearly()):
        return None
    return Recipient(found, one_line(suffix, limit=SUFFIX), key)


def keep(body: bytes, sender: str, whom: Sequence[Recipient]) -> Kept:
    """A receipt at each of their sources. If one cannot be kept, it is sent to all again: repeats change nothing."""
    try:
        close_old_connections()
        named = bool(mailtext.read(body).id)
        body, sender = _without_keys(body, sender, {one.typed for one in whom} | _named(body))
        kept = [_keep(body, sender, one, named=named) for one in dict.fromkeys(whom)]  # some name one twice
    except TooMuch:
        return Kept.TOO_MUCH
    except Exception:
        log.exception("a mail could not be kept; it is to be sent again")
        return Kept.LATER
    return Kept.YES if any(kept) else Kept.NOBODY


def _named(body: bytes) -> set[str]:
    """What may be keys of others that it is for as well: each of them is brought its own."""
    ours, found = settings.MAIL_DOMAIN.casefold(), chain.from_iterable(mailtext.addressed(body))
    locals_ = (local for local, _at, domain in (one.rpartition("@") for one in found) if domain.casefold() == ours)
    return set(filter(may_be_one, (local.partition("+")[0] for local in locals_)))


def _without_keys(body: bytes, sender: str, keys: set[str]) -> tuple[bytes, str]:
    """A mail says for whom it is; of a key nothing but a hash is kept anywhere."""
    by = unkeyed.without(sender.encode("utf-8", "surrogateescape"), keys)
    return unkeyed.without(body, keys), by.decode("utf-8", "surrogateescape")


def _keep(body: bytes, sender: str, one: Recipient, *, named: bool) -> bool:
    source, beside = one.key.source, {"from": one_line(sender, limit=SENDER)}
    if one.suffix:
        beside["suffix"] = one.suffix
    same = Receipt.objects.filter(source=source, digest=intake.digest_of(body, beside))
    if named and same.filter(received_at__gt=clock.nearly() - KNOWN).exists():
        return True
    try:
        at_once = not intake.pace.is_brisk()
        intake.take_in(source, body, envelope=beside, key=one.key, ring=tasks.ring, at_once=at_once)
    except intake.Withdrawn:
        return False
    return True
