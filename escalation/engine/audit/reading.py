"""Whole records, read in turn: is each chain whole, and does it tell the climb that the rows show?

``examine`` is pure: plain rows of one trail in, sentences out. What ``read`` finds is read again under the
trail's lock before it counts, because rows and record come from several statements.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest
from typing import NamedTuple

from django.db import OperationalError, transaction

from escalation.kit import clock
from escalation.people.models import Tier
from escalation.policies import path
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify_all

from ..models import Delivery, EscalationRun, Timer
from . import repairs
from .findings import Finding, Repair

log = logging.getLogger(__name__)

PORTION = 50  # trails at a time
_EXACT = timedelta(seconds=1)
_END = 2**63 - 1  # behind the last trail


class Line(NamedTuple):
    """What is needed of an entry."""

    trail_id: int
    seq: int
    at: datetime
    kind: str
    actor_kind: str
    run: int | None
    cause: str | None
    data: str


@dataclass
class Record:
    """One trail's rows: the running climbs, their timers that are armed or fired, its entries and causes told."""

    pk: int
    subject: str
    runs: list[EscalationRun] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    told: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Progress:
    """How far the reading has come: after which trail it goes on, how many were read, and what was not sound."""

    after: int = 0
    trails: int = 0
    unsound: tuple[int, ...] = ()


def read(
    after: int, *, now: datetime, seconds: float | None, again: Sequence[int] = ()
) -> tuple[list[Finding], Progress]:
    """Read open trails in the order of their ids, beginning behind ``after``, until time is up or all are read.

    Those of ``again`` are read first: what was not sound stays reported until it is.
    """
    end = None if seconds is None else time.monotonic() + seconds
    found = {pk: _confirmed(pk, known=True) for pk in again if _next(pk - 1, pk)}
    start, trails = after, 0
    until = None if after else _END  # first to the end of the list, then from its beginning to where we began
    while True:
        pks = _next(after, until or _END)
        if pks:
            found |= {pk: _confirmed(pk) for pk in suspects(pks, now) if pk not in found}
            after, trails = pks[-1], trails + len(pks)
        elif until is None:
            after, until = 0, start
            continue
        else:
            break
        if end is not None and time.monotonic() > end:
            break
    unsound = tuple(pk for pk, findings in found.items() if findings)
    return [finding for findings in found.values() for finding in findings], Progress(after, trails, unsound)


def _next(after: int, until: int) -> list[int]:
    open_ones = EscalationRun.objects.running().filter(trail__gt=after, trail__lte=until)
    return list(open_ones.order_by("trail").values_list("trail", flat=True).distinct()[:PORTION])


def suspects(pks: Sequence[int], now: datetime) -> list[int]:
    return list(dict.fromkeys(f.trail for f in examined(pks, now=now) if f.trail))


def _confirmed(pk: int, *, known: bool = False) -> list[Finding]:
    """``known``: it was not sound when it was last read, so it counts for that until it is seen to be."""
    try:
        with transaction.atomic():
            Trail.objects.lock([pk])
            return examined([pk], now=clock.now())
    except OperationalError as error:  # somebody has it for long
        log.warning("trail %d could not be read again: %s", pk, error)
    if not known:
        return []
    subject = Trail.objects.values_list("subject", flat=True).get(pk=pk)
    return [Finding("its record was not sound, and could not be read again", pk, subject, invariant="I12")]


def examined(pks: Sequence[int], *, now: datetime) -> list[Finding]:
    """All that is wrong with these trails' records."""
    records = _records(pks)
    chains = verify_all([record.subject for record in records], now=now)
    broken = {verdict.subject: verdict.fault.what for verdict in chains if verdict.fault}
    found = []
    for record in records:
        if record.subject in broken:
            found.append(Finding(broken[record.subject], record.pk, record.subject, invariant="I12"))
        found += [replace(one, trail=record.pk, subject=record.subject) for one in examine(record, now)]
    return found


def _records(pks: Sequence[int]) -> list[Record]:
    by_pk = {pk: Record(pk, subject) for pk, subject in Trail.objects.filter(pk__in=pks).values_list("pk", "subject")}
    running = EscalationRun.objects.running().filter(trail__in=pks)
    for run in running.order_by("pk"):
        by_pk[run.trail_id].runs.append(run)
    states = (Timer.State.ARMED, Timer.State.FIRED)
    for timer in Timer.objects.filter(run__in=running, state__in=states).order_by("pk"):
        by_pk[timer.trail_id].timers.append(timer)
    for line in Entry.objects.filter(trail__in=pks).order_by("trail", "seq").values_list(*Line._fields):
        by_pk[line[0]].lines.append(Line._make(line))
    for trail, cause in Delivery.objects.filter(run__in=running).values_list("trail_id", "cause").distinct():
        by_pk[trail].told.add(cause)
    return list(by_pk.values())


# --- pure -----------------------------------------------------------------------------------------


def examine(record: Record, now: datetime) -> Iterator[Finding]:
    """What of one record does not fit. Findings without trail and subject."""
    for run in record.runs:
        lines = [line for line in record.lines if line.run == run.pk]
        try:
            policy = run.policy_path
            policy.at(run.lap, run.place) if run.place >= 0 else None
        except Exception as error:
            yield _found("I17", f"its {run.track} path cannot be read: {type(error).__name__}")
            continue
        yield from _waits(run, policy, [t for t in record.timers if t.run_id == run.pk], now)
        yield from _order(run, lines)
        yield from _passed_over(run, policy, lines)
        yield from _people(lines, record.told)
        yield from _fired([t for t in record.timers if t.run_id == run.pk], run, lines)
    yield from _said_twice(record.lines)


