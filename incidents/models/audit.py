"""What the audit looks at upstairs: incidents without a climb, doors, keys, and who may see what."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from escalation.engine import bell, moves
from escalation.engine.audit.findings import MOST, Finding, Look, Repair, invariant, rows
from escalation.engine.audit.record import missing_guards
from escalation.engine.climb import CLAIMS
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.engine.work import ASKED_OF_ALL, Work
from escalation.notify.message import ASKING
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import ENGINE

from .access import Access
from .doors import Alert, AlertKey, Receipt, Source
from .ending import CLOSE
from .heartbeats import Heartbeat, heartbeats_unheeded
from .incident import Incident
from .maintenance import LOOK, Calendar, look_at
from .promising import TIMER, Promise
from .quieting import SETTLE, out_of_step
from .role_rows import IncidentRole
from .role_shifts import roles_unheeded
from .windows import next_start

_CLIMBING = EscalationRun.objects.functional().running().filter(trail=OuterRef("trail"))


def _open(look: Look) -> "QuerySet[Incident]":
    return look.only(Incident.objects.filter(resolved_at__isnull=True))


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
    for trail, subject, pk, other_climbs in rows(found, "pk", "other"):
        what = "it is open, and nobody is being called: it has no climb"
        yield Finding(what, trail, subject, pk, None if other_climbs else BEGIN)


@invariant("I6")
def climbing_though_resolved(look: Look) -> Iterator[Finding]:
    resolved = Incident.objects.filter(trail=OuterRef("trail"), resolved_at__isnull=False)
    for trail, subject, track in rows(look.running().filter(Exists(resolved)), "track"):
        yield Finding(f"it is resolved, and its {track} climb goes on", trail, subject)


@invariant("I6")
def closing_though_open(look: Look) -> Iterator[Finding]:
    closing = Timer.objects.filter(trail=OuterRef("trail"), kind=CLOSE, state=Timer.State.ARMED)
    for trail, subject in rows(_open(look).filter(Exists(closing))):
        yield Finding("it is open, and the timer that closes it is armed", trail, subject)


@invariant("I20")
def life_without_entry(look: Look) -> Iterator[Finding]:
    mine = Entry.objects.filter(trail=OuterRef("trail"))
    opened = mine.filter(kind="opened", at=OuterRef("opened_at"))
    for trail, subject in rows(_open(look).filter(~Exists(opened))):
        yield Finding("no entry says how it was opened", trail, subject)
    resolved = mine.filter(kind="resolved", at=OuterRef("ended_at"))
    ended = EscalationRun.objects.filter(ended_at__isnull=False, trail__in=_open(look).values("trail"))
    for trail, subject, track in rows(ended.filter(~Exists(resolved)), "track"):
        yield Finding(f"its {track} climb has ended, and no entry says that it was resolved then", trail, subject)


# --- doors ------------------------------------------------------------------------------------


def _ring() -> None:
    bell.ask("incidents.inbound.tasks.process_waiting")


def _waiting() -> "QuerySet[Receipt]":
    """In the index's own words and by its first column: else SQLite reads every body there ever was."""
    literal = f"{Receipt._meta.db_table}.state = 'received'"
    return Receipt.objects.filter(source__gt=0).extra(where=[literal]).order_by()  # noqa: S610


@invariant("I7", whole=True)
def receipts_that_wait(look: Look) -> Iterator[Finding]:
    waiting = _waiting().filter(received_at__lt=look.since())
    for pk, at in waiting.values_list("pk", "received_at")[:MOST]:
        what = f"receipt {pk}, taken in at {at:%Y-%m-%d %H:%M:%S}, is neither worked off nor set aside"
        yield Finding(what, remind=_ring)


@invariant("I15", whole=True)
def receipts_past_their_claims(look: Look) -> Iterator[Finding]:
    for pk, attempts in _waiting().filter(attempts__gt=CLAIMS).values_list("pk", "attempts")[:MOST]:
        yield Finding(f"receipt {pk} was tried {attempts} times and is not set aside", remind=_ring)


def _keys(found: "QuerySet[AlertKey]") -> Iterator[tuple[int, str, str]]:
    """Trail, reference and (cut) key of each."""
    named = found.values_list("incident__trail", "incident__trail__subject", "key")
    return ((trail, subject, key[:60]) for trail, subject, key in named[:MOST])


@invariant("I8")
def keys_of_the_resolved(look: Look) -> Iterator[Finding]:
    living = look.only(AlertKey.objects.filter(ended_at__isnull=True), "incident__trail")
    resolved = Incident.objects.filter(pk=OuterRef("incident"), resolved_at__isnull=False)
    for trail, subject, key in _keys(living.filter(Exists(resolved))):
        yield Finding(f"it is resolved, and its alert key lives on: {key}", trail, subject)
    for trail, subject, key in _keys(living.filter(count=0)):
        yield Finding(f"its alert key was never heard: {key}", trail, subject)


@invariant("I8", whole=True)
def one_key_two_incidents(look: Look) -> Iterator[Finding]:
    living = AlertKey.objects.filter(ended_at__isnull=True).values("source", "key").annotate(times=Count("pk"))
    for double in living.filter(times__gt=1).order_by()[:MOST]:
        yield Finding(f"the alert key {double['key'][:60]} belongs to {double['times']} incidents at once")


