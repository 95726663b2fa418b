"""What must be told: is every message on its way, or at its end?"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat

from escalation.notify.message import ASKING, LASTING
from escalation.trail.models import Entry

from .. import bell, deliver, waiting
from ..models import Delivery
from . import repairs
from .findings import GRACE, Finding, Look, invariant, rows

STALLED = timedelta(minutes=5)  # so long nothing that could leave stays in the outbox
_QUEUED, _SENDING = Delivery.State.QUEUED.value, Delivery.State.SENDING.value
_OVER = tuple(state for state in Delivery.State.values if state not in (_QUEUED, _SENDING))
_OLDER = Q(epoch__lt=F("run__epoch"), queued_at__lt=F("run__acknowledged_at"), kind__in=ASKING)


def _pending(look: Look) -> "QuerySet[Delivery]":
    return look.only(waiting.pending())


def _of_running(look: Look) -> "QuerySet[Delivery]":
    return look.of_running(Delivery.objects.all())


@invariant("I5")
def asked_before_the_answer(look: Look) -> Iterator[Finding]:
    """Cancelled, or marked as overtaken if it was on its way: what was asked before the acknowledgement."""
    found = _pending(look).filter(_OLDER, run__ended_at__isnull=True, overtaken=False)
    for trail, subject, kind, name in rows(found, "kind", "person__name"):
        yield Finding(f"a message ({kind}) to {name} still waits although somebody has acknowledged", trail, subject)


@invariant("I5")
def left_after_the_answer(look: Look) -> Iterator[Finding]:
    """The times find it and the record's order proves it: after a clock was set back, times alone prove nothing.

    How a try went is written under the trail's lock, as the acknowledgement is: what that finds under way is marked.
    """
    mine = Entry.objects.filter(trail=OuterRef("trail"))
    taken = mine.filter(run=OuterRef("run"), kind__in=("acknowledged", "accepted"), at=OuterRef("run__acknowledged_at"))
    parts = Value("delivery:"), OuterRef("pk"), Value(":"), OuterRef("state")
    cause = Concat(*(Cast(part, TextField()) for part in parts), output_field=TextField())
    late = _of_running(look).filter(_OLDER, tried_at__gt=F("run__acknowledged_at"), overtaken=False)
    late = late.annotate(answer=Subquery(taken.values("seq")[:1]))
    found = late.filter(Exists(mine.filter(cause=cause, seq__gt=OuterRef("answer"))))
    for trail, subject, kind, name, at in rows(found, "kind", "person__name", "tried_at"):
        what = f"a message ({kind}) to {name} left at {at:%H:%M:%S} although somebody had acknowledged"
        yield Finding(what, trail, subject)


@invariant("I6")
def message_of_the_ended(look: Look) -> Iterator[Finding]:
    """Only what was asked before the end: that a timer of the trail failed may be told later."""
    older = Q(run__ended_at__isnull=False, epoch__lt=F("run__epoch"), overtaken=False) & ~Q(kind__in=LASTING)
    for trail, subject, kind, name, run in rows(_pending(look).filter(older), "kind", "person__name", "run"):
        what = f"a message ({kind}) to {name} still waits although the climb has ended"
        yield Finding(what, trail, subject, run, repairs.SILENCE)


@invariant("I10")
def on_the_way_for_ever(look: Look) -> Iterator[Finding]:
    pending = _pending(look)
    for trail, subject, pk, state in rows(pending.filter(next_at__isnull=True), "pk", "state"):
        yield Finding(f"message {pk} is {state} and nobody will look at it again", trail, subject, pk, repairs.REQUEUE)
    for trail, subject, pk in rows(pending.filter(state=_SENDING, next_at__lt=look.since()), "pk"):
        yield Finding(f"message {pk} is being sent, and its lease has long ended", trail, subject, pk, repairs.REQUEUE)
    late = pending.filter(state=_QUEUED, next_at__lt=look.since(STALLED))
    for trail, subject, pk, at in rows(late, "pk", "next_at"):  # whose turn it is, the outbox knows best
        yield Finding(
            f"message {pk} waits since {at:%Y-%m-%d %H:%M:%S} and is not sent", trail, subject, remind=bell.ring
        )


@invariant("I10")
def ended_without_an_end(look: Look) -> Iterator[Finding]:
    over = Q(state__in=_OVER)
    found = _of_running(look).filter(
        over & (Q(finished_at__isnull=True) | Q(next_at__isnull=False)) | ~over & ~Q(state__in=(_QUEUED, _SENDING))
    )
    for trail, subject, pk, state in rows(found, "pk", "state"):
        yield Finding(f"message {pk} is {state}, and its times say otherwise", trail, subject)


@invariant("I11")
def tried_too_often(look: Look) -> Iterator[Finding]:
    for trail, subject, pk, tries in rows(_of_running(look).filter(attempts__gt=deliver.TRIES), "pk", "attempts"):
        yield Finding(f"message {pk} was tried {tries} times; {deliver.TRIES} are allowed", trail, subject)


@invariant("I13")
def lease_without_holder(look: Look) -> Iterator[Finding]:
    found = _of_running(look).filter(Q(state=_SENDING, lease="") | ~Q(state=_SENDING) & ~Q(lease=""))
    for trail, subject, pk, state, lease in rows(found, "pk", "state", "lease"):
        what = f"message {pk} is {state} and has a lease" if lease else f"message {pk} is being sent by nobody"
        yield Finding(what, trail, subject)


@invariant("I14")
def queued_in_the_future(look: Look) -> Iterator[Finding]:
    for trail, subject, pk, at in rows(_pending(look).filter(queued_at__gt=look.now + GRACE), "pk", "queued_at"):
        what = f"message {pk} was queued in the future: {at:%Y-%m-%d %H:%M:%S}. Was the clock set back?"
        yield Finding(what, trail, subject)


CHECKS = (
    asked_before_the_answer,
    left_after_the_answer,
    message_of_the_ended,
    on_the_way_for_ever,
    ended_without_an_end,
    tried_too_often,
    lease_without_holder,
    queued_in_the_future,
)
