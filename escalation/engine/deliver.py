"""The outbox at work: claim under a lease, talk outside any transaction, record under the trail's lock.

What leaves when, and what leaves together as one message, is settled in ``bundling``.

At least once, with a key: a message whose worker died may arrive twice, and both carry the
same idempotency key. ``attempts`` is committed before the talk, so that a message that kills
its worker is counted too; the outcome is written only while the lease is still one's own, so
that a worker that was frozen and goes on writes nothing.

Every delivery that left the house, or failed to, is one entry of kind ``delivery`` on its own
trail, also when several left in one message; they are recorded in one transaction. Those on
the desk write none of their own: the entry that called the people names them, and the row
is there at once.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from escalation.kit import clock, failpoint
from escalation.kit.sealed import Locked
from escalation.kit.text import clean
from escalation.notify import senders
from escalation.notify.bundle import compose_all
from escalation.notify.message import ASKING, Recipient
from escalation.notify.reaching import VERIFY
from escalation.notify.senders import Handed
from escalation.trail.writing import ENGINE

from . import answering, bell, breakers, endings, fallback, journal, lookout, shown, standstill, unreached
from .bundling import APART, LOST, Bundle, claim
from .models import Delivery
from .telling import NOT_REACHED
from .tries import Outcome, keep_tries
from .waiting import pending
from .work import Work

__all__ = ["LOST", "TRIES", "claim", "deliver", "deliver_due", "next_due", "record", "sweep"]

log = logging.getLogger(__name__)

_BACK_OFF = settings.RETRY_SECONDS  # after the first, second … failure
TRIES = len(_BACK_OFF) + 1
PATIENCE = 300.0  # seconds: no longer is waited before a next try, whatever the other side asks for
AT_ONCE = 8  # talks at the same time in one worker
_BULK = 500
_RELUCTANT = timedelta(seconds=60)  # an outcome that cannot be recorded is tried again after so long
LEFT_BEHIND = Handed(reason=LOST)
TOO_LATE = Handed(reason="its worker stood still until its time was nearly over, and said nothing")
_ANSWERED = "answered meanwhile"
_TABLE = Delivery._meta.db_table
# Literals, in the index's own words: with parameters SQLite cannot tell that it may use the index.
_PENDING = f"{_TABLE}.state IN ('queued', 'sending')"


def next_due() -> datetime | None:
    """When the next delivery may be taken, or the next lease ends; an index-only look."""
    return pending().filter(next_at__isnull=False).order_by("next_at", "id").values_list("next_at", flat=True).first()


def next_wanted() -> datetime | None:
    """The same for who watches the outbox: nothing while nobody may be called."""
    return None if standstill.held() else next_due()


def deliver_due(limit: int = 50, *, seconds: float = 20.0) -> int:
    """Deliver what is due, at most ``limit`` messages out of the house; the rest is left to the next ring.

    A receiver that answers slowly occupies one of the talks and delays no other. What a dead
    worker left behind goes last and alone: should it be what kills, it takes nothing with it. One
    of it goes each time, however much else there is. Something goes, however slow the machine was until then: a turn
    that is over before it began would never end what waits.
    Returns how many tries were made, those on the desk included.
    """
    if lookout.stopped():
        return 0
    end = time.monotonic() + seconds
    sweep()
    endings.expire()
    breakers.give_way()
    done = _deliver_in_house()
    tries = _deliver_at_once(limit, end)
    while left := claim(1, lost=True):
        deliver(left[0])
        tries += 1
        if tries >= limit or time.monotonic() >= end:
            break
    due = next_due() if tries else None
    if due is not None and due <= clock.now():
        bell.send_ring()
    return done + tries


def _deliver_at_once(limit: int, end: float) -> int:
    """Several talks at the same time; returns how many. What fails before a talk ends it, when all that began is
    recorded."""
    tries = 0
    trouble: Exception | None = None
    talks: set[Future[list[Outcome]]] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            in_time = not tries or time.monotonic() < end
            room = min(AT_ONCE - len(talks), limit - tries) if in_time and trouble is None else 0
            try:
                claimed = claim(room) if room > 0 else []
            except Exception as error:
                _close_if_broken()
                claimed, trouble = [], error
            tries += len(claimed)
            for bundle in claimed:
                try:
                    talks.add(pool.submit(_packed(bundle)))
                except Exception as error:  # its lease ends; what the others said must be recorded all the same
                    _close_if_broken()
                    trouble = error
            if not talks:
                break
            over, talks = wait(talks, timeout=0.05, return_when=FIRST_COMPLETED)
            record([outcome for talk in over for outcome in talk.result()])
    if trouble is not None:
        raise trouble
    return tries


def deliver(bundle: Bundle) -> None:
    """One claimed message, from talk to record. Not inside a transaction."""
    record(_packed(bundle)())


# --- in the house ---------------------------------------------------------------------------


def _deliver_in_house() -> int:
    """Nothing leaves, so there is nothing to wait for: due rows become sent, set by set."""
    names = senders.in_house()
    now, done = _instant(clock.now()), 0
    where = f"state = 'queued' AND next_at <= %s AND channel IN ({', '.join(['%s'] * len(names))})"
    while True:
        sent = _update(
            "state = 'sent', finished_at = %s, next_at = NULL, attempts = attempts + 1",
            [now],
            where,
            [now, *names],
            _BULK,
        )
        done += len(sent)
        if len(sent) < _BULK:
            return done


def _update(change: str, values: list[Any], where: str, params: list[Any], limit: int) -> list[int]:
    """Change due rows in one statement that waits for nobody; returns their ids."""
    due = f"SELECT id FROM {_TABLE} WHERE {_PENDING} AND {where} ORDER BY next_at, id LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            due += " FOR UPDATE SKIP LOCKED"
        else:  # SQLite: look before taking the write lock
            cursor.execute(due, [*params, limit])
            if cursor.fetchone() is None:
                return []
        cursor.execute(
            f"WITH due AS MATERIALIZED ({due}) UPDATE {_TABLE} SET {change}"  # noqa: S608
            f" WHERE id IN (SELECT id FROM due) RETURNING id",
            [*params, limit, *values],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _instant(instant: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)


# --- talking --------------------------------------------------------------------------------


def _packed(bundle: Bundle) -> Callable[[], list[Outcome]]:
    """The talk, with all it needs: its thread never touches the database."""
    deliveries = bundle.deliveries
    to, channel, key = recipient(deliveries[0]), deliveries[0].channel, bundle.key
    gone = _gone(deliveries)
    alone, first = len(deliveries) == 1, next((one for one in deliveries if one.kind in ASKING), None)
    facts = [answering.facts_of(one, alone=alone, first=one is first) for one in deliveries]
    message = compose_all(facts, to=to, at=bundle.at)

    def talk() -> list[Outcome]:
        # Frozen since the claim, it says nothing: somebody else may have this message, or an answer ended it.
        began = clock.steady()
        late = began > bundle.last_call
        handed = TOO_LATE if late else gone or senders.hand_over(channel, to, message, key)
        took = clock.steady() - began
        others, how = len(deliveries) - 1, (bundle.watched, bundle.probe)
        return [Outcome(delivery, handed, others, took, *how) for delivery in deliveries]

    return talk


def recipient(delivery: Delivery) -> Recipient:
    """Whom it is for, and their address at its way."""
    to = Recipient.person(delivery.person)
    return to if delivery.method is None else replace(to, address=delivery.method.address)


def _gone(deliveries: Iterable[Delivery]) -> Handed | None:
    """Why this way is none any more. Nothing else of the person's waits for it, so nothing is delayed."""
    for delivery in deliveries:
        method = delivery.method
        if method is not None and not method.is_kept:
            return Handed(reason="this way to reach them was removed", permanent=True, no_way=True)
        if method is not None and isinstance(method.address, Locked):
            return Handed(
                reason="its address cannot be read: neither SECRET_KEY nor BATON_SEALING_KEY opens it",
                permanent=True,
                no_way=True,
            )
        if method is not None and method.gone_at is not None:
            return Handed(reason="this way takes no messages any more", permanent=True, no_way=True)
        if method is not None and method.verified_at is None and delivery.kind != VERIFY:
            return Handed(reason="this way to reach them is not verified", permanent=True, no_way=True)
    return None


