"""Every try on record: a row each, with when, how long, by which service, how it went and why.

Written in the transaction that records how the delivery went, in one statement for all of them. A try whose worker
died has its row too, once its lease has ended: what may have arrived twice can be seen. On the desk nothing leaves, so
nothing is tried. A reason is the sender's: it names no address and quotes nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from escalation.kit.rows import insert_all
from escalation.kit.text import one_line
from escalation.notify import senders
from escalation.notify.senders import Handed

from .models import Delivery, Try

REASON = 200
_MOST_MS = 2**31 - 1


@dataclass(frozen=True)
class Outcome:
    """How one try went. ``delivery`` is as it was claimed, with the lease of then; it left with ``others``.

    ``took``: seconds of the talk; None if its worker died, and nobody knows whether it was said. ``watched``: its
    service was in trouble when it was claimed; ``probe``: and it alone was let through.
    """

    delivery: Delivery
    handed: Handed
    others: int = 0
    took: float | None = None
    watched: bool = False
    probe: bool = False

    @cached_property
    def service(self) -> tuple[str, str]:
        return service_of(self.delivery)


def keep_tries(outcomes: Iterable[Outcome], now: datetime) -> None:
    """Part of the caller's transaction. That a row is there already must not keep an outcome from being recorded."""
    insert_all([_row(outcome, now) for outcome in outcomes], ignore_conflicts=True)


def _row(outcome: Outcome, now: datetime) -> Try:
    delivery, handed = outcome.delivery, outcome.handed
    said = Try.Outcome.FAILED if handed.reason else Try.Outcome.SENT
    return Try(
        delivery_id=delivery.pk,
        n=delivery.attempts,
        at=delivery.tried_at or now,
        took_ms=None if outcome.took is None else min(max(0, round(outcome.took * 1000)), _MOST_MS),
        channel=delivery.channel,
        provider=outcome.service[1],
        outcome=Try.Outcome.UNKNOWN if outcome.took is None else said,
        reason=one_line(handed.reason, limit=REASON),
    )


def service_of(delivery: Delivery) -> tuple[str, str]:
    """Its channel, and which service carries it."""
    address = delivery.method.address if delivery.method else ""
    return delivery.channel, senders.provider_of(delivery.channel, address)


def of(deliveries: Collection[int]) -> dict[int, list[Try]]:
    """delivery → its tries, in order, in one query; in none if nobody asks."""
    found: dict[int, list[Try]] = defaultdict(list)
    if deliveries:
        for one in Try.objects.filter(delivery__in=deliveries).order_by("delivery", "n"):
            found[one.delivery_id].append(one)
    return found
