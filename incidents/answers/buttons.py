"""Buttons of a call that is over are taken away, without anybody having to press them.

Which messages show some, and which of these are to be looked at, the engine keeps (``escalation/engine/shown.py``).
Looked at one by one and outside of any transaction: if its call is over, the message is changed where it is to say what
happened and who has it now, as after a press. What cannot be said now is tried again, with pauses that grow; calls go
first, and of a service that does not answer nothing more is asked in this turn. Each change counts by the limit of what
may leave by its channel in a second.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from escalation.engine import deliver, limits, lookout, shown, standstill
from escalation.engine.probing import known
from escalation.engine.shown import Look
from escalation.kit import clock
from escalation.notify import senders
from escalation.notify.message import Recipient, compose

from .acts import wordless
from .asked import Asked, at, of
from .pressing import message_of

log = logging.getLogger(__name__)

TRIES = 100  # a working day: RETRY_SECONDS, of which the last is repeated
_PAUSE = timedelta(seconds=30)  # for a service that is away


def next_due() -> datetime | None:
    """For who watches the rows: nothing while nothing may leave."""
    first = shown.next_due()
    return None if first is None or standstill.held() else first


def take_away(*, seconds: float = 5.0) -> int:
    """Look at what is due, in a short turn; returns how many messages were changed."""
    if lookout.stopped():
        return 0
    end, done = time.monotonic() + seconds, 0
    away = dict.fromkeys(_away(), _PAUSE)  # channels that take no more for so long
    while time.monotonic() < end and not _calls_wait() and (look := shown.claim(without=tuple(away))):
        try:
            done += _see_to(look, away)
        except Exception:
            log.exception("cannot see to the buttons of delivery %s", look.delivery.pk)
            _again(look, _PAUSE)
    for pause in set(away.values()):
        shown.put_off([channel for channel in away if away[channel] == pause], pause)
    return done


def _away() -> set[str]:
    """Channels whose service, the one that the installation itself talks to there, does not answer."""
    return {
        channel
        for (channel, provider), row in known().items()
        if row.opened_at is not None and provider == senders.provider_of(channel, "")
    }


def _calls_wait() -> bool:
    due = deliver.next_due()
    return due is not None and due <= clock.now()


def _see_to(look: Look, away: dict[str, timedelta]) -> bool:
    delivery, method = look.delivery, look.delivery.method
    note = over(at(delivery))
    if not note:
        shown.goes_on(look)
        return False
    if method is None or not method.is_kept or method.gone_at is not None:  # nothing is said there any more
        shown.over(look)
        return False
    until = limits.room_for_an_edit(delivery.channel)
    if until is not None:
        shown.wait(look, until)
        away[delivery.channel] = until - clock.now()
        return False
    to = deliver.recipient(delivery)
    handed = senders.amend(delivery.channel, to, message_of(delivery), delivery.provider_id, note)
    if not handed.reason:
        shown.over(look)
        return True
    if handed.permanent and handed.up is True:  # the other side says so; what is wrong on ours may be mended
        log.warning("the buttons of delivery %s stay: %s", delivery.pk, handed.reason)
        shown.over(look)
        return False
    if handed.up is False or handed.retry_after:
        away[delivery.channel] = _PAUSE
    pauses = settings.RETRY_SECONDS
    pause = max(pauses[min(look.attempts, len(pauses)) - 1], handed.retry_after or 0)
    _again(look, timedelta(seconds=pause))
    return False


def _again(look: Look, pause: timedelta) -> None:
    """Later, but not for ever."""
    if look.attempts < TRIES:
        shown.later(look, pause)
        return
    log.warning("the buttons of delivery %s stay: it was tried %d times", look.delivery.pk, TRIES)
    shown.over(look)


def over(asked: Asked | None) -> str:
    """What the message says from now on; empty as long as its buttons are of use to its receiver."""
    if asked is None:
        return _("It is over.")
    if asked.open_to and (wordless(asked.open_to) or not _had_press(asked)):
        return ""
    seen = of(asked.delivery)  # nothing of what their receiver may not see any more
    return seen.report if seen is not None else _("It is over.")


def _had_press(asked: Asked) -> bool:
    """Whether one of its buttons answered in one press: without that use the others go too, as after a press."""
    delivery = asked.delivery
    facts = {**delivery.message, "button": "yes"}
    return bool(compose(facts, to=Recipient.person(asked.person), at=delivery.queued_at).press)
