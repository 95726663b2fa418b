"""The door's own work: what comes in is on disk before the answer.

``take_in`` writes a receipt. What comes in at the same time is written together, in one
transaction, and each sender is answered after its commit. In calm times (alone, and hardly
anything waits) the message is heard in the same transaction, so that the answer names its
incidents; if the incident's lock is not had at once, or our own code fails, or it is very large, or there is a
crowd or a brisk pace, the receipt alone is committed, and ``backlog`` goes on with it in the general cluster.
"""

import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F

from escalation.kit import clock, failpoint
from incidents import routing
from incidents.models import AlertKey, Receipt, Refusal, Source, SourceKey
from incidents.models.keys import USED_EVERY

from . import backlog, quota, seats, waiting
from .alert import Action, Invalid, Message
from .backlog import process_waiting, work_off
from .group import Crowded, Group
from .waiting import oldest_waiting

__all__ = ["Withdrawn", "oldest_waiting", "process_waiting", "take_in", "work_off"]

log = logging.getLogger(__name__)

LOCK_WAIT = "250ms"  # for an incident's lock: the crowd behind waits too
QUEUE_SECONDS = 10.0  # for a turn
TOGETHER = 100  # messages in one transaction
TOGETHER_BYTES = 8 * 1024 * 1024  # and of their bodies, which are sent to the database in one statement
AT_ONCE = 200  # alerts of a message that is heard at the door; the crowd behind waits for it
CALM = 20  # as many may wait and a message is still heard at once
BRISK = 25  # messages in a second
CROWD = 50  # so many wait: whoever works them off goes on by itself, and needs no bell
REFUSALS_KEPT = timedelta(days=7)  # admins are shown a day of them
_ONLY_WORDS = (Action.TRIGGER, Action.UPDATE, Action.NOTE)  # about what is known these can wait
_RANKED = 100  # signals of one message that are looked at to tell how urgent it is


class Withdrawn(Exception):
    """The key has ended, or its source was disabled, while the message was being read."""


@dataclass
class Arrival:
    """One message at the door."""

    source: Source
    body: bytes
    message: Message | None  # None: our own code could not read it
    envelope: Mapping[str, Any] = field(default_factory=dict)
    key: SourceKey | None = None  # None: what came needed none
    at_once: bool = True
    receipt: Receipt | None = None
    refusal: Exception | None = None
    known: bool = False  # it is about something that lives or waits
    rank: int = 1  # until it is looked at


class Pace:
    """Whether messages come so briskly that each is only kept: heard in a crowd, they cost a tenth."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=BRISK)

    def is_brisk(self) -> bool:
        """Counts one message."""
        now = time.monotonic()
        brisk = len(self._last) == BRISK and now - self._last[0] < 1.0
        self._last.append(now)
        return brisk


pace = Pace()


def take_in(
    source: Source,
    body: bytes,
    *,
    ring: Callable[[int], object],
    envelope: Mapping[str, Any] | None = None,
    key: SourceKey | None = None,
    at_once: bool = True,
) -> Receipt:
    """Keep ``body``, and do what it says ``at_once`` if that can be done.

    ``envelope`` is what its door needs beside it, ``key`` what opened the source. ``ring(receipt id)`` is called
    after the commit if work is left. Raises ``Invalid`` for the sender's mistakes, ``TooMuch`` beyond the quota,
    ``Withdrawn``, and database errors if nothing could be kept.
    """
    envelope = envelope or {}
    arrival = Arrival(source, body, _understood(source, body, envelope), envelope, key, at_once)
    try:
        _door.bring((arrival, ring))
    except Crowded:
        raise OperationalError("too many messages wait for the database") from None
    if arrival.refusal is not None:
        raise arrival.refusal
    assert arrival.receipt is not None
    return arrival.receipt


def _understood(source: Source, body: bytes, envelope: Mapping[str, Any] | None = None) -> Message | None:
    """The decoded message; None if our own code failed on it, which must not lose it."""
    try:
        return backlog.decode(source, body, envelope or {}, clock.nearly())
    except Invalid:
        raise
    except Exception:
        log.exception("decoding a message from %s failed; it is kept and tried again", source)
        return None


# --- what came in together ------------------------------------------------------------------------


def _keep(brought: Sequence[tuple[Arrival, Callable[[int], object]]]) -> None:
    arrivals = [arrival for arrival, _ring in brought]
    with transaction.atomic():
        _wait_briefly()
        welcome = _of_open_sources(arrivals)
        calm = len(arrivals) == len(welcome) == 1 and _is_calm(welcome[0])
        welcome = _admitted(welcome, look=not calm)
        receipts = _written(welcome)
        if calm and receipts:
            _try_now(receipts[0], welcome[0].message)
        left = [receipt for receipt in receipts if receipt.state == Receipt.State.RECEIVED]
        if left and not waiting.any_waiting(CROWD + len(left)):
            transaction.on_commit(partial(brought[0][1], left[-1].pk), robust=True)
        failpoint.reach("intake.kept")
    for arrival, receipt in zip(welcome, receipts, strict=True):
        arrival.receipt = receipt
    failpoint.reach("intake.committed")


def _give_back() -> None:
    """The pool's connections are few; a crowd that holds them all would keep the one at work from its own."""
    if not connection.in_atomic_block:
        connection.close()


