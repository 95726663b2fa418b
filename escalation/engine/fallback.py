"""A call whose last way was lost between its queueing and its sending: to the account's e-mail, at once.

A browser that unsubscribed, a number that was removed: that is known only at the try. If nothing else of the same call
has reached that person or still may, an e-mail to their account takes its place, under a key of its own and once: it is
of the same cause. If that was tried too, or fails, nobody was reached, and ``unreached`` has the next step taken.

So it is, whyever it failed, with a call to the last resort: there is no step after it. Nor does that wait for a service
that is away: ``breakers`` says when it has waited long enough.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from escalation.kit.rows import insert_all
from escalation.notify import senders
from escalation.notify.message import ASKING
from escalation.notify.models import ContactMethod
from escalation.notify.plan import EMAIL

from . import bell
from .models import Delivery
from .telling import NOT_REACHED, REACHED
from .tries import Outcome

N = 100  # behind all that a person's rules may send by one channel


def is_lost(outcome: Outcome, state: str) -> bool:
    """Whether a message that ended in ``state`` may be followed by an e-mail."""
    last = outcome.delivery.is_last and state in NOT_REACHED
    return last or outcome.handed.no_way or outcome.handed.gone


def by_email(lost: Sequence[Delivery], now: datetime) -> None:
    """``lost`` have just failed, and their rows say so."""
    asked = [one for one in lost if one.kind in ASKING and one.run_id is not None and one.person.is_active]
    if not asked:
        return
    people, last = {one.person_id for one in asked}, {(one.cause, one.person_id) for one in asked if one.is_last}
    states: dict[tuple[str, int], set[str]] = defaultdict(set)
    tried: set[tuple[str, int]] = set()  # by the account's e-mail
    same = Delivery.objects.filter(cause__in={one.cause for one in asked}, person__in=people)
    epochs: dict[int, int] = {}  # a chain may have gone on since the claim
    for row in same.exclude(channel__in=senders.in_house()).select_related("method").defer("message"):
        call, way = (row.cause, row.person_id), row.method
        epochs[row.pk] = row.epoch
        if call in last and row.behind:  # it may come, some day
            continue
        if row.state != Delivery.State.QUEUED or way is None or _leads_somewhere(way):  # else it waits to fail
            states[call].add(row.state)
        if is_account(row):
            tried.add(call)
    accounts = ContactMethod.objects.kept().filter(person__in=people, channel=EMAIL, address="")
    methods = dict(accounts.values_list("person", "pk"))
    calls = {(one.cause, one.person_id): one for one in asked}
    rows = [
        _row(one, methods.get(one.person_id), epochs[one.pk], now)
        for call, one in calls.items()
        if call not in tried and not REACHED & states[call]
    ]
    insert_all(rows, ignore_conflicts=True)
    if rows:
        bell.ring_after_commit()


def is_account(row: Delivery) -> bool:
    """Whether it goes to their account's e-mail."""
    return row.channel == EMAIL and (row.method is None or row.method.is_account)


def _leads_somewhere(way: ContactMethod) -> bool:
    return way.is_kept and way.gone_at is None and way.verified_at is not None


def _row(lost: Delivery, method: int | None, epoch: int, now: datetime) -> Delivery:
    return Delivery(
        trail_id=lost.trail_id,
        run_id=lost.run_id,
        person_id=lost.person_id,
        channel=EMAIL,
        method_id=method,
        cause=lost.cause,
        n=N,
        kind=lost.kind,
        epoch=epoch,
        message=lost.message,
        queued_at=now,
        fallback=True,
        next_at=now,
    )
