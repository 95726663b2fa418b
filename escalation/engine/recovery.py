"""Resuming after the database was put back from an older copy.

What happened between the copy and now is lost, so nothing is replayed. Decided so:

* The clocks stood still: each goes on with what it had left in the copy, so nothing is overdue at once.
  What began while everything was held gets its whole time. What is on hold stays so.
* What waited in the copy to leave the house is cancelled, and on record: it may have left before. In
  its place everybody it still concerns is told once, by a message of its own: who holds the
  incident, or who is called for it and has not answered. A later step is a new cause and calls as ever.
* Every run gets an epoch far from any it may have had: forms made before are stale, and no key comes twice.

One incident after the other under its own lock, then the brake is taken off. Interrupted, it goes
on where it was: each incident's entry has a cause.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.notify import senders
from escalation.people.models import User
from escalation.policies import path
from escalation.policies.freezing import Roster
from escalation.policies.models import Installation
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import Actor, Draft, append

from . import bell, climb
from .models import Delivery, EscalationRun, SentBefore, Timer
from .standstill import RESUMED, Standstill, current
from .words import called_now, ends_at, last_resort, named, then_tier
from .work import Work

log = logging.getLogger(__name__)

BATCH = 100
APART = 10_000  # how far the epochs of after are from those of before
SENT_BEFORE = "sent before the database was put back from an older copy"
MAY_HAVE_LEFT = "it may have left before the database was put back from an older copy"
_WAITS = (Delivery.State.QUEUED, Delivery.State.SENDING)


@dataclass(frozen=True)
class Prospect:
    """What there is to resume, in numbers: incidents are those with a run that has not ended."""

    still: Standstill
    incidents: int
    overdue: int  # incidents whose clock ran out since the copy
    waiting: int  # messages that were about to leave in the copy
    sent_before: int  # of these, known to have left


def prospect(now: datetime) -> Prospect | None:
    """What ``resume`` would find; None if nothing is held."""
    still = current()
    if still is None:
        return None
    running = EscalationRun.objects.running()
    armed = Timer.objects.filter(state=Timer.State.ARMED, run__isnull=False)
    waiting = [one.idempotency_key for one in _waiting(still)]
    return Prospect(
        still=still,
        incidents=running.functional().count(),
        overdue=armed.filter(due_at__lte=now).values("trail").distinct().count(),
        waiting=len(waiting),
        sent_before=len(_known(waiting)),
    )


def told(found: Prospect) -> list[str]:
    """What resuming will do, in sentences: the same at the terminal and in Admin."""
    still = found.still
    when = {"since": f"{still.since:%d %b %H:%M} UTC", "copy": f"{still.copy_at:%d %b %H:%M} UTC"}
    lines = [
        _("Nobody is being called since %(since)s. The database is a copy of %(copy)s.") % when,
        ngettext("%d incident was open then.", "%d incidents were open then.", found.incidents) % found.incidents,
        _("Clocks that ran out since: %d. They and all others go on with what they had left.") % found.overdue,
        _("Messages that were about to leave: %(all)d, of which %(sent)d are known to have left. None is sent again.")
        % {"all": found.waiting, "sent": found.sent_before},
        _("Whoever holds an incident, or is called for it and has not answered, is told once that it goes on."),
    ]
    return [str(line) for line in lines]


def resume(*, actor: Actor) -> int:
    """Let calls go on, from the copy. Returns how many incidents were resumed; 0 too if nothing is held."""
    still, done = current(), 0
    failed: set[int] = set()
    if still is None:
        return 0
    while trails := _left(still, failed):
        done += _resume_some(trails, still, actor, failed)
    _release(still, actor, done)
    return done


def _resume_some(trails: list[int], still: Standstill, actor: Actor, failed: set[int]) -> int:
    """One by one if they cannot be resumed together: one in trouble must not keep all others from being called."""
    try:
        return _resume(trails, still, actor)
    except Exception as error:
        if climb.is_the_databases(error):
            raise  # that is no incident's fault: nothing is lost, say resume again
        log.exception("trails %s could not be resumed", trails)
    if len(trails) > 1:
        return sum(_resume_some([trail], still, actor, failed) for trail in trails)
    failed.update(trails)
    _stop([one.pk for one in _waiting(still, trails)], MAY_HAVE_LEFT, clock.now())
    return 0


def _left(still: Standstill, failed: set[int]) -> list[int]:
    """The next trails to see to: those with a run or with messages from the copy, not yet on record."""
    concerned = set(EscalationRun.objects.running().values_list("trail", flat=True))
    concerned |= {one.trail_id for one in _waiting(still)}
    seen = Entry.objects.filter(pk__gt=still.entry, kind="put_back", cause__startswith=f"{_mark(still)}:")
    return sorted(concerned - failed - set(seen.values_list("trail", flat=True)))[:BATCH]


def _mark(still: Standstill) -> str:
    return f"put_back:{still.entry}"


def _waiting(still: Standstill, trails: Iterable[int] | None = None) -> Iterator[Delivery]:
    """Messages that were about to leave the house when the copy was made."""
    found = Delivery.objects.filter(state__in=_WAITS, queued_at__lte=still.copy_at)
    found = found.exclude(channel__in=senders.in_house())
    if trails is not None:
        found = found.filter(trail__in=trails)
    return found.select_related("person").defer("message").order_by("id").iterator()


def _known(keys: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(keys), 500):
        known |= set(SentBefore.objects.filter(key__in=keys[start : start + 500]).values_list("key", flat=True))
    return known


# --- one batch ------------------------------------------------------------------------------


@transaction.atomic
def _resume(trails: list[int], still: Standstill, actor: Actor) -> int:
    work = Work.lock(trails, actor=actor)
    running = EscalationRun.objects.running().filter(trail__in=trails).order_by("id")
    runs: dict[int, list[EscalationRun]] = defaultdict(list)
    for run in running.select_related("tier", "holder", "offered_to", "offered_by"):
        runs[run.trail_id].append(run)
    stopped = _cancel(work, still)
    roster = Roster([run.frozen for some in runs.values() for run in some], work.now)
    for trail in trails:
        _resume_one(work, trail, runs[trail], stopped[trail], still, roster)
    work.write()
    return len(runs)


def _cancel(work: Work, still: Standstill) -> dict[int, list[dict]]:
    """Take back what waited in the copy: trail → what the record keeps of each message."""
    waiting = list(_waiting(still, work.heads))
    known = _known([one.idempotency_key for one in waiting])
    cancelled: dict[int, list[dict]] = defaultdict(list)
    for before in (True, False):
        some = [one for one in waiting if (one.idempotency_key in known) is before]
        _stop([one.pk for one in some], SENT_BEFORE if before else MAY_HAVE_LEFT, work.now)
        for one in some:
            about = {"to": named(one.person), "kind": one.kind, "channel": one.channel, "sent_before": before}
            cancelled[one.trail_id].append(about)
    return cancelled


def _stop(deliveries: list[int], why: str, now: datetime) -> None:
    Delivery.objects.filter(pk__in=deliveries).update(
        state=Delivery.State.CANCELLED, next_at=None, lease="", finished_at=now, last_error=why
    )


def _resume_one(
    work: Work, trail: int, runs: list[EscalationRun], stopped: list[dict], still: Standstill, roster: Roster
) -> None:
    cause = f"{_mark(still)}:{trail}"
    told: list[User] = []
    for run in runs:
        concerned, alone = ([], False) if _moved_since(run, still.copy_at) else _concerned(run, roster)
        run.standing = stood_still(run.standing, still.copy_at, work.now)
        run.epoch += APART
        people = [person for person in concerned if person not in told]
        message = {
            "why": "put_back",
            "tier": run.tier.name if run.tier else None,
            "copy_at": still.copy_at.isoformat(),
            "until": ends_at(run),
            "then": then_tier(run),
            "acknowledge": run.acknowledged_at is None,
        }
        work.tell(run, people, kind="put_back", cause=cause, message=message, alone=alone)
        work.called(run, people=people)
        work.changed(run)
        _say_anew(run, still)
        told += people
    data: dict[str, Any] = {"copy_at": still.copy_at.isoformat(), "people": [named(person) for person in told]}
    work.entry(trail, "put_back", data | {"not_sent": stopped}, run=runs[0] if runs else None, cause=cause)


def _moved_since(run: EscalationRun, copy_at: datetime) -> bool:
    """Whether somebody moved it while everything was held: who is concerned has a message or knows."""
    at = run.standing
    moments = (run.started_at, at.clock_from, at.reach_at, at.acknowledged_at, at.held_at)
    return any(moment is not None and moment > copy_at for moment in moments)


def _concerned(run: EscalationRun, roster: Roster) -> tuple[list[User], bool]:
    """Who must know that it goes on: its holder, else who is called for it now; and whether that is the last resort
    alone."""
    if run.held_at is not None or run.finished == path.Idle.TOLD:
        return [], False
    if run.is_functional and run.holder is not None and run.holder.is_active:
        return [run.holder], False
    if not run.standing.begun or (run.acknowledged_at is not None and not run.is_functional):
        return [], False
    if run.step_frozen is not None and run.step_frozen["mode"] == path.Mode.INFORM:
        return [], False
    there = [] if run.finished == path.Idle.EXHAUSTED else called_now(run, roster.seats(run.frozen))
    return there or [last_resort()], not there


def stood_still(standing: path.Standing, since: datetime, now: datetime) -> path.Standing:
    """The clocks as if the time from ``since`` to ``now`` had not passed. A hold's end is an appointment and stays.

    What was started after ``since`` starts now. An offer may be answered as long as a new one.
    """
    if standing.held_at is not None:
        return standing

    def later(instant: datetime | None) -> datetime | None:
        return None if instant is None else instant + (now - max(since, instant))

    offered = standing.offer_until and now + timedelta(minutes=settings.OFFER_MINUTES)
    return replace(
        standing, clock_from=later(standing.clock_from), reach_at=later(standing.reach_at), offer_until=offered
    )


def _say_anew(run: EscalationRun, still: Standstill) -> None:
    """What was asked while everything was held has not left yet: it says until when from now on."""
    waiting = list(Delivery.objects.filter(run=run, state=Delivery.State.QUEUED, queued_at__gt=still.copy_at))
    for one in waiting:
        if one.message.get("until"):
            until = run.offer_ends.isoformat() if one.kind == "offer" and run.offer_ends else ends_at(run)
            one.message = {**one.message, "until": until}
            one.save(update_fields=["message"])


# --- the end --------------------------------------------------------------------------------


@transaction.atomic
def _release(still: Standstill, actor: Actor, done: int) -> None:
    heads = Trail.objects.lock([Trail.objects.installation().pk])
    if not Installation.objects.filter(pk=1, held_at=still.since).update(held_at=None, held_why=""):
        return  # somebody else was faster
    [trail] = heads
    name = ngettext("%d incident goes on", "%d incidents go on", done) % done
    data = {"what": "", "name": name, "copy_at": still.copy_at.isoformat(), "incidents": done}
    append(heads, [Draft(trail_id=trail, at=clock.now(), kind=RESUMED, actor=actor, data=data)])
    bell.ring_after_commit()
