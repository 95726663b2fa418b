"""Word to people who have nothing to do with a climb: rows of the outbox on a trail, and of no run.

So nothing that happens to a climb takes them back: who was to be told how it stands is told, also if it is resolved a
moment later. Nobody is woken to be informed: it goes by the ways that come first when it is quiet, and waits for the
end of quiet hours, however severe it is. What leaves at the same time leaves as one message, as everything does
(``bundling``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from escalation.kit.rows import insert_all
from escalation.notify.plan import QUIET, plan
from escalation.people.models import User

from . import bell
from .models import Delivery
from .telling import reaches, row_by
from .work import cancel


def tell(told: Sequence[tuple[User, Mapping[str, Any]]], *, trail: int, kind: str, cause: str, now: datetime) -> None:
    """Queue each person's own facts by their ways. In the caller's transaction, under the trail's lock."""
    if not told:
        return
    known = reaches([person for person, _facts in told])
    about = {"trail_id": trail, "kind": kind, "cause": cause}
    rows = [
        row_by(leg, now, person_id=person.pk, message={"kind": kind, **facts}, **about)
        for person, facts in told
        for leg in plan(known[person.pk], urgency=QUIET, asks=False, now=now)
    ]
    insert_all(rows)
    bell.ring_after_commit()


def waiting(trail: int, kind: str) -> "QuerySet[Delivery]":
    """What was to be told so and has not arrived yet."""
    pending = (Delivery.State.QUEUED, Delivery.State.SENDING)
    return Delivery.objects.filter(trail=trail, run__isnull=True, kind=kind, state__in=pending)


def stop(waiting: "QuerySet[Delivery]", now: datetime, why: str) -> None:
    """What has not left does not leave."""
    cancel(waiting, now, why)
