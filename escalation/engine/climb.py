"""Due timers, turned into what they stand for: one decision each, one transaction a batch.

Claim and execution are one transaction: the row lock (PostgreSQL) or the write transaction
(SQLite) is the lease, and dies with the process. Nothing here waits for a lock another
transaction holds: on PostgreSQL the timer *and* its trail's head are taken with SKIP LOCKED,
so a drain can never deadlock with somebody's acknowledgement.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, F, Q, Value, When

from escalation.kit import clock, failpoint
from escalation.policies import path
from escalation.policies.freezing import Roster
from escalation.policies.models import Installation
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE

from . import lookout, moves, registry, silence, words
from .models import EscalationRun, Timer
from .work import Work

log = logging.getLogger(__name__)

BATCH = 250
CLAIMS = 3  # then a timer is dead, loudly
_BACK_OFF = (1, 2, 4)  # seconds
_AWAY = ("08", "53", "57P", "25P03")  # PostgreSQL: connection, resources, shutting down, idle for too long
_WAITED = ("55P03", "57014")  # too long, for a lock or for a statement to end: somebody else was in the way


def look() -> tuple[datetime | None, datetime]:
    """When the next timer may be taken, and what time it is: one index-only look."""
    armed = Timer.objects.filter(state=Timer.State.ARMED).order_by("next_at", "id")
    return armed.values_list("next_at", clock.reading()).first() or (None, clock.now())


def next_due() -> datetime | None:
    """When the next timer may be taken."""
    return look()[0]


def drain(*, seconds: float = 5.0, batch: int = BATCH, careful: bool = False) -> int:
    """Carry out due timers until none is left or time is up. Safe to run twice at once.

    ``careful`` after a process died at work: one timer at a time, its attempt counted and
    committed *before* the work, so that a timer that kills its process is found out too.
    Returns how many fired. Raises OperationalError or InterfaceError when the database is away:
    no timer is to blame for that, and none loses a try.
    """
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        due, now = look()  # on SQLite: look before taking the write lock
        # Asked also when nothing is due any more: so this process knows of what it has just written.
        if lookout.stopped() or due is None or due > now:
            break
        fired = _drain_carefully(min(batch, 10)) if careful else _drain_batch(batch)
        failpoint.reach("drain.committed")
        done += fired
        if not fired:
            break
    return done


def _drain_batch(batch: int) -> int:
    """One transaction. If it fails, its timers are taken one by one to find the culprit."""
    timers: list[Timer] = []
    try:
        with transaction.atomic():
            now = clock.now()
            timers = _claim(now, batch)
            if timers:
                fire(timers, now)
        return len(timers)
    except Exception as error:
        if is_the_databases(error):
            raise
        log.exception("a batch of %d timers failed; taking them one by one", len(timers))
    return sum(_drain_one(timer.pk) for timer in timers)


def _claim(now: datetime, batch: int, only: int | None = None) -> list[Timer]:
    """Lock due timers and their trails' heads: the long overdue first, then by severity, then by time."""
    overdue = Q(due_at__lt=now - words.LATE)
    due = Timer.objects.filter(state=Timer.State.ARMED, next_at__lte=now)
    if only is not None:
        due = due.filter(pk=only)
    # SQLite: the write transaction is the lock.
    due = due.select_for_update(of=("self", "trail"), skip_locked=True, no_key=True)
    rank = Case(When(overdue, then=0), default=1)
    return list(due.select_related("trail").order_by(rank, "severity", "due_at", "id")[:batch])


def fire(timers: Sequence[Timer], now: datetime) -> None:
    """What the timers stand for, set-based, inside the caller's transaction."""
    failpoint.reach("drain.claimed")
    heads: dict[int, Trail] = {}
    for timer in timers:  # two timers of one trail share one head
        heads.setdefault(timer.trail_id, timer.trail)
    work = Work(now=now, actor=ENGINE, heads=heads)
    # First, so that a run can arm its next timer: it may have only one.
    Timer.objects.filter(pk__in=[timer.pk for timer in timers]).update(
        state=Timer.State.FIRED, next_at=None, fired_at=now, attempts=F("attempts") + 1
    )
    runs = _current_runs(timers)
    roster = Roster([run.frozen for run in runs], now)
    for run in silence.spared(work, runs):
        moves.look(work, run, roster)
    registry.fired(work, [timer for timer in timers if timer.run_id is None])
    work.write()
    failpoint.reach("drain.written")


