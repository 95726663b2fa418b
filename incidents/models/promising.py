"""Promises at work: a row for each, to be found by, and the timer that warns before they are broken.

Rows and timer follow from the record: whatever writes an entry that moves a promise's clock has both made anew in the
same transaction (``follow``, registered with the engine). One timer of the incident's trail waits for the next thing
to be said of any of them. What is said is an entry whose cause is taken once, and a message to whoever has the baton.

The reminder to publish an update is no engine of its own: it is the promise of an update that counts published ones
only, said to the communicator, once for each that is missed.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.engine.words import LATE, called_now, named
from escalation.engine.work import Work, cancel
from escalation.people.models import User
from escalation.policies.freezing import Roster
from escalation.trail.models import Entry
from incidents.promises.clock import KINDS, MOVING, PromiseClock, clock_of
from incidents.promises.cycle import Kind, Reading, Say, State, Told

from .incident import Incident
from .role_plans import Role
from .role_rows import IncidentRole

TIMER = "promise"  # the kind of the timer: something is to be said of a promise
_JUDGED = ("facts", "alert", "absorbed")  # may carry what is promised from then on
_PROMISED = '"promised"'
_UNDOES = '"undoes"'
_NAMED = ("attached", "runbook_unticked")  # their text is the name of what they are about
MOOT = "kept, or overtaken, before it was sent"
STILL = "its clock stood still before it was sent"
ANEW = "its clock stood still before it was sent; told anew since"


class PromiseQuerySet(models.QuerySet["Promise"]):
    def at_risk(self, now: datetime):
        return self.filter(state=State.RUNNING.value, risk_at__lte=now, due_at__gt=now)

    def broken(self, now: datetime):
        """Those whose time was used up, by now or before they ended."""
        return self.filter(Q(broken_at__isnull=False) | Q(state=State.RUNNING.value, due_at__lte=now))


class Promise(models.Model):
    """One promise of an incident as its record gives it, made anew whenever that moves it. The record is the truth."""

    class Kind(models.TextChoices):
        RESPONSE = Kind.RESPONSE.value, _("response")
        UPDATE = Kind.UPDATE.value, _("update")
        RESOLVE = Kind.RESOLVE.value, _("resolve")

    class State(models.TextChoices):
        RUNNING = State.RUNNING.value, _("running")
        PAUSED = State.PAUSED.value, _("paused")
        MET = State.MET.value, _("met")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="promises", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=8, choices=State)
    minutes = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    spent_s = models.PositiveIntegerField()  # by the last entry that moved it
    risk_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # None while it stands still
    ended_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    say_at = models.DateTimeField(null=True)  # when something is to be said of it next

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise of an incident")
        verbose_name_plural = _("promises of incidents")
        constraints = [models.UniqueConstraint(fields=["incident", "kind"], name="promise_once")]

    def __str__(self):
        return f"{self.kind} of incident {self.incident_id} ({self.state})"


# --- from the record ----------------------------------------------------------------------------


def told(entry: Entry) -> Told:
    """What the clock hears of an entry."""
    return Told(entry.seq, entry.at, entry.kind, json.loads(entry.data), _wrote(entry))


def _wrote(entry: Entry) -> bool:
    """Whether a person wrote something in it: a file's name, and the words of a runbook's step, are not theirs."""
    if entry.actor_kind != Entry.Actor.PERSON or not entry.text_digest or entry.kind in _NAMED:
        return False
    return entry.kind != "runbook_ticked" or '"worked":false' in entry.data  # which needs a reason


def _entries(trails: Iterable[int]) -> models.QuerySet[Entry]:
    wrote = Q(actor_kind=Entry.Actor.PERSON) & ~Q(text_digest="")
    judged = Q(kind__in=_JUDGED, data__contains=_PROMISED)
    entries = Entry.objects.filter(wrote | judged | Q(kind__in=KINDS), trail__in=trails).order_by("trail", "seq")
    return entries.only("trail_id", "seq", "at", "kind", "data", "actor_kind", "text_digest")


def heard(trails: Iterable[int]) -> dict[int, PromiseClock]:
    """The clock of each trail, from its entries alone. One query."""
    clocks: dict[int, PromiseClock] = {}
    for entry in _entries(trails):
        clocks.setdefault(entry.trail_id, PromiseClock()).hear(told(entry))
    return clocks


def warned_then(trail: int) -> list[tuple[datetime, set[tuple[Kind, Say]]]]:
    """What had been said of promises that were not kept, from each entry on."""
    clock, found = PromiseClock(), []
    for entry in _entries([trail]):
        clock.hear(told(entry))
        found.append((entry.at, clock.warned(entry.at)))
    return found


# --- what follows from it -----------------------------------------------------------------------


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """Registered with the engine: these entries have just been written, under their trails' locks."""
    moved = {entry.trail_id for entry in entries if _moves(entry)} | work.look_again
    if not moved:
        return
    began = {entry.trail_id for entry in entries if entry.kind == "opened"}
    clocks = {trail: clock_of(told(entry) for entry in entries if entry.trail_id == trail) for trail in moved & began}
    rows = Promise.objects.filter(incident=OuterRef("pk"))
    found = Incident.objects.filter(trail__in=moved).annotate(promised=Exists(rows))
    promised = {entry.trail_id for entry in entries if _PROMISED in entry.data}
    incidents = {
        trail: pk
        for trail, pk, known in found.values_list("trail", "pk", "promised")
        if known or trail in promised or trail in work.look_again
    }
    if incidents:
        clocks |= heard(incidents.keys() - clocks.keys())
        _keep(work, incidents, clocks, began)