# --- recording ------------------------------------------------------------------------------


def record(outcomes: Sequence[Outcome]) -> int:
    """Write how the tries went, in one transaction; returns how many were still ours to write."""
    if not outcomes:
        return 0
    failpoint.reach("deliver.sent")
    ours = _recorded(outcomes)
    breakers.heard(ours)
    return len(ours)


def _recorded(outcomes: Sequence[Outcome], *, last: bool = False) -> list[Outcome]:
    """If it fails, message by message, then row by row, so that one trail in trouble costs the others nothing.

    One that is alone is tried twice as well: if the database was away for a moment, what was said need not be said
    again. What is not recorded is still "sending": its lease ends, and the sweep finds it.
    """
    try:
        return _record(outcomes)
    except Exception:
        log.exception("the outcomes of deliveries %s could not be recorded", [o.delivery.pk for o in outcomes])
        _close_if_broken()
    divided = [] if last else _divided(outcomes)
    return [outcome for fewer in divided for outcome in _recorded(fewer, last=len(fewer) == 1)]


def _close_if_broken() -> None:
    """The database may have been restarted: the next question opens a new connection."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _divided(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """By message; those of one message one by one."""
    messages: dict[int | None, list[Outcome]] = {}
    for outcome in outcomes:
        messages.setdefault(outcome.delivery.bundle, []).append(outcome)
    return list(messages.values()) if len(messages) > 1 else [[outcome] for outcome in outcomes]


def _record(outcomes: Sequence[Outcome]) -> list[Outcome]:
    with transaction.atomic():
        # The heads first, as every verb does: whether it was answered meanwhile is then settled.
        work = Work.lock({o.delivery.trail_id for o in outcomes}, actor=ENGINE)
        sending = Delivery.objects.filter(pk__in=[o.delivery.pk for o in outcomes], state=Delivery.State.SENDING)
        found = {pk: (lease, overtaken) for pk, lease, overtaken in sending.values_list("pk", "lease", "overtaken")}
        ours = [o for o in outcomes if found.get(o.delivery.pk, ("",))[0] == o.delivery.lease]
        changes: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        failed: dict[int, tuple[int, str]] = {}  # of what is still asked
        lost: list[Delivery] = []  # the same, whose way is none any more; and calls to the last resort
        sent: list[tuple[Delivery, str]] = []
        ended: list[tuple[Outcome, str]] = []
        for outcome in ours:
            overtaken = found[outcome.delivery.pk][1]
            change = _change(outcome, overtaken, work.now)
            changes.setdefault(tuple(change.items()), []).append(outcome.delivery.pk)
            if change["state"] == Delivery.State.SENT:
                sent.append((outcome.delivery, "" if outcome.others else str(change["provider_id"])))
            if change["state"] == Delivery.State.SENT or change["state"] in NOT_REACHED:
                endings.note(work, outcome, str(change["state"]), overtaken)
            if change["state"] in NOT_REACHED and not overtaken and unreached.reportable(outcome.delivery):
                failed[outcome.delivery.pk] = (outcome.delivery.run_id or 0, outcome.handed.reason)
            if fallback.is_lost(outcome, str(change["state"])) and not overtaken:
                lost.append(outcome.delivery)
            ended.append((outcome, str(change["state"])))
        endings.tell_the_owners(ended, work.now)
        for same, pks in changes.items():  # one statement for all of a bundle
            sending.filter(pk__in=pks).update(**dict(same), lease="")
        keep_tries(ours, work.now)
        shown.left(sent, work.now)
        fallback.by_email(lost, work.now)
        unreached.note(work, failed)
        work.write()
        failpoint.reach("deliver.recorded")
    if in_vain := [o.delivery for o in ours if o.handed.reason and o.handed != LEFT_BEHIND]:
        journal.failed(lookout.installation(), [(one.idempotency_key, one.attempts) for one in in_vain], now=work.now)
    return ours


def _change(outcome: Outcome, overtaken: bool, now: datetime) -> dict[str, Any]:
    """What becomes of the row."""
    states, handed, tries = Delivery.State, outcome.handed, outcome.delivery.attempts
    over: dict[str, Any] = {"finished_at": now, "next_at": None}
    if not handed.reason:
        return {"state": states.SENT, "provider_id": clean(handed.provider_id, limit=200), "last_error": "", **over}
    error = clean(": ".join(filter(None, [handed.reason, handed.detail])), limit=2000)
    if overtaken and not handed.permanent:
        return {"state": states.CANCELLED, "last_error": f"{_ANSWERED}; {error}", **over}
    if handed.permanent or tries >= TRIES:
        return {"state": states.UNKNOWN if handed == LEFT_BEHIND else states.FAILED, "last_error": error, **over}
    asked = min(handed.retry_after or 0, PATIENCE)  # the other side's own wish
    pause = 0 if handed == LEFT_BEHIND else max(_BACK_OFF[tries - 1], asked)
    apart = {"bundle": outcome.delivery.pk} if handed == LEFT_BEHIND and tries >= APART else {}
    return {"state": states.QUEUED, "last_error": error, "next_at": now + timedelta(seconds=pause), **apart}


def sweep(portion: int = 200) -> int:
    """Queue again what workers left behind when they died: same rows, same keys. Returns how many.

    All of it, because half a bundle must not be tried again without the other half.
    """
    if lookout.stopped():
        return 0
    done = 0
    while True:
        ended = pending().filter(state=Delivery.State.SENDING, next_at__lte=clock.now())
        found = ended.select_related("person", "run", "method").order_by("next_at", "id")[:portion]
        left = [Outcome(delivery, LEFT_BEHIND) for delivery in found]
        swept = record(left)
        done += swept
        if swept < len(left):  # out of the way for a moment, or the look would find nothing else
            stuck = [o.delivery.pk for o in left]
            ended.filter(pk__in=stuck).update(next_at=clock.now() + _RELUCTANT)
        if len(left) < portion:
            return done
