"""Receipts: what came in is on disk before the answer, and worked off at once or a moment later.

``take_in`` writes the receipt and, if it can, its incidents in one transaction. If the incident's
lock is not had within a second, or our own code fails, the receipt alone is committed and a task
goes on with it; ``process_waiting`` is the safety net under lost tasks. Attempts are counted when
they begin, in a transaction of their own, so that a receipt that kills its process is found out.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.db import OperationalError, connection, transaction
from django.db.models import F

from escalation.kit import clock, failpoint
from incidents.models import Incident, Receipt, Source

from . import alertmanager, reading
from .alert import WARNINGS, Invalid, Message
from .hearing import Hearing

log = logging.getLogger(__name__)

LOCK_WAIT = "1s"
ATTEMPTS = 3  # then a receipt is quarantined, loudly
PORTION = 50  # signals in one transaction
GRACE = timedelta(seconds=2)  # before the sweep takes over from the task
QUEUE_SECONDS = 10.0  # for a turn at SQLite's one write lock

_turn = threading.Lock()


def take_in(source: Source, body: bytes, *, ring: Callable[[int], object]) -> Receipt:
    """Keep ``body`` and do what it says. ``ring(receipt id)`` is called after the commit if work is left.

    Raises ``Invalid`` for the sender's mistakes, and database errors if nothing could be kept.
    """
    now = clock.now()
    message = _understood(source, body, now)
    with _in_turn(), transaction.atomic():
        _wait_briefly()
        receipt = Receipt.objects.create(
            source=source,
            received_at=now,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            line=message.line if message else "",
        )
        if message is not None:
            _try_now(receipt, message)
        if receipt.state == Receipt.State.RECEIVED:
            transaction.on_commit(partial(ring, receipt.pk), robust=True)
        failpoint.reach("intake.kept")
    failpoint.reach("intake.committed")
    return receipt


def process(receipt_id: int) -> None:
    """Finish a receipt, and before it what waits in its line. Safe to run twice, at once too."""
    receipt = Receipt.objects.filter(pk=receipt_id, state=Receipt.State.RECEIVED).first()
    if receipt is None:
        return
    for pk in [*_line(receipt).order_by("id").values_list("id", flat=True), receipt.pk]:
        if not _finish(pk):
            return  # the rest of the line waits for it


def oldest_waiting() -> datetime | None:
    """When the receipt came in that has waited longest; an index-only look over the few that wait."""
    waiting = Receipt.objects.filter(state=Receipt.State.RECEIVED).order_by("id")
    return waiting.values_list("received_at", flat=True).first()


def process_waiting() -> int:
    """Everything that still waits although its task had time enough. Returns how many there were."""
    waiting = Receipt.objects.filter(state=Receipt.State.RECEIVED, received_at__lte=clock.now() - GRACE)
    ids = list(waiting.order_by("id").values_list("id", flat=True)[:500])
    for pk in ids:
        process(pk)
    return len(ids)


# --- at once ----------------------------------------------------------------------------------


def _understood(source: Source, body: bytes, now: datetime) -> Message | None:
    """The decoded message; None if our own code failed on it, which must not lose it."""
    try:
        return _decode(source, body, now)
    except Invalid:
        raise
    except Exception:
        log.exception("decoding a message from %s failed; it is kept and tried again", source)
        return None


def _decode(source: Source, body: bytes, now: datetime) -> Message:
    per_alert = source.grouping == Source.Grouping.ALERT
    return alertmanager.decode(reading.parse(body), per_alert=per_alert, now=now)


@contextmanager
def _in_turn() -> Iterator[None]:
    """SQLite's waiting writers sleep and look again, and unlucky threads starve: let them queue instead."""
    if connection.vendor != "sqlite":
        yield
        return
    if not _turn.acquire(timeout=QUEUE_SECONDS):
        raise OperationalError("too many messages wait for the database")
    try:
        yield
    finally:
        _turn.release()