def _moves(entry: Entry) -> bool:
    if entry.kind == "opened" or entry.kind in _JUDGED:
        return _PROMISED in entry.data or (entry.kind != "opened" and _wrote(entry))
    if entry.kind in MOVING:
        return entry.kind != "called" or _wrote(entry)  # who escalates by hand writes why
    return _wrote(entry) or (entry.kind in KINDS and _UNDOES in entry.data)


def _keep(work: Work, incidents: dict[int, int], clocks: dict[int, PromiseClock], began: Collection[int]) -> None:
    rows: list[Promise] = []
    next_at: dict[int, datetime | None] = {}
    for trail, incident in incidents.items():
        mine = [_row(incident, clocks[trail], reading, work.now) for reading in clocks[trail].readings(work.now)]
        rows += mine
        next_at[trail] = min((row.say_at for row in mine if row.say_at is not None), default=None)
    _write(rows, incidents.values(), fresh=set(incidents) <= set(began))
    _arm(work, next_at, began)
    _withdraw(work, {trail: clocks[trail] for trail in incidents})


def _row(incident: int, clock: PromiseClock, reading: Reading, now: datetime) -> Promise:
    say = clock.next_said(reading, now)
    return Promise(
        incident_id=incident,
        kind=reading.kind.value,
        state=reading.state.value,
        minutes=reading.term.minutes,
        began_at=reading.began,
        spent_s=int(reading.spent.total_seconds()),
        risk_at=reading.risk,
        due_at=reading.due,
        ended_at=reading.ended,
        broken_at=reading.broken,
        say_at=say[1] if say else None,
    )


def _write(rows: Sequence[Promise], incidents: Iterable[int], *, fresh: bool) -> None:
    if fresh:
        Promise.objects.bulk_create(rows)
        return
    kept = {(row.incident_id, row.kind) for row in rows}
    there = Promise.objects.filter(incident__in=incidents).values_list("pk", "incident", "kind")
    gone = [pk for pk, incident, kind in there if (incident, kind) not in kept]
    if gone:  # no longer promised
        Promise.objects.filter(pk__in=gone).delete()
    fields = [field.name for field in Promise._meta.concrete_fields if field.name not in ("id", "incident", "kind")]
    Promise.objects.bulk_create(rows, update_conflicts=True, unique_fields=["incident", "kind"], update_fields=fields)