def _bytes(brought: tuple[Arrival, Callable[[int], object]]) -> int:
    return len(brought[0].body)


_door = Group(
    _keep,
    before_waiting=_give_back,
    most=TOGETHER,
    patience=QUEUE_SECONDS,
    weigh=_bytes,
    heaviest=TOGETHER_BYTES,
)


def _wait_briefly() -> None:
    """PostgreSQL: give up on a lock early. SQLite has one lock, and to be here is to hold it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")


def _of_open_sources(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The sources and keys as they are now: what came with the message may be some seconds old."""
    keys = SourceKey.objects.select_related("source__service__team", "source__service__policy")
    opened = keys.in_bulk({a.key.pk for a in arrivals if a.key is not None})
    sources = {key.source_id: key.source for key in opened.values()}  # one of each, however many keys it has
    keyless = {a.source.pk for a in arrivals if a.key is None} - set(sources)
    if keyless:
        sources |= Source.objects.select_related("service__team", "service__policy").in_bulk(keyless)
    now = clock.nearly()
    for arrival in arrivals:
        before, source = arrival.source, sources.get(arrival.source.pk)
        key = opened.get(arrival.key.pk) if arrival.key is not None else None
        opens = arrival.key is None or (key is not None and not key.is_over(now))
        if source is None or not source.enabled or not opens:
            arrival.refusal = Withdrawn()
            continue
        arrival.source = source
        if (source.grouping, source.mapping) != (before.grouping, before.mapping):
            try:
                arrival.message = _understood(source, arrival.body, arrival.envelope)
            except Invalid as error:  # of this one alone: its crowd is taken in all the same
                arrival.refusal = error
    _note_use(opened.values())
    return [arrival for arrival in arrivals if arrival.refusal is None]


def note_use(key: SourceKey) -> None:
    """The same for a key that came with nothing to keep; ``key`` may be remembered, and remembers it."""
    if key.used_at is None or clock.nearly() - key.used_at >= USED_EVERY:
        with transaction.atomic():
            _note_use([key])
        key.used_at = clock.nearly()


def _note_use(keys: Iterable[SourceKey]) -> None:
    """So that it can be seen who still sends with an old key: at most once in a while, since it costs a write."""
    now = clock.nearly()
    used = [key.pk for key in keys if key.used_at is None or now - key.used_at >= USED_EVERY]
    if used:
        free = SourceKey.objects.select_for_update(skip_locked=True).filter(pk__in=used)  # else somebody notes it now
        SourceKey.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(used_at=now)


def _written(arrivals: Sequence[Arrival]) -> list[Receipt]:
    if not arrivals:
        return []
    now = clock.now()
    return Receipt.objects.bulk_create(
        Receipt(
            source=arrival.source,
            received_at=now,
            body=arrival.body,
            envelope=arrival.envelope,
            digest=digest_of(arrival.body, arrival.envelope),
            line=arrival.message.line if arrival.message else "",
            rank=arrival.rank,
        )
        for arrival in arrivals
    )


def digest_of(body: bytes, envelope: Mapping[str, Any]) -> str:
    """Two that say the same have the same; the same body elsewhere may say something else."""
    beside = json.dumps(envelope, sort_keys=True).encode() if envelope else b""
    return hashlib.sha256(body + beside).hexdigest()


