"""Receipts worked off after the answer: many in one transaction, and with care what fails.

Attempts are counted when they begin, in a transaction of their own, so that a receipt that kills
its process is found out. What was tried before goes alone. A batch that fails is halved until the
culprit is alone, and after three attempts that is quarantined, loudly, with an incident in its place.
No attempt is one that the database cut short, or somebody who held a lock for long: it is given back, and the
receipt rests for a moment, so that others have their turn.

PostgreSQL: a worker takes the lines it can have and waits for none (``seats``). SQLite: there is one
transaction at a time, so batches are short and leave the door a gap.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from escalation.engine import climb
from escalation.kit.rows import update_all
from incidents.models import Incident, Receipt, Source

from . import changing, registry, seats, waiting
from .alert import WARNINGS, Message
from .door import Told
from .hearing import Hearing, Outcome
from .waiting import Line

log = logging.getLogger(__name__)

ATTEMPTS = 3  # then a receipt is quarantined, loudly
PORTION = 50  # signals of one message in one transaction
TOGETHER = 200  # signals of many messages in one
ALERTS = 1_000  # that they speak of, in one
BATCH = {"sqlite": 40, "postgresql": 100}  # receipts
REST = 4.0  # seconds in which this process leaves alone what it had to wait for in vain
GAP = {"sqlite": 0.02, "postgresql": 0.0}  # seconds between two batches, for other writers

_resting: dict[int, float] = {}  # receipts, and until when
_owed: set[int] = set()  # attempts to be given back, as soon as the database is there


def process_waiting(*, seconds: float = 1.0) -> int:
    """Work off what waits, in short transactions, until nothing is left or time is up. Returns how many receipts."""
    end, done = time.monotonic() + seconds, 0
    _settle()
    stuck = _at_rest()  # and the first of lines that failed just now, or that somebody else works off
    with seats.at_work() as mine:
        while mine and (lines := waiting.choose(BATCH[connection.vendor], without=stuck)):
            with seats.at_lines(lines) as ours:
                _work_off_lines(ours, end)
            left = set(_still_waiting([pk for line in lines for pk in line.receipts]))
            stuck |= {line.receipts[0] for line in lines if line.receipts[0] in left}
            done += sum(pk not in left for line in ours for pk in line.receipts)
            if time.monotonic() >= end:
                break
            time.sleep(GAP[connection.vendor])
    return done


def _work_off_lines(lines: Sequence[Line], end: float) -> None:
    plain = [line for line in lines if line.plain]
    careful = [line for line in lines if not line.plain]
    for line in [*(_together(plain) if plain else []), *careful]:
        _one_by_one(line.receipts, end)
        if time.monotonic() >= end and not _resting.keys().isdisjoint(line.receipts):
            break  # it has cost the turn; the others have the next


# --- what the door does too ---------------------------------------------------------------------


def decode(source: Source, body: bytes, envelope: Mapping[str, Any], now: datetime) -> Message:
    return registry.door_of(source, envelope).decode(Told(source, body, envelope, now))


def read_again(receipt: Receipt) -> Message:
    return decode(receipt.source, bytes(receipt.body), receipt.envelope, receipt.received_at)


def line_before(receipt: Receipt):
    """What waits before this receipt and must not be overtaken."""
    before = Receipt.objects.waiting().filter(source=receipt.source_id, line=receipt.line)
    return before.filter(id__lt=receipt.pk) if receipt.line else before.none()


def work_off(receipt: Receipt, message: Message) -> None:
    """The next portion of a message. The receipt says how far it got."""
    done = receipt.outcome.get("done", 0)
    if message.changes and not done:
        changing.keep([(receipt, message)])
    hearing = Hearing()
    hearing.hear([(receipt, message.signals[done : done + PORTION])])
    _heard(receipt, message, hearing.outcomes[receipt.pk], min(done + PORTION, len(message.signals)))
    receipt.save(update_fields=["state", "outcome", "attempts"])


def _heard(receipt: Receipt, message: Message, outcome: Outcome, done: int) -> None:
    before = receipt.outcome
    results = outcome.results + type(outcome.results)(before.get("results", {}))
    if message.changes:
        results["change kept"] = len(message.changes)
    receipt.outcome = {
        "incidents": list(dict.fromkeys([*before.get("incidents", []), *outcome.refs])),
        "warnings": list(message.warnings[: WARNINGS + 2]),
        "results": dict(results),
        "done": done,
    }
    receipt.attempts = 0
    if done == len(message.signals):
        receipt.state = Receipt.State.PROCESSED


# --- together -----------------------------------------------------------------------------------


def _together(lines: Sequence[Line]) -> list[Line]:
    """Work off whole lines in one transaction; returns those that have to be taken one by one."""
    pks = [pk for line in lines for pk in line.receipts]
    Receipt.objects.waiting().filter(pk__in=pks).update(attempts=F("attempts") + 1)
    try:
        return _try_together(lines)
    except Exception:
        log.exception("a batch of %d receipts failed; taking fewer at once", len(pks))
    _give_back(pks)  # this process lives: it was not what the attempts are counted for
    if len(lines) == 1:
        return list(lines)
    half = len(lines) // 2
    return _together(lines[:half]) + _together(lines[half:])


def _try_together(lines: Sequence[Line]) -> list[Line]:
    pks = [pk for line in lines for pk in line.receipts]
    rows = Receipt.objects.select_related("source__service__team", "source__service__policy").in_bulk(pks)
    messages = _decoded(rows.values())
    small, large, room, room_for_alerts = [], [], TOGETHER, ALERTS
    for line in lines:
        signals = [len(messages[pk].signals) for pk in line.receipts]
        alerts = max(messages[pk].alerts for pk in line.receipts)  # repeats speak of the same ones
        if max(signals) > PORTION or any(rows[pk].outcome for pk in line.receipts):
            large.append(line)
        elif not small or (sum(signals) <= room and alerts <= room_for_alerts):
            small.append(line)
            room -= sum(signals)
            room_for_alerts -= alerts
    with transaction.atomic():
        mine = {pk for line in _taken(small) for pk in line.receipts}
        receipts = [rows[pk] for pk in sorted(mine)]
        hearing = Hearing()
        hearing.hear([(receipt, messages[receipt.pk].signals) for receipt in receipts])
        changing.keep([(receipt, messages[receipt.pk]) for receipt in receipts])
        for receipt in receipts:
            message = messages[receipt.pk]
            _heard(receipt, message, hearing.outcomes[receipt.pk], len(message.signals))
        if receipts:
            update_all(receipts, ("state", "outcome", "attempts"))
    _give_back([pk for pk in pks if pk not in mine])  # not tried
    return large


def _decoded(receipts) -> dict[int, Message]:
    """Repeats are often the same bytes: each is read once."""
    known: dict[tuple[int, str], Message] = {}
    found = {}
    for receipt in receipts:
        same = (receipt.source_id, receipt.digest)
        if same not in known:
            known[same] = read_again(receipt)
        found[receipt.pk] = known[same]
    return found


def _taken(lines: Sequence[Line]) -> list[Line]:
    """The lines that are ours in this transaction and whose beginning has not changed since they were chosen."""
    had = seats.for_now([line.key for line in lines])
    lines = [line for line, ours in zip(lines, had, strict=True) if ours]
    beginnings: dict[tuple[int, str], list[int]] = {(line.source, line.name): [] for line in lines}
    last = max((pk for line in lines for pk in line.receipts), default=0)
    names = {"source__in": {line.source for line in lines}, "line__in": {line.name for line in lines}}
    rows = Receipt.objects.waiting().filter(**names, id__lte=last).order_by().values_list("pk", "source", "line")
    for pk, source, name in sorted(rows):
        beginnings.get((source, name), []).append(pk)
    return [line for line in lines if beginnings[line.source, line.name][: len(line.receipts)] == line.receipts]


def _still_waiting(pks: Sequence[int]) -> list[int]:
    return list(Receipt.objects.waiting().filter(pk__in=pks).values_list("pk", flat=True))


def try_again(pk: int) -> bool:
    """What was set aside is tried once more. False if it is not set aside (any more), so twice does no harm."""
    aside = Receipt.objects.filter(pk=pk, state=Receipt.State.QUARANTINED)
    return bool(aside.update(state=Receipt.State.RECEIVED, attempts=0))


# --- one by one ---------------------------------------------------------------------------------


def _one_by_one(pks: Sequence[int], end: float) -> bool:
    """In their order; False if one failed, or is not through yet, and the rest of the line has to wait for it."""
    return all(_finish(pk, end) for pk in pks)


def _finish(pk: int, end: float) -> bool:
    """The portions that are left, at least one, until time is up: others have their turn between. False if it waits."""
    left = Receipt.objects.waiting().filter(pk=pk)
    while left.exists():
        if not left.filter(attempts__lt=ATTEMPTS).update(attempts=F("attempts") + 1):
            _set_aside(pk, None)
            return True
        try:
            _one_portion(pk)
        except Exception as error:
            log.exception("receipt %d failed", pk)
            if climb.is_blameless(error):
                _resting[pk] = time.monotonic() + REST
                _give_back([pk])
            return _set_aside(pk, error)
        if time.monotonic() >= end:
            return not left.exists()
    return True


def _give_back(pks: Iterable[int]) -> None:
    """Their attempt was none. If the database is away, it is still owed to them."""
    _owed.update(pks)
    _settle()


def _settle() -> None:
    if _owed:
        given = set(_owed)
        Receipt.objects.waiting().filter(pk__in=given, attempts__gt=0).update(attempts=F("attempts") - 1)
        _owed.difference_update(given)


def _at_rest() -> set[int]:
    now = time.monotonic()
    for pk, until in list(_resting.items()):
        if until <= now:
            _resting.pop(pk, None)
    return set(_resting)


@transaction.atomic
def _one_portion(pk: int) -> None:
    receipt = _locked(pk)
    if receipt is not None:
        work_off(receipt, read_again(receipt))


def _locked(pk: int) -> Receipt | None:
    rows = Receipt.objects.waiting().select_related("source__service").filter(pk=pk)
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