def _arm(work: Work, next_at: dict[int, datetime | None], began: Collection[int]) -> None:
    """The one timer of each trail, in place of what is armed for another instant."""
    timers = Timer.objects.filter(run__isnull=True, kind=TIMER, trail__in=next_at.keys() - set(began))
    armed = timers.filter(state=Timer.State.ARMED)
    there = dict(armed.values_list("trail", "due_at"))
    wrong = [trail for trail, due in next_at.items() if there.get(trail) != due]
    if not wrong:
        return
    armed.filter(trail__in=wrong).update(state=Timer.State.CANCELLED, next_at=None)
    last = dict(timers.filter(trail__in=wrong).values_list("trail").annotate(Max("epoch")).order_by())
    for trail in wrong:
        due = next_at[trail]
        if due is not None:
            work.arm(trail, kind=TIMER, due=due, epoch=last.get(trail, 0) + 1)


def _withdraw(work: Work, clocks: dict[int, PromiseClock]) -> None:
    """A warning that waits, for the end of quiet hours or with others, does not leave once it is moot, nor as long as
    its clock stands still. It is said once on the record, so after that whoever has the incident is told anew."""
    spoken = {trail: clock for trail, clock in clocks.items() if clock.has_said}
    if not spoken:
        return
    rows = Delivery.objects.filter(trail__in=spoken, kind__in=[what.value for what in Say])
    waiting = Q(state__in=(Delivery.State.QUEUED, Delivery.State.SENDING))
    held_back = Q(state=Delivery.State.CANCELLED, last_error=STILL)
    found = list(rows.filter(waiting | held_back).values_list("pk", "trail", "cause", "state"))
    if stopped := [trail for trail, clock in spoken.items() if clock.stands_still]:  # what is said at this very instant
        work.last(lambda: cancel(rows.filter(waiting, trail__in=stopped), work.now, STILL))
    moot = {_cause(trail, name, what) for trail, clock in spoken.items() for what, name in clock.moot(work.now)}
    gone = [pk for pk, _trail, cause, _state in found if _first(cause) in moot]
    still = [pk for pk, trail, *_rest in found if spoken[trail].stands_still and pk not in gone]
    for pks, why in ((gone, MOOT), (still, STILL)):
        if pks:
            cancel(Delivery.objects.filter(pk__in=pks), work.now, why)
    late = [one for one in found if one[3] == Delivery.State.CANCELLED and one[0] not in still]
    if late:
        rows.filter(pk__in=[pk for pk, *_rest in late]).update(last_error=ANEW)
        _tell_anew(work, spoken, {_first(cause) for _pk, _trail, cause, _state in late} - moot)


def _tell_anew(work: Work, clocks: dict[int, PromiseClock], causes: Collection[str]) -> None:
    """Nobody has heard this by the ways by which it was to leave: its clock stood still, and goes on."""
    said = [(trail, *one) for trail, clock in clocks.items() for one in clock.of_account(work.now)]
    anew = [(trail, one, what) for trail, one, what in said if _cause(trail, one.named(what), what) in causes]
    hearers = _Hearers(work, [(trail, one) for trail, one, _what in anew])
    for trail, reading, what in anew:
        cause = f"{_cause(trail, reading.named(what), what)}:{work.heads[trail].length}"
        _tell(work, hearers.run(trail), hearers.of(trail, reading), reading, what, cause)


def _cause(trail: int, name: str, what: Say) -> str:
    return f"promise:{trail}:{name}:{what.value}"


def _first(cause: str) -> str:
    """By what name it was told first: told anew, it has the number of an entry behind it."""
    before, _colon, last = cause.rpartition(":")
    return before if last.isdecimal() else cause


# --- what is said -------------------------------------------------------------------------------


