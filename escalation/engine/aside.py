"""What schedules want told: rows of the outbox that belong to no climb, on the installation's own trail.

Nobody is woken to be asked for a swap, or to read that they are free: that goes by the ways that come first when it
is quiet, and waits for the end of quiet hours. Who is on call by it is told in time: if by those ways they would know
less than ``IN_TIME`` before it begins, it is loud.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from escalation.kit.rows import insert_all
from escalation.notify.plan import LOUD, QUIET, Leg, Reach, plan
from escalation.oncall.telling import Telling, Word
from escalation.trail.models import Trail

from . import bell
from .models import Delivery
from .telling import reaches, row_by
from .work import cancel

IN_TIME = timedelta(hours=1)


def tell(telling: Telling, now: datetime) -> None:
    """Queue each word by its person's ways; stop what is no longer true. In the caller's transaction."""
    if telling.no_longer:
        cancel(Delivery.objects.filter(cause__in=telling.no_longer, run__isnull=True), now)
    if not telling.words:
        return
    trail = Trail.objects.installation().pk
    known = reaches([word.person for word in telling.words])
    insert_all([row for word in telling.words for row in _rows(trail, telling.cause, word, known[word.person.pk], now)])
    bell.ring_after_commit()


def _rows(trail: int, cause: str, word: Word, reach: Reach, now: datetime) -> Iterator[Delivery]:
    legs, facts = plan(reach, urgency=QUIET, asks=False, now=now), word.facts
    if word.in_time is not None and _leaves(legs, now) > word.in_time - IN_TIME:
        legs, facts = plan(reach, urgency=LOUD, asks=False, now=now), {**facts, "loud": True}
    about = {"trail_id": trail, "person_id": word.person.pk, "cause": cause, "kind": word.kind}
    return (row_by(leg, now, message=facts, **about) for leg in legs)


def _leaves(legs: list[Leg], now: datetime) -> datetime:
    """When the last of what leaves the house does; what is on the desk nobody has seen yet."""
    return max((leg.at for leg in legs if leg.at is not None), default=now)