def _is_calm(arrival: Arrival) -> bool:
    """It is no large one, hardly anything waits, and its line is nobody else's now (asked before its id is taken)."""
    message = arrival.message
    if message is None or not arrival.at_once or message.alerts > AT_ONCE or waiting.any_waiting(CALM + 1):
        return False
    return seats.for_now([waiting.key_of(arrival.source.pk, message.line)])[0]


def _try_now(receipt: Receipt, message: Message | None) -> None:
    assert message is not None
    try:
        with transaction.atomic():
            if not backlog.line_before(receipt).exists():
                work_off(receipt, message)
    except Exception:
        if connection.needs_rollback:  # the connection is gone: nothing would be committed, so nothing is accepted
            raise
        receipt.state, receipt.outcome = Receipt.State.RECEIVED, {}
        log.exception("receipt %d could not be worked off at once; a task goes on with it", receipt.pk)


# --- how urgent it looks, and whether it is too much ----------------------------------------------


def _admitted(arrivals: Sequence[Arrival], *, look: bool) -> list[Arrival]:
    """Without what is beyond a source's quota; that is counted. ``look``: it matters how urgent each is."""
    numbers: dict[int, int] = {}
    for arrival in arrivals:
        numbers[arrival.source.pk] = numbers.get(arrival.source.pk, 0) + 1
    if look or any(quota.is_short(a.source, numbers[a.source.pk]) for a in arrivals):
        _rank(arrivals)
    for arrival in arrivals:
        try:
            quota.admit(arrival.source, arrival.rank, known=arrival.known)
        except quota.TooMuch as refusal:
            arrival.refusal = refusal
    _count_refused([arrival.source for arrival in arrivals if arrival.refusal is not None])
    return [arrival for arrival in arrivals if arrival.refusal is None]


def _rank(arrivals: Sequence[Arrival]) -> None:
    sources = {arrival.source.pk for arrival in arrivals}
    said = {signal.key for arrival in arrivals for signal in _signals(arrival)}
    keys = AlertKey.objects.filter(source__in=sources, key__in=said, ended_at__isnull=True)
    living = set(keys.values_list("source", "key"))
    lines = {arrival.message.line for arrival in arrivals if arrival.message}
    before = Receipt.objects.waiting().filter(source__in=sources, line__in=lines)
    announced = set(before.filter(rank__lt=Receipt.Rank.ENDS).values_list("source", "line").distinct())
    for arrival in arrivals:
        arrival.rank, arrival.known = _look(arrival, living, announced)
        if arrival.message and arrival.rank < Receipt.Rank.ENDS:
            announced.add((arrival.source.pk, arrival.message.line))


def _look(arrival: Arrival, living: set[tuple[int, str]], announced: set[tuple[int, str]]) -> tuple[int, bool]:
    """Its rank, and whether it is about something that lives or waits."""
    source, message = arrival.source, arrival.message
    if message is None:
        return source.default_severity, False
    known = [signal for signal in _signals(arrival) if (source.pk, signal.key) in living]
    waits = (source.pk, message.line) in announced
    first = [signal for signal in _signals(arrival) if signal.action is Action.TRIGGER and signal not in known]
    if first and not waits:
        firing = [element.severity for signal in first for element in signal.firing]
        return routing.severity_for(source, firing) or source.default_severity, bool(known)
    if any(signal.action not in _ONLY_WORDS for signal in _signals(arrival)):
        return Receipt.Rank.ENDS, bool(known) or waits
    return Receipt.Rank.REPEATS, bool(known) or waits


def _signals(arrival: Arrival):
    return arrival.message.signals[:_RANKED] if arrival.message else []


def _count_refused(sources: Sequence[Source]) -> None:
    """On disk, a row for each source and minute: admins see them. A new one ends the old ones."""
    if not sources:
        return
    minute = clock.now().replace(second=0, microsecond=0)
    for source in {source.pk: source for source in sources}.values():
        number = sum(one.pk == source.pk for one in sources)
        rows = Refusal.objects.filter(source=source, minute=minute)
        if not rows.update(count=F("count") + number):
            log.warning("%s sends more than %d messages a minute: some are refused", source, source.quota)
            Refusal.objects.filter(source=source, minute__lt=minute - REFUSALS_KEPT).delete()
            Refusal.objects.bulk_create([Refusal(source=source, minute=minute)], ignore_conflicts=True)
            rows.update(count=F("count") + number)