def speak(work: Work, timers: Sequence[Timer]) -> None:
    """Something may be due to be said. Whatever is, is said once; then the next timer is armed by ``follow``."""
    trails = {timer.trail_id for timer in timers}
    open_ones = Incident.objects.open().filter(trail__in=trails).values_list("trail", flat=True)
    due: list[tuple[int, Reading, Say, datetime]] = []
    clocks = heard(open_ones)
    for trail, clock in clocks.items():
        for reading in clock.readings(work.now):
            say = clock.next_said(reading, work.now)
            if say is not None and say[1] <= work.now:
                due.append((trail, reading, *say))
    hearers = _Hearers(work, [(trail, reading) for trail, reading, *_rest in due])
    for trail, reading, what, at in due:
        _say(work, trail, reading, what, at, hearers.run(trail), hearers.of(trail, reading))
    work.look_again |= trails


class _Hearers:
    """Who is told of these promises now."""

    def __init__(self, work: Work, about: Sequence[tuple[int, Reading]]):
        self._runs = _runs(work, {trail for trail, _reading in about})
        self._people = _who(self._runs, work.now)
        self._communicators = _communicators({trail for trail, one in about if one.kind is Kind.UPDATE})

    def run(self, trail: int) -> EscalationRun | None:
        return self._runs.get(trail)

    def of(self, trail: int, reading: Reading) -> list[User]:
        told = self._communicators.get(trail) if reading.kind is Kind.UPDATE else None
        return told or self._people.get(trail, [])


def _say(
    work: Work, trail: int, reading: Reading, what: Say, at: datetime, run: EscalationRun | None, people: list[User]
) -> None:
    name = reading.named(what)
    cause = _cause(trail, name, what)
    behind = work.now - at
    late = {"late_s": int(behind.total_seconds())} if behind > LATE else {}
    data = {
        "promise": reading.kind.value,
        "name": name,
        "minutes": reading.term.minutes,
        "until": _until(reading, what),
        "people": [named(person) for person in people],
        **late,
    }
    work.entry(trail, what.value, data, run=run, cause=cause)
    _tell(work, run, people, reading, what, cause, **late)


def _until(reading: Reading, what: Say) -> str:
    until = (reading.missed_at if what is Say.BROKEN else None) or reading.due
    assert until is not None
    return until.isoformat()


def _tell(
    work: Work, run: EscalationRun | None, people: list[User], reading: Reading, what: Say, cause: str, **late: int
) -> None:
    if run is not None:
        publish = {"counts": reading.term.counts.value} if reading.term.reminds else {}
        message = {"promise": reading.kind.value, "until": _until(reading, what), **publish, **late}
        work.tell(run, people, kind=what.value, cause=cause, message=message)
        work.called(run, people=people)  # who is told of it may see it


def _runs(work: Work, trails: Iterable[int]) -> dict[int, EscalationRun]:
    """As this work has left them: a step may have been due at the same instant."""
    running = EscalationRun.objects.functional().running().filter(trail__in=trails)
    found = running.select_related("tier", "holder", "frozen_path")
    return {run.trail_id: work.moving(run) for run in found}


def _communicators(trails: Collection[int]) -> dict[int, list[User]]:
    """Those outside are told by them. One query, or none."""
    if not trails:
        return {}
    rows = IncidentRole.objects.living().filter(role=Role.COMMUNICATOR, person__is_active=True)
    rows = rows.filter(incident__trail__in=trails).select_related("person", "incident")
    return {row.incident.trail_id: [row.person] for row in rows if row.person is not None}


def _who(runs: dict[int, EscalationRun], now: datetime) -> dict[int, list[User]]:
    """Whoever has the baton; else those of the tier that has it who are there now."""
    found = {trail: [run.holder] for trail, run in runs.items() if run.holder is not None}
    waiting = {trail: run for trail, run in runs.items() if run.holder is None}
    if waiting:
        roster = Roster([run.frozen for run in waiting.values()], now)
        found |= {trail: called_now(run, roster.seats(run.frozen)) for trail, run in waiting.items()}
    return found