def _found(invariant: str, what: str, about: int | None = None, repair: Repair | None = None) -> Finding:
    return Finding(what, about=about, repair=repair, invariant=invariant)


def _waits(run: EscalationRun, policy: path.Policy, timers: Sequence[Timer], now: datetime) -> Iterator[Finding]:
    """The armed timer is no later than what the climb's standing waits for, or the reason is the true one."""
    outlook = path.path(policy, run.standing, run.facts, now, {})
    armed = next((timer for timer in timers if timer.state == Timer.State.ARMED), None)
    if armed is None:
        if run.idle not in ("", path.Idle.STEP_FAILED.value) and (outlook.idle is None or outlook.idle != run.idle):
            what = f"its {run.track} climb waits for nothing, and the reason, “{run.idle}”, is not true"
            yield _found("I1", what, run.pk, repairs.REARM)
        return
    # One that fires too early finds nothing due and arms the right one; one that fires too late is a fault.
    due = outlook.decision.due if outlook.decision else outlook.at
    if due is None or armed.due_at - due > _EXACT:
        wanted = f"at {due:%Y-%m-%d %H:%M:%S}" if due else "never"
        what = f"its {run.track} timer is armed for {armed.due_at:%Y-%m-%d %H:%M:%S}, and the climb goes on {wanted}"
        yield _found("I1", what, run.pk, repairs.REARM)


def _position(line: Line) -> tuple[int, int, int] | None:
    """Round, place and epoch of an effect of a climb, from its cause."""
    parts = (line.cause or "").split(":")
    if len(parts) != 6 or parts[0] != "run":
        return None
    lap, place, epoch = map(int, parts[3:])
    return lap, place, epoch


def _order(run: EscalationRun, lines: Sequence[Line]) -> Iterator[Finding]:
    """Each change of a climb has a higher epoch than the one before; two calls never share an instant."""
    effects = [(line, at) for line in lines if (at := _position(line))]
    for (before, (_lap, _place, first)), (after, (_l, _p, second)) in pairwise(effects):
        if second < first:
            yield _found("I4", f"entry {after.seq} belongs before entry {before.seq}: the order was turned round")
    calls = Counter(line.at for line in lines if line.kind == "called" and line.actor_kind == Entry.Actor.ENGINE)
    for instant, times in calls.items():
        if times > 1:
            yield _found("I19", f"{times} steps of its {run.track} climb were called at once, at {instant:%H:%M:%S}")


def _passed_over(run: EscalationRun, policy: path.Policy, lines: Sequence[Line]) -> Iterator[Finding]:
    """From one call to the next, every place between them is listed as passed over. By hand one may jump."""
    here: tuple[int, int] | None = (0, -1)
    for line in lines:
        if line.kind in ("accepted", "reassigned"):
            here = None  # the receiver's tier may stand elsewhere on the path
        at = _position(line)
        if line.kind not in ("called", "exhausted") or at is None:
            continue
        data, there = json.loads(line.data), at[:2]
        if here is not None and line.kind == "called" and not data.get("reason"):
            listed = [(skip["lap"], skip["place"]) for skip in data.get("skipped", [])]
            between = [spot for spot in policy.after(*here) if spot < there]
            missing = [spot for spot in between if spot not in listed]
            if missing:
                steps = ", ".join(f"step {place + 1} of round {lap + 1}" for lap, place in missing)
                yield _found("I3", f"entry {line.seq} passed over {steps} without a reason")
        if line.kind == "called":
            here = there
    if here is not None and here != (run.lap, run.place):
        yield _found("I3", f"its {run.track} climb stands elsewhere than its record says")


def _people(lines: Sequence[Line], told: set[str]) -> Iterator[Finding]:
    """Whoever was called has a message."""
    for line in lines:
        if line.kind == "called" and not json.loads(line.data).get("people"):
            yield _found("I16", f"entry {line.seq} called nobody")
        elif line.kind in ("called", "exhausted") and line.cause not in told:
            yield _found("I16", f"entry {line.seq} called somebody, and there is no message to anybody")


def _fired(timers: Sequence[Timer], run: EscalationRun, lines: Sequence[Line]) -> Iterator[Finding]:
    """What a timer brought about is on record, at the same instant."""
    instants = {line.at for line in lines}
    in_order = sorted(timers, key=lambda timer: timer.epoch)
    for timer, after in zip_longest(in_order, in_order[1:]):
        if timer.state != Timer.State.FIRED or timer.fired_at in instants:
            continue
        told_by_the_other = run.track != Tier.Track.FUNCTIONAL and timer.kind in (path.Act.WAKE, path.Act.SPEAK)
        # What falls into maintenance waits for its end, which one entry says for both tracks.
        nothing_was_due = after is not None and (after.kind == path.Act.SPEAK or _same_step(timer, after))
        if not told_by_the_other and not nothing_was_due:
            yield _found("I20", f"its timer ({timer.kind}) fired, and no entry says what it did")


def _same_step(timer: Timer, after: Timer) -> bool:
    """It was early, did nothing, and armed the next one for the same step."""
    return timer.kind == path.Act.CALL and (timer.kind, timer.round, timer.step) == (
        after.kind,
        after.round,
        after.step,
    )


def _said_twice(lines: Sequence[Line]) -> Iterator[Finding]:
    """A message either left or failed; both on record means that somebody wrote without the lease."""
    ends = Counter(line.cause.rpartition(":")[0] for line in lines if line.kind == "delivery" and line.cause)
    for delivery, times in ends.items():
        if times > 1:
            yield _found("I13", f"it is on record twice how message {delivery.rpartition(':')[2]} ended")
