"""What schedules want told: rows of the outbox that belong to no climb, on the installation's own trail.

Nobody is woken for a swap: it goes by the ways that come first when it is quiet, and waits for the end of quiet hours.
"""

from datetime import datetime

from escalation.kit.rows import insert_all
from escalation.notify.plan import QUIET, Leg, plan
from escalation.oncall.telling import Telling, Word
from escalation.trail.models import Trail

from . import bell
from .models import Delivery
from .telling import reaches, row_by
from .work import cancel


def tell(telling: Telling, now: datetime) -> None:
    """Queue each word by its person's ways; stop what is no longer true. In the caller's transaction."""
    if telling.no_longer:
        cancel(Delivery.objects.filter(cause=telling.no_longer, run__isnull=True), now)
    if not telling.words:
        return
    trail = Trail.objects.installation().pk
    known = reaches([word.person for word in telling.words])
    insert_all(
        [
            _row(trail, telling.cause, word, leg, now)
            for word in telling.words
            for leg in plan(known[word.person.pk], urgency=QUIET, asks=False, now=now)
        ]
    )
    bell.ring_after_commit()


def _row(trail: int, cause: str, word: Word, leg: Leg, now: datetime) -> Delivery:
    return row_by(leg, now, trail_id=trail, person_id=word.person.pk, cause=cause, kind=word.kind, message=word.facts)