def _wait_briefly() -> None:
    """PostgreSQL: give up on a lock early. SQLite has one lock, and to be here is to hold it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")


def _line(receipt: Receipt):
    """What waits before this receipt and must not be overtaken."""
    waiting = Receipt.objects.filter(source=receipt.source_id, line=receipt.line, state=Receipt.State.RECEIVED)
    return waiting.filter(id__lt=receipt.pk) if receipt.line else waiting.none()


def _hold_line(receipt: Receipt) -> None:
    """PostgreSQL: one message of a line at a time, those not yet committed included."""
    if receipt.line and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            line = f"{receipt.source_id}/{receipt.line}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [line])


def _try_now(receipt: Receipt, message: Message) -> None:
    try:
        with transaction.atomic():
            _hold_line(receipt)
            if not _line(receipt).exists():
                _work_off(receipt, message)
    except Exception:
        if connection.needs_rollback:  # the connection is gone: nothing would be committed, so nothing is accepted
            raise
        receipt.state, receipt.outcome = Receipt.State.RECEIVED, {}
        log.exception("receipt %d could not be worked off at once; a task goes on with it", receipt.pk)


def _work_off(receipt: Receipt, message: Message) -> None:
    """The next portion of a message. The receipt says how far it got."""
    outcome = receipt.outcome
    done = outcome.get("done", 0)
    hearing = Hearing(receipt)
    hearing.hear(message.signals[done : done + PORTION])
    done = min(done + PORTION, len(message.signals))
    results = hearing.results + type(hearing.results)(outcome.get("results", {}))
    receipt.outcome = {
        "incidents": list(dict.fromkeys([*outcome.get("incidents", []), *hearing.refs])),
        "warnings": list(message.warnings[: WARNINGS + 2]),
        "results": dict(results),
        "done": done,
    }
    receipt.attempts = 0
    if done == len(message.signals):
        receipt.state = Receipt.State.PROCESSED
    receipt.save(update_fields=["state", "outcome", "attempts"])


# --- later ------------------------------------------------------------------------------------


def _finish(pk: int) -> bool:
    """All portions that are left. False if it still waits."""
    waiting = Receipt.objects.filter(pk=pk, state=Receipt.State.RECEIVED)
    while waiting.exists():
        if not waiting.filter(attempts__lt=ATTEMPTS).update(attempts=F("attempts") + 1):
            _set_aside(pk, None)
            return True
        try:
            _one_portion(pk)
        except Exception as error:
            log.exception("receipt %d failed", pk)
            return _set_aside(pk, error)
    return True


@transaction.atomic
def _one_portion(pk: int) -> None:
    _hold_line(Receipt.objects.get(pk=pk))
    receipt = _locked(pk)
    if receipt is not None:
        message = _decode(receipt.source, bytes(receipt.body), receipt.received_at)
        _work_off(receipt, message)


def _open_in_its_place(receipt: Receipt) -> Incident:
    """Accepted is promised: what cannot be understood is an incident too, and somebody is called."""
    source = receipt.source
    return Incident.open(
        title=f"A message from {source.name} could not be read",
        symptom=f"Receipt {receipt.pk}: {receipt.outcome['error']}",
        service=source.service,
        source=source,
        reported_severity=source.default_severity,
    )


def _locked(pk: int) -> Receipt | None:
    rows = Receipt.objects.select_related("source__service").filter(pk=pk, state=Receipt.State.RECEIVED)
    return rows.select_for_update(of=("self",)).first() if connection.vendor == "postgresql" else rows.first()


@transaction.atomic
def _set_aside(pk: int, error: Exception | None) -> bool:
    """Note the failure; after the last attempt quarantine the receipt. True if it no longer waits."""
    receipt = _locked(pk)
    if receipt is None:
        return True
    if error is not None:
        receipt.outcome["error"] = f"{type(error).__name__}: {error}"[:2000].replace("\0", "")
    if receipt.attempts >= ATTEMPTS:
        receipt.outcome.setdefault("error", "the process died at work on it")
        receipt.state = Receipt.State.QUARANTINED
        log.critical("receipt %d is quarantined, its alert was not heard: %s", pk, receipt.outcome["error"])
        receipt.outcome["incidents"] = [_open_in_its_place(receipt).ref]
    receipt.save(update_fields=["outcome", "state"])
    return receipt.state == Receipt.State.QUARANTINED
