"""What the audit looks at upstairs: incidents without a climb, doors, keys, and who may see what."""

from collections.abc import Iterator, Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from escalation.engine import bell, moves
from escalation.engine.audit.findings import GRACE, MOST, Finding, Look, Repair, invariant
from escalation.engine.audit.record import missing_guards
from escalation.engine.climb import CLAIMS
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.engine.work import ASKED_OF_ALL, ASKING, Work
from escalation.trail.models import Entry

from .access import Access
from .doors import Alert, AlertKey, Receipt, Source
from .ending import CLOSE
from .incident import Incident

_CLIMBING = EscalationRun.objects.functional().running().filter(trail=OuterRef("trail"))


def _open(look: Look) -> "QuerySet[Incident]":
    return look.only(Incident.objects.filter(resolved_at__isnull=True))


def _ref(number: int) -> str:
    return f"INC-{number}"


# --- climbs -----------------------------------------------------------------------------------


def _begin(work: Work, findings: Sequence[Finding]) -> None:
    """A new climb on the present policy, from its first step, as after a re-opening."""
    for incident in Incident.objects.filter(pk__in={finding.about for finding in findings}):
        trail = work.heads[incident.trail_id]
        moves.begin(work, trail=trail, policy=incident._policy(), brief=incident._brief(), severity=incident.severity)


BEGIN = Repair("begun", _begin)


@invariant("I1")
def open_without_climb(look: Look) -> Iterator[Finding]:
    """Begun anew unless the other track still climbs: then people must say what is true."""
    other = EscalationRun.objects.running().filter(trail=OuterRef("trail"))
    found = _open(look).filter(~Exists(_CLIMBING)).annotate(other=Exists(other))
    for trail, number, pk, other_climbs in found.values_list("trail", "number", "pk", "other")[:MOST]:
        what = "it is open, and nobody is being called: it has no climb"
        yield Finding(what, trail, _ref(number), pk, None if other_climbs else BEGIN)


@invariant("I6")
def climbing_though_resolved(look: Look) -> Iterator[Finding]:
    running = look.running().filter(trail__incident__resolved_at__isnull=False)
    for trail, number, track in running.values_list("trail", "trail__incident__number", "track")[:MOST]:
        yield Finding(f"it is resolved, and its {track} climb goes on", trail, _ref(number))


@invariant("I6")
def closing_though_open(look: Look) -> Iterator[Finding]:
    timers = Timer.objects.filter(trail=OuterRef("trail"), run__isnull=True, kind=CLOSE, state=Timer.State.ARMED)
    for trail, number in _open(look).filter(Exists(timers)).values_list("trail", "number")[:MOST]:
        yield Finding("it is open, and the timer that closes it is armed", trail, _ref(number))


@invariant("I20")
def life_without_entry(look: Look) -> Iterator[Finding]:
    mine = Entry.objects.filter(trail=OuterRef("trail"))
    opened = mine.filter(kind="opened", at=OuterRef("opened_at"))
    for trail, number in _open(look).filter(~Exists(opened)).values_list("trail", "number")[:MOST]:
        yield Finding("no entry says how it was opened", trail, _ref(number))
    resolved = mine.filter(kind="resolved", at=OuterRef("ended_at"))
    ended = look.only(EscalationRun.objects.filter(ended_at__isnull=False, trail__incident__resolved_at__isnull=True))
    for trail, number, track in ended.filter(~Exists(resolved)).values_list(
        "trail", "trail__incident__number", "track"
    )[:MOST]:
        yield Finding(f"its {track} climb has ended, and no entry says that it was resolved then", trail, _ref(number))


# --- doors ------------------------------------------------------------------------------------


def _ring() -> None:
    bell.ask("incidents.inbound.tasks.process_waiting")


@invariant("I7", whole=True)
def receipts_that_wait(look: Look) -> Iterator[Finding]:
    if look.held:
        return
    waiting = Receipt.objects.filter(state=Receipt.State.RECEIVED, received_at__lt=look.since(GRACE))
    for pk, at in waiting.order_by("id").values_list("pk", "received_at")[:MOST]:
        what = f"receipt {pk}, taken in at {at:%Y-%m-%d %H:%M:%S}, is neither worked off nor set aside"
        yield Finding(what, remind=_ring)


