"""Climbs and their timers, state against state: a fixed number of statements over the running climbs."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from escalation.policies import path
from escalation.policies.models import Installation
from escalation.trail.models import Entry

from .. import climb
from ..models import Delivery, EscalationRun, Timer
from . import repairs
from .findings import GRACE, Finding, Look, invariant, rows

_ARMED = Timer.objects.filter(run=OuterRef("pk"), state=Timer.State.ARMED)
_LAST_RESORT = Delivery.objects.filter(run=OuterRef("pk"), kind="last_resort")
_REASONS = [reason.value for reason in path.Idle]


@invariant("I1")
def no_timer(look: Look) -> Iterator[Finding]:
    found = look.running().filter(~Exists(_ARMED), idle="")
    for trail, subject, pk, track in rows(found, "pk", "track"):
        what = f"its {track} climb has no armed timer and no reason why"
        yield Finding(what, trail, subject, pk, repairs.REARM)


@invariant("I1")
def timer_despite_reason(look: Look) -> Iterator[Finding]:
    found = look.running().filter(Exists(_ARMED)).exclude(idle="")
    for trail, subject, pk, track, idle in rows(found, "pk", "track", "idle"):
        what = f"its {track} climb has an armed timer, and “{idle}” as the reason why it has none"
        yield Finding(what, trail, subject, pk, repairs.REARM)


@invariant("I1")
def unknown_reason(look: Look) -> Iterator[Finding]:
    found = look.running().filter(~Exists(_ARMED)).exclude(idle__in=["", *_REASONS])
    for trail, subject, pk, track, idle in rows(found, "pk", "track", "idle"):
        what = f"its {track} climb has no timer for a reason nobody knows: “{idle}”"
        yield Finding(what, trail, subject, pk, repairs.REARM)


@invariant("I1")
def two_timers(look: Look) -> Iterator[Finding]:
    other = Timer.objects.filter(run=OuterRef("run"), state=Timer.State.ARMED).exclude(pk=OuterRef("pk"))
    armed = Timer.objects.filter(state=Timer.State.ARMED, run__isnull=False, run__ended_at__isnull=True)
    for trail, subject, pk in rows(look.only(armed).filter(Exists(other)), "run"):
        yield Finding("its climb has more than one armed timer", trail, subject, pk, repairs.REARM)


@invariant("I1")
def timer_nobody_takes(look: Look) -> Iterator[Finding]:
    armed = look.only(Timer.objects.filter(state=Timer.State.ARMED))
    for trail, subject, run, kind in rows(armed.filter(next_at__isnull=True), "run", "kind"):
        what = f"its timer ({kind}) is armed and will never be taken: it has no time"
        yield Finding(what, trail, subject, run, repairs.REARM if run else None)
    for trail, subject, kind, due in rows(armed.filter(next_at__lt=look.since()), "kind", "due_at"):
        yield Finding(f"its timer ({kind}) was due at {due:%Y-%m-%d %H:%M:%S} and is not carried out", trail, subject)


@invariant("I3")
def place_off_the_record(look: Look) -> Iterator[Finding]:
    """The place a climb stands on was called, or came with a hand-over."""
    parts = Value("run:"), OuterRef("pk"), Value(":call:"), OuterRef("lap"), Value(":"), OuterRef("place"), Value(":")
    cause = Concat(*(Cast(part, TextField()) for part in parts), output_field=TextField())
    called = Q(cause__startswith=cause)
    mine = Entry.objects.filter(trail=OuterRef("trail"), run=OuterRef("pk"))
    moved = mine.filter(called | Q(kind__in=("accepted", "reassigned")))
    found = look.running().filter(~Exists(moved), place__gte=0)
    for trail, subject, track, lap, place in rows(found, "track", "lap", "place"):
        what = f"its {track} climb stands on step {place + 1} of round {lap + 1}, and no entry says how it came there"
        yield Finding(what, trail, subject)


@invariant("I4")
def early(look: Look) -> Iterator[Finding]:
    fired = look.of_running(Timer.objects.filter(state=Timer.State.FIRED))
    found = fired.filter(Q(fired_at__lt=F("due_at")) | Q(fired_at__isnull=True))
    for trail, subject, kind, due, at in rows(found, "kind", "due_at", "fired_at"):
        told = f"at {at:%H:%M:%S}" if at else "at an unknown time"
        yield Finding(f"its timer ({kind}) fired {told}, and was due at {due:%Y-%m-%d %H:%M:%S}", trail, subject)


@invariant("I5")
def stale_timer(look: Look) -> Iterator[Finding]:
    armed = Timer.objects.filter(state=Timer.State.ARMED, run__isnull=False, run__ended_at__isnull=True)
    for trail, subject, run in rows(look.only(armed).exclude(epoch=F("run__epoch")), "run"):
        what = "its armed timer belongs to a call that has been answered or overtaken since"
        yield Finding(what, trail, subject, run, repairs.REARM)


@invariant("I6")
def timer_of_the_ended(look: Look) -> Iterator[Finding]:
    armed = Timer.objects.filter(state=Timer.State.ARMED, run__ended_at__isnull=False)
    for trail, subject, run in rows(look.only(armed), "run"):
        yield Finding("a climb that has ended has an armed timer", trail, subject, run, repairs.SILENCE)


@invariant("I14")
def in_the_future(look: Look) -> Iterator[Finding]:
    """A clock that was set back leaves such instants, and what counts from them comes late."""
    columns = (
        "started_at",
        "clock_from",
        "reach_at",
        "acknowledged_at",
        "held_at",
        "offer_returned_at",
        "unreached_at",
    )
    ahead = Q(*((f"{column}__gt", look.now + GRACE) for column in columns), _connector=Q.OR)
    for trail, subject, *values in rows(look.running().filter(ahead), *columns):
        for column, at in zip(columns, values, strict=True):
            if at is not None and at > look.now + GRACE:
                what = f"{column} of its climb lies in the future: {at:%Y-%m-%d %H:%M:%S}. Was the clock set back?"
                yield Finding(what, trail, subject)


@invariant("I15")
def past_its_claims(look: Look) -> Iterator[Finding]:
    # What was tried and failed is due again within seconds.
    armed = Timer.objects.filter(state=Timer.State.ARMED, next_at__lt=look.now + GRACE, attempts__gt=climb.CLAIMS)
    for trail, subject, kind, attempts in rows(look.only(armed), "kind", "attempts"):
        yield Finding(f"its timer ({kind}) was tried {attempts} times and is not set aside", trail, subject)


@invariant("I15")
def died_in_silence(look: Look) -> Iterator[Finding]:
    failed = look.running().filter(idle=path.Idle.STEP_FAILED.value)
    for trail, subject in rows(failed.filter(~Exists(_LAST_RESORT))):
        yield Finding("a step failed for good and the last-resort contact was not called", trail, subject)
    dead = Timer.objects.filter(run=OuterRef("pk"), state=Timer.State.DEAD)
    for trail, subject, pk in rows(failed.filter(~Exists(dead)), "pk"):
        what = "its climb waits for nothing because a step failed, and no timer of it is dead"
        yield Finding(what, trail, subject, pk, repairs.REARM)


@invariant("I16")
def nobody_told(look: Look) -> Iterator[Finding]:
    told = Delivery.objects.filter(run=OuterRef("pk"))
    for trail, subject, track in rows(look.running().filter(~Exists(told), place__gte=0), "track"):
        yield Finding(f"its {track} climb is on its way and nobody was ever told", trail, subject)
    exhausted = look.running().filter(finished=path.Idle.EXHAUSTED.value)
    for trail, subject in rows(exhausted.filter(~Exists(_LAST_RESORT))):
        yield Finding("its path has ended and the last-resort contact was not called", trail, subject)


@invariant("I16", whole=True)
def last_resort_gone(look: Look) -> Iterator[Finding]:
    here = Installation.objects.select_related("last_resort").first()
    if here is not None and not here.last_resort.is_active:
        yield Finding(f"the last-resort contact, {here.last_resort.name}, has no account any more")
    if here is None and EscalationRun.objects.running().exists():
        yield Finding("the installation has no last-resort contact")


@invariant("I17")
def left_alone(look: Look) -> Iterator[Finding]:
    """Whoever held it is gone, and nothing is due that would bring in somebody else."""
    alone = look.running().filter(~Exists(_ARMED), holder__is_active=False, finished="")
    for trail, subject, name in rows(alone.exclude(idle=path.Idle.STEP_FAILED.value), "holder__name"):
        what = f"{name}, who holds it, has no account any more, and nothing is due. Reassign it"
        yield Finding(what, trail, subject)
    offered = look.running().filter(~Exists(_ARMED), offered_to__is_active=False)
    for trail, subject, name in rows(offered, "offered_to__name"):
        what = f"{name}, to whom it was offered, has no account any more, and the offer has no end"
        yield Finding(what, trail, subject)


@invariant("I20")
def state_without_entry(look: Look) -> Iterator[Finding]:
    mine = Entry.objects.filter(trail=OuterRef("trail"))
    taken = mine.filter(run=OuterRef("pk"), kind__in=("acknowledged", "accepted"), at=OuterRef("acknowledged_at"))
    for trail, subject, at in rows(
        look.running().filter(~Exists(taken), acknowledged_at__isnull=False), "acknowledged_at"
    ):
        yield Finding(f"acknowledged at {at:%Y-%m-%d %H:%M:%S}, and no entry says by whom", trail, subject)
    held = mine.filter(kind__in=("held", "maintenance_began"), at=OuterRef("held_at"))
    for trail, subject, at in rows(look.running().filter(~Exists(held), held_at__isnull=False), "held_at"):
        yield Finding(f"on hold since {at:%Y-%m-%d %H:%M:%S}, and no entry says why", trail, subject)
    awaits = mine.filter(run=OuterRef("pk"), kind="awaits_shift")
    waiting = look.running().filter(~Exists(awaits), awaits_until__isnull=False)
    for trail, subject, at in rows(waiting, "awaits_until"):
        yield Finding(f"waits for a shift until {at:%Y-%m-%d %H:%M:%S}, and no entry says so", trail, subject)


CHECKS = (
    no_timer,
    timer_despite_reason,
    unknown_reason,
    two_timers,
    timer_nobody_takes,
    place_off_the_record,
    early,
    stale_timer,
    timer_of_the_ended,
    in_the_future,
    past_its_claims,
    died_in_silence,
    nobody_told,
    last_resort_gone,
    left_alone,
    state_without_entry,
)
