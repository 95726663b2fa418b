"""Short codes: what a text message calls the call that it asks about, so that a reply can name it.

A code is bound to the number that the message went to: from any other number it names nothing. It is drawn by
chance among those that this number was not given for ``REST``, so that an old message cannot mean a new call, not even
after the database was put back from an older copy. All messages about one call to one number have the same.
"""

import logging
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from escalation.kit import clock

from .models import Delivery, ReplyCode

log = logging.getLogger(__name__)

REST = timedelta(days=14)
_RANGES = (range(10, 100), range(100, 1000), range(1000, 10_000))  # short ones first, while half of them are free
_TRIES = 5


def code_of(delivery: Delivery, number: str) -> int | None:
    """The code of its call, for this number; None if there is none to be had: a message without is better than none.

    Outside of any transaction, or a part of the caller's.
    """
    try:
        return _given(delivery, number) or _give(delivery, number, clock.now())
    except Exception:
        log.exception("no code for delivery %s", delivery.pk)
        return None


def delivery_of(number: str, code: int) -> Delivery | None:
    """What this code last meant for this number."""
    found = ReplyCode.objects.filter(number=number, code=code)
    found = found.select_related("delivery__person", "delivery__run", "delivery__method")
    row = found.first()
    return None if row is None else row.delivery


def _given(delivery: Delivery, number: str) -> int | None:
    same = ReplyCode.objects.filter(number=number, delivery__cause=delivery.cause)
    same = same.filter(delivery__person=delivery.person_id).order_by("-given_at")
    return same.values_list("code", flat=True).first()


def _give(delivery: Delivery, number: str, now: datetime) -> int | None:
    for _try in range(_TRIES):
        rests = ReplyCode.objects.filter(number=number, given_at__gt=now - REST)
        code = drawn(set(rests.values_list("code", flat=True)))
        try:
            with transaction.atomic():
                ReplyCode.objects.filter(number=number, code=code, given_at__lte=now - REST).delete()
                ReplyCode.objects.create(number=number, code=code, delivery=delivery, given_at=now)
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
