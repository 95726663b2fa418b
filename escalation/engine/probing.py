"""Whether a service may be talked to now, as the claim asks it; see ``breakers``. Inside the claim's transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from escalation.notify.breaking import PAUSES
from escalation.notify.message import ASKING
from escalation.notify.models import Breaker

from .models import Delivery
from .tries import service_of
from .waiting import LEASE

SHORT = PAUSES[0]  # so long a call waits for a service that is away
PROBE = LEASE  # so long a probe has the word: it leaves under a claim
_LONGEST = max(PAUSES[-1], PROBE)  # what is farther ahead is of a clock that was put back
_AGAIN = PAUSES[0] / 6  # somebody else is taking the probe at this moment


def known() -> dict[tuple[str, str], Breaker]:
    """The services that are in trouble. One look at a table that is empty on good days."""
    return {(row.channel, row.provider): row for row in Breaker.objects.order_by("channel", "provider")}


class Breakers:
    """What one claim knows of services in trouble. No row is waited for: who does not get the probe, waits."""

    def __init__(self) -> None:
        self._rows = known()

    def of(self, delivery: Delivery) -> Breaker | None:
        """Its service, if that is in trouble. On a good day nothing is asked for it."""
        return self._rows.get(service_of(delivery)) if self._rows else None

    def until(self, due: Iterable[Delivery], now: datetime) -> datetime | None:
        """Until when these have to wait; None if they may leave. If their service is away, they are then the probe."""
        rows = list(due)
        breaker = self.of(rows[0])
        if breaker is None or breaker.opened_at is None:
            return None
        if not breaker.trouble.left_alone(now) and self._take_probe(breaker, now):
            return None
        return waits_until(rows, breaker, now)

    def _take_probe(self, breaker: Breaker, now: datetime) -> bool:
        free = Breaker.objects.filter(Q(next_at__lte=now) | Q(next_at__gt=now + _LONGEST), pk=breaker.pk)
        if not list(free.select_for_update(skip_locked=True).values_list("pk", flat=True)):
            breaker.next_at = now + _AGAIN
            return False
        breaker.next_at = now + PROBE
        Breaker.objects.filter(pk=breaker.pk).update(next_at=breaker.next_at)
        return True


def waits_until(rows: Iterable[Delivery], breaker: Breaker, now: datetime) -> datetime:
    """Until the next probe; a call only until it is time to go round what is away."""
    asking = [row for row in rows if row.kind in ASKING and row.run_id is not None]
    round_it = [(row.not_before or row.queued_at) + SHORT for row in asking]
    return min([breaker.next_at or now + _AGAIN, *(at for at in round_it if at > now)])
