"""What is written when a message has come to its end: its entry, and word to whoever looks at how it goes.

Part of the transaction that records the end, under the trail's lock.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import Error, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from escalation.kit import clock
from escalation.notify import senders
from escalation.notify.models import ContactMethod
from escalation.notify.reaching import TEST, VERIFY
from escalation.notify.senders import Handed
from escalation.trail.writing import ENGINE

from . import expiry, lookout, unreached
from .models import Delivery
from .tries import Outcome
from .waiting import pending
from .words import named
from .work import Work

log = logging.getLogger(__name__)

_PORTION = 200
_ASKED_FOR = (VERIFY, TEST)  # by its receiver


def note(work: Work, outcome: Outcome, said: str, overtaken: bool) -> None:
    """The entry. It is for good, so it has the sender's reason and not what a stranger answered."""
    delivery = outcome.delivery
    data = {
        "to": named(delivery.person),
        "channel": delivery.channel,
        "kind": delivery.kind,
        "outcome": said,
        "tries": delivery.attempts,
    }
    if delivery.method is not None and delivery.method.shown:
        data["way"] = delivery.method.shown  # masked: it is for good
    if delivery.fallback:
        data["fallback"] = True
    if outcome.others:
        data["others"] = outcome.others  # that left in the same message
    if outcome.handed.reason:
        data["error"] = outcome.handed.reason
    if overtaken:
        data["overtaken"] = True
    work.entry(delivery.trail_id, "delivery", data, run=delivery.run, cause=f"delivery:{delivery.pk}:{said}")


def tell_the_owners(ended: Iterable[tuple[Outcome, str]], now: datetime) -> None:
    """How it went, and in which state it is now. What several in one message have in common is kept once."""
    told = {}
    for outcome, state in ended:
        one = outcome.delivery
        told[one.method_id, one.kind if one.kind in _ASKED_FOR else "", state, outcome.handed.reason] = (outcome, state)
    for outcome, state in told.values():
        _tell_the_owner(outcome, state, now)


def _tell_the_owner(outcome: Outcome, state: str, now: datetime) -> None:
    """A code or a test was asked for by its receiver, who looks at how every try went. What is gone is for good.

    Of all else it is kept on the way whether it was refused for good, until something leaves by it: a service
    that is away says nothing of a way. Written only when that changes, so that a storm writes no row twice.
    """
    asked, handed, ways = outcome.delivery, outcome.handed, ContactMethod.objects
    way = asked.method
    if way is None:
        return
    if handed.gone:
        ways.gone(way.pk, at=now, reason=handed.reason)
    elif asked.kind in _ASKED_FOR:
        ways.went(way.pk, at=now, reason=handed.reason, proves=asked.kind == TEST)
    elif state == Delivery.State.SENT and way.refused_at is not None:
        ways.left(way.pk)
    elif state == Delivery.State.FAILED and way.refused_at is None and _is_refused(handed):
        ways.refused(way.pk, at=now, reason=handed.reason)


def _is_refused(handed: Handed) -> bool:
    return not handed.no_way and (handed.permanent or handed.up is True)


# --- not worth sending any more ------------------------------------------------------------------


def expire() -> int:
    """End what is due and too old to be sent, and say so on its trail. Returns how many.

    Before the claim, and not in it: heads are locked before deliveries, everywhere. What cannot be ended is sent late.
    """
    if lookout.stopped():
        return 0
    done, now = 0, clock.now()
    stay: list[int] = []  # nothing is wrong with them, or somebody else is at them
    while portion := list(_old(now).exclude(pk__in=stay)[:_PORTION]):
        old = [one for one in portion if _why(one, now)]
        try:
            ended = _expire(old) if old else 0
        except Error:
            raise
        except Exception:
            log.exception("deliveries %s could not be ended", [one.pk for one in old])
            ended = 0
        done += ended
        if ended < len(portion):
            stay += [one.pk for one in portion]
    return done


def _old(now: datetime) -> QuerySet[Delivery]:
    """The same as ``expiry.why_not`` says, by the index of what is due."""
    too_old = Q(kind__in=expiry.SWAPS)
    for kind, lasts in expiry.LASTS.items():
        too_old |= Q(kind=kind, planned__lte=now - lasts)
    due = pending().filter(state=Delivery.State.QUEUED, next_at__lte=now, kind__in=expiry.MAY_EXPIRE)
    due = due.exclude(channel__in=senders.in_house()).annotate(planned=Coalesce("not_before", "queued_at"))
    return due.filter(too_old).select_related("person", "run", "method").order_by("next_at", "id")


def _why(delivery: Delivery, now: datetime) -> str:
    return expiry.why_not(delivery.kind, delivery.message, delivery.not_before or delivery.queued_at, now)


def _expire(old: Sequence[Delivery]) -> int:
    with transaction.atomic():
        work = Work.lock({one.trail_id for one in old}, actor=ENGINE)
        waiting = Delivery.objects.filter(pk__in=[one.pk for one in old], state=Delivery.State.QUEUED)
        free = set(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))  # nobody is claiming them
        reasons: dict[str, list[int]] = defaultdict(list)
        failed: dict[int, tuple[int, str]] = {}
        for one in old:
            if one.pk in free and (why := _why(one, work.now)):
                reasons[why].append(one.pk)
                outcome = Outcome(one, Handed(reason=why))
                note(work, outcome, Delivery.State.EXPIRED.value, False)
                tell_the_owners([(outcome, Delivery.State.EXPIRED.value)], work.now)
                if unreached.reportable(one):
                    failed[one.pk] = (one.run_id or 0, why)
        for why, pks in reasons.items():
            over = {"state": Delivery.State.EXPIRED, "next_at": None, "finished_at": work.now, "last_error": why}
            Delivery.objects.filter(pk__in=pks).update(**over)
        unreached.note(work, failed)
        work.write()
    return sum(map(len, reasons.values()))