def look_early() -> int:
    """Once a minute: has somebody come for a step that waits for a shift? Returns how many runs were looked at.

    A shift that begins as planned needs none of this: it has its timer. What was changed since does.
    """
    awaiting = EscalationRun.objects.running().filter(awaits_until__isnull=False, held_at__isnull=True)
    waiting = list(awaiting.order_by("trail").values_list("trail", flat=True).distinct())
    looked = 0
    for start in range(0, len(waiting), BATCH):
        if lookout.stopped():
            break
        with transaction.atomic():
            work = Work.lock(waiting[start : start + BATCH], actor=ENGINE)
            held = awaiting.filter(trail__in=work.heads).prefetch_related("tier", "holder", "offered_to", "offered_by")
            runs = list(held.order_by("trail", "id"))
            roster = Roster([run.frozen for run in runs], work.now)
            for run in silence.spared(work, runs):
                _look_early(work, run, roster)
            work.write()
            looked += len(runs)
    return looked


def _look_early(work: Work, run: EscalationRun, roster: Roster) -> None:
    """Somebody may have come before the shift that the run awaits: an override, an edit, an account."""
    who = roster.seats(run.frozen)
    decision = path.next_step(run.policy_path, run.standing, who, why=path.Why.NEXT_SHIFT, due=work.now)
    if decision.act is path.Act.CALL or (decision.act is path.Act.AWAIT and decision.until != run.awaits_until):
        moves.carry_out(work, run, decision, who=who)


def _current_runs(timers: Sequence[Timer]) -> list[EscalationRun]:
    """The runs these timers belong to, in the timers' order, without those that have moved on."""
    found = EscalationRun.objects.running().prefetch_related("tier", "holder", "offered_to", "offered_by")
    by_id = found.in_bulk([timer.run_id for timer in timers if timer.run_id])
    runs = []
    for timer in timers:
        run = by_id.get(timer.run_id)
        if run is not None and run.epoch == timer.epoch:
            runs.append(run)
    return runs


# --- poison ---------------------------------------------------------------------------------


def is_the_databases(error: Exception) -> bool:
    """Whether a failure says nothing about what was tried: the connection is gone, or nothing can be written."""
    if not isinstance(error, OperationalError):
        return isinstance(error, InterfaceError)
    code = _code(error)  # none: SQLite, or PostgreSQL is not there to give one
    return code is None or code.startswith(_AWAY)


def is_blameless(error: Exception) -> bool:
    """Whether what was tried is not to blame: that, or somebody else was in the way for too long."""
    return is_the_databases(error) or _code(error) in _WAITED


