"""Messages in chats that show buttons, until their call is over and somebody has taken the buttons away.

A row for each, made in the transaction that records that it has left. Whatever may end its call says in its own
transaction that it is to be looked at: a change of its climb, or a newer message that takes its place. So nothing has
to remember which messages there are, and nothing is lost with a process. Whether the call is over, and what the message
then says, is settled upstairs (``incidents.answers.buttons``), which looks at one row at a time, under a lease; a look
too many finds that there is nothing to do, and an edit too many says the same again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from escalation.kit import clock
from escalation.notify import senders
from escalation.notify.message import ASKING

from .models import Delivery, EscalationRun, Shown
from .waiting import LEASE


@dataclass(frozen=True)
class Look:
    """One row that is looked at, and until when by whom."""

    delivery: Delivery
    attempts: int
    lease: datetime


# --- what is to be looked at: part of the caller's transaction ------------------------------------------


def left(sent: Iterable[tuple[Delivery, str]], now: datetime) -> None:
    """These have left, and the other side calls them so; nothing for what left in a message with others.

    They are looked at once, since they may have been answered while they were sent; and so are those of the same call,
    whose place they may have taken.
    """
    asking = [(one, theirs) for one, theirs in sent if one.run_id is not None and one.kind in ASKING]
    if not asking:
        return
    moved({one.run_id for one, _theirs in asking if one.run_id}, now)
    rows = [Shown(delivery=one, run_id=one.run_id or 0, next_at=now) for one, theirs in asking if _shows(one, theirs)]
    Shown.objects.bulk_create(rows, ignore_conflicts=True)


def _shows(delivery: Delivery, theirs: str) -> bool:
    address = delivery.method.address if delivery.method else ""
    return senders.has_buttons(delivery.channel, address) and senders.can_amend(delivery.channel, theirs)


def moved(runs: Collection[EscalationRun | int], now: datetime) -> None:
    """Something has happened to the calls of these runs."""
    Shown.objects.filter(run__in=runs).update(next_at=now, attempts=0)


# --- looking ----------------------------------------------------------------------------------------


def next_due() -> datetime | None:
    """When the next is to be looked at; an index-only look."""
    return Shown.objects.filter(next_at__isnull=False).order_by("next_at").values_list("next_at", flat=True).first()


def claim(*, without: Collection[str] = ()) -> Look | None:
    """The next one that is due, for the length of a lease. ``without``: not by these channels.

    One at a time: whoever else could look may be needed for a call.
    """
    now = clock.now()
    lease = now + LEASE
    if Shown.objects.filter(busy=True, next_at__gt=now).exists():
        return None
    due = Shown.objects.filter(next_at__lte=now).exclude(delivery__channel__in=without).order_by("next_at")
    if not due.exists():  # on SQLite look before taking the write lock
        return None
    with transaction.atomic():
        row = due.select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        row.next_at, row.attempts, row.busy = lease, row.attempts + 1, True
        row.save(update_fields=["next_at", "attempts", "busy"])
    delivery = Delivery.objects.select_related("person", "run", "method").get(pk=row.delivery_id)
    return Look(delivery, row.attempts, lease)


def goes_on(look: Look) -> None:
    """Its call is not over; if something has happened since, it is looked at again."""
    Shown.objects.filter(pk=look.delivery.pk, next_at=look.lease).update(next_at=None, attempts=0, busy=False)


def over(look: Look) -> None:
    """It shows no buttons any more, or nothing can be done about them."""
    Shown.objects.filter(pk=look.delivery.pk).delete()


def later(look: Look, pause: timedelta) -> None:
    Shown.objects.filter(pk=look.delivery.pk, next_at=look.lease).update(next_at=clock.now() + pause, busy=False)


def wait(look: Look, until: datetime) -> None:
    """Nothing was tried: its channel has no room."""
    mine = Shown.objects.filter(pk=look.delivery.pk, next_at=look.lease)
    mine.update(next_at=until, attempts=look.attempts - 1, busy=False)


def put_off(channels: Collection[str], pause: timedelta) -> None:
    """What is due by these channels, which take nothing now. It costs none of the tries.

    Waits for nobody: a verb that marks its rows has its trail's head, and must not meet this one in a circle.
    """
    now = clock.now()
    due = Shown.objects.filter(next_at__lte=now, delivery__channel__in=channels)
    if not channels or not due.exists():  # on SQLite look before taking the write lock
        return
    with transaction.atomic():
        free = due.select_for_update(of=("self",), skip_locked=True)
        Shown.objects.filter(pk__in=[row.pk for row in free]).update(next_at=now + pause, busy=False)