@invariant("I9")
def keys_that_ended(look: Look) -> Iterator[Finding]:
    keys = AlertKey.objects.filter(incident=OuterRef("pk"))
    reported = _open(look).filter(source__isnull=False)  # what a person opened, a person ends
    for trail, subject in rows(reported.filter(Exists(keys), ~Exists(keys.filter(ended_at__isnull=True)))):
        yield Finding("all its alert keys have ended, and it is open", trail, subject)


@invariant("I9")
def alerts_that_contradict(look: Look) -> Iterator[Finding]:
    living = look.only(AlertKey.objects.filter(ended_at__isnull=True), "incident__trail")
    firing = Q(state=Alert.State.FIRING)
    wrong = (firing & Q(ends_at__isnull=False)) | (~firing & Q(ends_at__isnull=True))
    found = Alert.objects.filter(wrong, key__in=living).order_by()
    named = found.values_list("key__incident__trail", "key__incident__trail__subject", "fingerprint", "state")
    for trail, subject, name, state in named[:MOST]:
        yield Finding(f"its alert {name} is {state}, and its end says otherwise", trail, subject)


# --- who may see ------------------------------------------------------------------------------


@invariant("I18")
def holding_unseen(look: Look) -> Iterator[Finding]:
    """Whoever holds it, or to whom it is offered, has access by name."""
    for column, had in (("holder", "holds it"), ("offered_to", "was offered it")):
        may = Access.objects.filter(incident__trail=OuterRef("trail"), person=OuterRef(column))
        found = look.running().filter(~Exists(may), **{f"{column}__isnull": False})
        for trail, subject, name in rows(found, f"{column}__name"):
            yield Finding(f"{name} {had} and was given no access", trail, subject)


@invariant("I18")
def told_unseen(look: Look) -> Iterator[Finding]:
    """Whoever was asked or informed has access by name, which a restricted incident needs."""
    may = Access.objects.filter(incident__trail=OuterRef("trail"), person=OuterRef("person"))
    told = look.of_running(Delivery.objects.filter(kind__in={*ASKING, *ASKED_OF_ALL}))
    found = told.filter(Exists(Incident.objects.filter(trail=OuterRef("trail"))), ~Exists(may))
    for trail, subject, kind, name in rows(found, "kind", "person__name"):
        yield Finding(f"{name} was sent a message ({kind}) and was given no access", trail, subject)


# --- maintenance ------------------------------------------------------------------------------


def _look_at_windows() -> None:
    """Now, by their timer. What it finds changed is on each incident's record."""
    with transaction.atomic():
        work = Work.lock([Trail.objects.installation().pk], actor=ENGINE)
        [trail] = work.heads
        look_at(work, trail, work.now)
        work.write()


@invariant("I16", whole=True)
def windows_unheeded(look: Look) -> Iterator[Finding]:
    """The next beginning has its timer; and who is silent now is as the windows say, unless that is being settled."""
    calendar = Calendar(look.now)
    armed = Timer.objects.filter(state=Timer.State.ARMED)
    waits = armed.filter(kind=LOOK).values_list("due_at", flat=True).first()
    begins = next_start(calendar.plans.values(), look.now)
    if begins is not None and (waits is None or waits > begins):
        what = f"maintenance begins at {begins:%Y-%m-%d %H:%M:%S}, and no timer waits for it"
        yield Finding(what, remind=_look_at_windows)
    settling = armed.filter(kind=SETTLE).exists() or (waits is not None and waits <= look.now)
    if settling or look.held:
        return
    for trail in out_of_step(calendar)[:MOST]:
        what = "whether it is in maintenance is not as the windows say"
        yield Finding(what, trail, Trail.objects.get(pk=trail).subject, remind=_look_at_windows)


# --- promises ---------------------------------------------------------------------------------


def _see_to(work: Work, findings: Sequence[Finding]) -> None:
    """Rows and timer anew, from the record."""
    work.look_again |= {finding.trail for finding in findings if finding.trail}


PROMISE = Repair("promised", _see_to)


@invariant("I1")
def promises_unheeded(look: Look) -> Iterator[Finding]:
    """An open incident of which something is to be said has its timer by then."""
    by_then = Timer.objects.filter(trail=OuterRef("incident__trail"), kind=TIMER, state=Timer.State.ARMED)
    waiting = look.only(
        Promise.objects.filter(say_at__isnull=False, incident__resolved_at__isnull=True), "incident__trail"
    )
    found = waiting.filter(~Exists(by_then.filter(due_at__lte=OuterRef("say_at"))))
    columns = ("incident__trail", "incident__trail__subject", "kind", "say_at")
    for trail, subject, kind, at in found.order_by().values_list(*columns)[:MOST]:
        what = f"something is to be said of its {kind} promise at {at:%Y-%m-%d %H:%M:%S}, and no timer waits for it"
        yield Finding(what, trail, subject, repair=PROMISE)


# --- guards -----------------------------------------------------------------------------------


@invariant("I2", whole=True)
def unguarded(look: Look) -> Iterator[Finding]:
    yield from missing_guards((Incident, AlertKey, Alert, Access, Source, Promise, IncidentRole, Heartbeat))


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
    windows_unheeded,
    promises_unheeded,
    roles_unheeded,
    heartbeats_unheeded,
    unguarded,
)
