"""What came in is kept for a while and no longer: bodies may speak of people, and would fill the disk.

The record does not need them: what a message did is in the entries of its incident. Three kinds stay, however old they
are: what waits, what was set aside for an admin, and what an incident was told that is not closed yet.

It goes by numbers, which are as old as their rows: no index, and no look at what is young. Each portion is a
transaction of its own, with a pause behind it, so nobody who writes waits long, also where one can write at a time.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings

from escalation.kit import clock
from incidents.models import Incident, Receipt

PORTION = 500  # receipts
EVERY = 86_400.0  # seconds between two looks
TURN = 2.0  # seconds of one task: messages to people get their turns between
PAUSE = 0.05  # seconds, in which others write

_Row = tuple[int, str, datetime, list[str] | None]


def next_due() -> datetime | None:
    """When the oldest that was worked off is old. It may have to stay all the same: a look each day is cheap."""
    worked_off = Receipt.objects.filter(state=Receipt.State.PROCESSED).order_by("pk")
    first = worked_off.values_list("received_at", flat=True).first()
    return None if first is None else first + _kept()


def forget(after: int = 0) -> tuple[int, int | None]:
    """Delete what is old, for one turn. Returns how many went, and the number to go on after; None: that was all."""
    old, end, gone = clock.now() - _kept(), time.monotonic() + TURN, 0
    while True:
        rows = [row for row in _portion(after) if row[2] <= old]
        gone += _delete(rows)
        if len(rows) < PORTION:
            return gone, None
        after = rows[-1][0]
        if time.monotonic() >= end:
            return gone, after
        time.sleep(PAUSE)


def _portion(after: int) -> list[_Row]:
    rows = Receipt.objects.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", "state", "received_at", "outcome__incidents")[:PORTION])


def _delete(rows: list[_Row]) -> int:
    done = [(pk, _numbers(refs)) for pk, state, _at, refs in rows if state == Receipt.State.PROCESSED]
    named = {number for _pk, numbers in done for number in numbers}
    living = set(Incident.objects.filter(number__in=named, closed_at=None).values_list("number", flat=True))
    pks = [pk for pk, numbers in done if living.isdisjoint(numbers)]
    gone, _of_what = Receipt.objects.filter(pk__in=pks, state=Receipt.State.PROCESSED).delete()
    return gone


def _numbers(refs: list[str] | None) -> list[int]:
    return [int(ref.rpartition("-")[2]) for ref in refs or []]


def _kept() -> timedelta:
    return timedelta(days=settings.RECEIPT_DAYS)
