"""Short codes: what a text message calls the call that it asks about, so that a reply can name it.

A code is bound to the number that the message went to: from any other number it names nothing. It is drawn by
chance among those that this number was not given for ``REST``, so that an old message cannot mean a new call, not even
after the database was put back from an older copy. All messages about one call to one number have the same, as
long as they are about the same step.

It remembers the step of the path that its receiver had read of: what they write of that step is not meant for a later
one. Whoever is told that their call went on gets another code, for the step that it is at now.
"""

import logging
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from escalation.kit import clock
from escalation.notify import senders
from escalation.notify.message import ASKING

from .models import Delivery, ReplyCode

log = logging.getLogger(__name__)

REST = timedelta(days=14)
_RANGES = (range(10, 100), range(100, 1000), range(1000, 10_000))  # short ones first, while half of them are free
_TRIES = 5
_MAY_BE_READ = (Delivery.State.SENT, Delivery.State.UNKNOWN)


def code_of(delivery: Delivery, number: str, *, step: str = "") -> int | None:
    """The code of its call, for this number; None if there is none to be had: a message without is better than none.

    ``step``: the one for whoever reads of this step now. Outside of any transaction, or a part of the caller's.
    """
    try:
        given = _given(delivery, number)
        if step:
            given = given.filter(step=step)
        found = given.order_by("-given_at", "-pk").values_list("code", flat=True).first()
        return found or _give(delivery, number, step or step_of(delivery), clock.now())
    except Exception:
        log.exception("no code for delivery %s", delivery.pk)
        return None


def meant(number: str, code: int) -> ReplyCode | None:
    """What this code last meant for this number."""
    found = ReplyCode.objects.filter(number=number, code=code)
    return found.select_related("delivery__person", "delivery__run", "delivery__method").first()


def read_of(delivery: Delivery, number: str) -> str | None:
    """The step that they have read of, by the last message of its climb that reached this number, or else them by any
    other way; None if none did: then they can mean no step of it."""
    last = last_read(delivery, number) or _left(delivery).exclude(channel__in=senders.in_house()).first()
    return None if last is None else step_of(last)


def last_read(delivery: Delivery, number: str) -> Delivery | None:
    """The last text message that asked them something in the same climb and left for this number."""
    return _left(delivery).filter(channel="sms", method__address=number).first()


def _left(delivery: Delivery) -> QuerySet[Delivery]:
    """What asked them something in the same climb and left, the newest first."""
    asked = Delivery.objects.filter(run=delivery.run_id, person=delivery.person_id, kind__in=ASKING)
    return asked.filter(state__in=_MAY_BE_READ).order_by("-tried_at", "-pk")


def step_of(delivery: Delivery) -> str:
    """The step that its words are about; empty if they do not say."""
    facts = delivery.message if isinstance(delivery.message, Mapping) else {}
    return str(facts.get("step") or "")[:16]


def _given(delivery: Delivery, number: str) -> QuerySet[ReplyCode]:
    """The codes of its call, for this number."""
    same = ReplyCode.objects.filter(number=number, delivery__cause=delivery.cause)
    return same.filter(delivery__person=delivery.person_id)


def _give(delivery: Delivery, number: str, step: str, now: datetime) -> int | None:
    for _try in range(_TRIES):
        rests = ReplyCode.objects.filter(number=number, given_at__gt=now - REST)
        code = drawn(set(rests.values_list("code", flat=True)))
        try:
            with transaction.atomic():
                ReplyCode.objects.filter(number=number, code=code, given_at__lte=now - REST).delete()
                ReplyCode.objects.create(number=number, code=code, delivery=delivery, step=step, given_at=now)
        except IntegrityError:  # somebody else drew it at this moment
            continue
        return code
    return None


def drawn(taken: Collection[int]) -> int:
    """One that is free, by chance. Pure but for the chance."""
    for codes in _RANGES:
        free = [code for code in codes if code not in taken]
        if len(free) * 2 >= len(codes):
            return secrets.choice(free)
    return secrets.choice(free or _RANGES[-1])