def _code(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def _drain_carefully(batch: int) -> int:
    """Attempts are counted and committed before the work. What was never tried goes as one batch;
    what a process may have died of goes alone, so that it can take nobody with it again."""
    with transaction.atomic():
        now = clock.now()
        claimed = _claim(now, batch)
        if not claimed:
            return 0
        suspects = [timer for timer in claimed if timer.attempts]
        taken = suspects[:1] or claimed
        tries = taken[0].attempts
        if tries < CLAIMS:
            # Out of the way for a moment: if the work kills this process, others go first.
            Timer.objects.filter(pk__in=[timer.pk for timer in taken]).update(
                attempts=tries + 1, next_at=now + timedelta(seconds=_BACK_OFF[tries])
            )
    if tries >= CLAIMS:
        _postpone(taken[0].pk, RuntimeError("the process died at work on this timer"), counted=True)
        return 1
    failpoint.reach("drain.counted")
    return _fire_claimed([timer.pk for timer in taken])


def _fire_claimed(pks: list[int]) -> int:
    """What was claimed a moment ago, together; if that fails, one by one."""
    if len(pks) > 1:
        try:
            with transaction.atomic():
                now = clock.now()
                timers = _lock(pks, now)
                if timers:
                    fire(timers, now)
                return len(timers)
        except Exception as error:
            if is_the_databases(error):
                raise
            log.exception("a batch of %d timers failed; taking them one by one", len(pks))
    return sum(_drain_one(pk, claimed=True) for pk in pks)


def _drain_one(pk: int, *, claimed: bool = False) -> int:
    try:
        with transaction.atomic():
            now = clock.now()
            timers = _lock([pk], now) if claimed else _claim(now, 1, only=pk)
            if timers:
                fire(timers, now)
            return len(timers)
    except Exception as error:
        if is_the_databases(error):
            raise
        log.exception("timer %d failed", pk)
        _postpone(pk, error, counted=claimed)
        return 0


def _lock(pks: list[int], now: datetime) -> list[Timer]:
    """Timers claimed a moment ago, taken again with their trails' heads.

    Those whose incident somebody is changing right now were not tried: their attempt is given back. So it is
    if the clock was put back meanwhile: they are not due any more.
    """
    mine = Timer.objects.filter(pk__in=pks, state=Timer.State.ARMED, due_at__lte=now).select_related("trail")
    timers = list(mine.select_for_update(of=("self", "trail"), skip_locked=True, no_key=True))
    left = set(pks) - {timer.pk for timer in timers}
    if left:
        untried = Timer.objects.select_for_update(skip_locked=True).filter(pk__in=left, state=Timer.State.ARMED)
        again = Case(When(due_at__gt=now, then=F("due_at")), default=Value(now))
        Timer.objects.filter(pk__in=list(untried.values_list("pk", flat=True))).update(
            attempts=F("attempts") - 1, next_at=again
        )
    return timers


def _postpone(pk: int, error: Exception, *, counted: bool = False) -> None:
    """Try again later; after three claims the timer is dead and the last-resort contact is called.

    A record or a call that cannot be written either must not silence the rest, nor keep other timers waiting:
    a step that failed without its last call is among the audit's findings. Who waited in vain loses no try.
    """
    for on_record, call in ((True, True), (False, True), (False, False)):
        try:
            _set_back(pk, error, counted, on_record=on_record, call=call)
            return
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.critical("timer %d failed, and that cannot be written whole", pk, exc_info=True)


def _set_back(pk: int, error: Exception, counted: bool, *, on_record: bool, call: bool) -> None:
    trail = Timer.objects.filter(pk=pk).values_list("trail", flat=True).first()
    if trail is None:
        return
    with transaction.atomic():
        work = Work.lock([trail], actor=ENGINE)
        armed = Timer.objects.filter(pk=pk, state=Timer.State.ARMED).select_related("run")
        timer = armed.select_for_update(of=("self",)).first()
        if timer is None:  # somebody was faster: it is not wanted any more
            return
        blameless = _code(error) in _WAITED
        timer.attempts += -int(counted) if blameless else int(not counted)
        timer.last_error = f"{type(error).__name__}: {error}"[:2000]
        if blameless or timer.attempts < CLAIMS:  # no try at all: the longest pause
            timer.next_at = max(timer.due_at, work.now + timedelta(seconds=_BACK_OFF[timer.attempts - 1]))
        else:
            timer.state, timer.next_at = Timer.State.DEAD, None
        timer.save(update_fields=["attempts", "last_error", "next_at", "state"])
        if timer.state != Timer.State.DEAD:
            return
        if timer.run is not None:
            EscalationRun.objects.filter(pk=timer.run.pk).update(idle=path.Idle.STEP_FAILED.value)
        if call:
            _call_last_resort(work, timer, on_record=on_record)


def _call_last_resort(work: Work, timer: Timer, *, on_record: bool) -> None:
    """A step could not be run: somebody must know at once, by the shortest way there is."""
    last = Installation.objects.select_related("last_resort").get().last_resort
    cause = f"timer:{timer.pk}:dead"
    run = timer.run or EscalationRun.objects.filter(trail=timer.trail_id).order_by("-id").first()
    if on_record:
        data = {"timer": timer.kind, "last_resort": words.named(last), "attempts": timer.attempts}
        work.entry(timer.trail_id, "step_failed", data, run=timer.run, cause=cause)
    if run is not None:
        work.tell(run, [last], kind="last_resort", cause=cause, message={"why": "step_failed"})
        work.called(run, people=[last])
    work.write()