@invariant("I15", whole=True)
def receipts_past_their_claims(look: Look) -> Iterator[Finding]:
    waiting = Receipt.objects.filter(state=Receipt.State.RECEIVED, attempts__gt=CLAIMS)
    for pk, attempts in waiting.values_list("pk", "attempts")[:MOST]:
        yield Finding(f"receipt {pk} was tried {attempts} times and is not set aside", remind=_ring)


@invariant("I8")
def keys_of_the_resolved(look: Look) -> Iterator[Finding]:
    living = look.only(AlertKey.objects.filter(ended_at__isnull=True), "incident__trail")
    for trail, number, key in living.filter(incident__resolved_at__isnull=False).values_list(
        "incident__trail", "incident__number", "key"
    )[:MOST]:
        yield Finding(f"it is resolved, and its alert key lives on: {key[:60]}", trail, _ref(number))
    for trail, number, key in living.filter(count=0).values_list("incident__trail", "incident__number", "key")[:MOST]:
        yield Finding(f"its alert key was never heard: {key[:60]}", trail, _ref(number))


@invariant("I8", whole=True)
def one_key_two_incidents(look: Look) -> Iterator[Finding]:
    living = AlertKey.objects.filter(ended_at__isnull=True).values("source", "key").annotate(times=Count("pk"))
    for double in living.filter(times__gt=1).order_by()[:MOST]:
        what = f"the alert key {double['key'][:60]} belongs to {double['times']} incidents at once"
        yield Finding(what)


@invariant("I9")
def keys_that_ended(look: Look) -> Iterator[Finding]:
    keys = AlertKey.objects.filter(incident=OuterRef("pk"))
    found = _open(look).filter(Exists(keys), ~Exists(keys.filter(ended_at__isnull=True)))
    for trail, number in found.values_list("trail", "number")[:MOST]:
        yield Finding("all its alert keys have ended, and it is open", trail, _ref(number))


@invariant("I9")
def alerts_that_contradict(look: Look) -> Iterator[Finding]:
    alerts = look.only(Alert.objects.filter(key__ended_at__isnull=True), "key__incident__trail")
    firing = Q(state=Alert.State.FIRING)
    wrong = firing & Q(ends_at__isnull=False) | ~firing & Q(ends_at__isnull=True)
    for trail, number, name, state in alerts.filter(wrong).values_list(
        "key__incident__trail", "key__incident__number", "fingerprint", "state"
    )[:MOST]:
        yield Finding(f"its alert {name} is {state}, and its end says otherwise", trail, _ref(number))


# --- who may see ------------------------------------------------------------------------------


@invariant("I18")
def holding_unseen(look: Look) -> Iterator[Finding]:
    """Whoever holds it, or to whom it is offered, has access by name."""
    for column in ("holder", "offered_to"):
        may = Access.objects.filter(incident__trail=OuterRef("trail"), person=OuterRef(column))
        found = look.running().filter(~Exists(may), trail__incident__isnull=False, **{f"{column}__isnull": False})
        for trail, number, name in found.values_list("trail", "trail__incident__number", f"{column}__name")[:MOST]:
            had = "holds it" if column == "holder" else "was offered it"
            yield Finding(f"{name} {had} and was given no access", trail, _ref(number))


@invariant("I18")
def told_unseen(look: Look) -> Iterator[Finding]:
    """Whoever was asked or informed has access by name, which a restricted incident needs."""
    may = Access.objects.filter(incident__trail=OuterRef("trail"), person=OuterRef("person"))
    kinds = {*ASKING, *ASKED_OF_ALL}
    told = Delivery.objects.filter(run__isnull=False, run__ended_at__isnull=True, kind__in=kinds)
    found = look.only(told).filter(~Exists(may), trail__incident__isnull=False)
    for trail, number, kind, name in found.values_list("trail", "trail__incident__number", "kind", "person__name")[
        :MOST
    ]:
        yield Finding(f"{name} was sent a message ({kind}) and was given no access", trail, _ref(number))


# --- guards -----------------------------------------------------------------------------------


@invariant("I2", whole=True)
def unguarded(look: Look) -> Iterator[Finding]:
    yield from missing_guards((Incident, AlertKey, Alert, Access, Source))


CHECKS = (
    open_without_climb,
    climbing_though_resolved,
    closing_though_open,
    life_without_entry,
    receipts_that_wait,
    receipts_past_their_claims,
    keys_of_the_resolved,
    one_key_two_incidents,
    keys_that_ended,
    alerts_that_contradict,
    holding_unseen,
    told_unseen,
    unguarded,
)
