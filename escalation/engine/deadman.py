"""The dead-man's switch: a monitor elsewhere hears from us every minute while all is well.

It is asked only if the last audit was green and is fresh, and nothing is held. Silence is the alarm, so whatever goes
wrong here, in the database or on the way, says the right thing by saying nothing.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from escalation.kit import clock, outbound

from . import beats, standstill
from .health import AUDIT_OLD
from .models import Beat

log = logging.getLogger(__name__)

NAME = "deadman"
TASK = "escalation.engine.deadman.call"
LOOK = 10.0  # seconds between two looks at the rows


def next_due() -> datetime | None:
    """For the watch in the general cluster's pusher: now, if an audit came out green since the last call."""
    return _unsaid(clock.now())


def _unsaid(now: datetime) -> datetime | None:
    """When the audit ended green of which nobody was told yet; None if there is no such news."""
    audit = beats.latest("audit", now=now)
    if audit is None or audit.detail.get("green") is not True:
        return None
    if not timedelta(0) <= now - audit.at <= AUDIT_OLD:
        return None
    if standstill.held():
        return None  # nobody is called
    said = Beat.objects.filter(name=NAME, at__range=(audit.at, now)).exists()
    return None if said else audit.at


def call() -> None:
    """Safe to run twice: the second finds that the audit was told of."""
    if _unsaid(clock.now()) is None:
        return
    try:
        answer = outbound.send("GET", settings.DEADMAN_URL)
    except outbound.OutboundError as error:
        log.error("the dead-man's switch was not reached: %s", error)
        return
    if answer.fine:
        beats.beat(NAME, now=clock.now())
    else:
        log.error("the dead-man's switch answered with status %d", answer.status)
