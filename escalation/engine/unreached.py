"""Calls that reached nobody: when everything that left the house for one has failed, there is nothing to wait for.

What counts is what is asked now: the offer that is open, or else the last call of the climb with all its people
and ways. The desk does not count, since nobody may be looking. That it was in vain is noted on the run in the
transaction that records the last failure; what follows from it ``path`` says, and its timer, which is due at once,
brings about: one due timer is still one decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from escalation.kit.text import one_line
from escalation.notify import senders
from escalation.policies import path

from .models import Delivery, EscalationRun
from .telling import in_vain
from .work import Work

_CALLS = ("call", "assigned", "woken", "maintenance_over", "inform")
_OFFER = "offer"
_REASON = 200


@dataclass(frozen=True)
class _Row:
    pk: int
    person: int
    kind: str
    in_house: bool
    epoch: int
    state: str


def note(work: Work, failed: Mapping[int, tuple[int, str]]) -> None:
    """``failed``: delivery → its run and why. They have just failed for good, and their rows say so."""
    if not failed:
        return
    runs = EscalationRun.objects.running().filter(pk__in={run for run, _why in failed.values()})
    by_run = _asked([run.pk for run in runs])
    for run in runs:
        vain = _in_vain(by_run[run.pk], offered=run.offered_to_id is not None)
        reasons = [why for pk, (of, why) in failed.items() if of == run.pk and pk in vain]
        if not reasons:
            continue
        standing = path.unreached(run.standing, work.now, why=one_line(reasons[-1], limit=_REASON))
        if standing != run.standing:
            run.standing = standing
            run.epoch += 1
            work.changed(run)


def reportable(delivery: Delivery) -> bool:
    """Whether its failure may mean that somebody waits in vain."""
    return delivery.run_id is not None and delivery.kind in (*_CALLS, _OFFER)


def _asked(runs: Iterable[int]) -> dict[int, list[_Row]]:
    in_house = senders.in_house()
    found = Delivery.objects.filter(run__in=runs, kind__in=(*_CALLS, _OFFER)).order_by("id")
    by_run: dict[int, list[_Row]] = defaultdict(list)
    columns = ("run", "pk", "person", "kind", "channel", "epoch", "state")
    for run, pk, person, kind, channel, epoch, state in found.values_list(*columns):
        by_run[run].append(_Row(pk, person, kind, channel in in_house, epoch, state))
    return by_run


def left_of(runs: Iterable[EscalationRun]) -> dict[int, list[Delivery]]:
    """run → what has left the house, or waits to, of what is asked on it now; nothing if that has reached somebody by
    the call before."""
    offered = {run.pk: run.offered_to_id is not None for run in runs}
    by_run: dict[int, list[Delivery]] = defaultdict(list)
    for row in Delivery.objects.filter(run__in=offered, kind__in=(*_CALLS, _OFFER)).defer("message").order_by("id"):
        if row.run_id is not None and (row.kind == _OFFER) == offered[row.run_id]:
            by_run[row.run_id].append(row)
    in_house, found = senders.in_house(), {}
    for run, rows in by_run.items():
        last = max(row.epoch for row in rows)
        asked = [row for row in rows if row.epoch == last]
        left = [row for row in asked if row.channel not in in_house]
        go_on = {row.person_id for row in asked} - {row.person_id for row in left}
        found[run] = [] if go_on else left
    return found


def _in_vain(rows: Iterable[_Row], *, offered: bool) -> set[int]:
    """The messages of what is asked now, if it has reached nobody.

    Whose list goes on from the call before has nothing new that leaves the house: that call has reached them.
    """
    asked = [row for row in rows if (row.kind == _OFFER) == offered]
    last = max((row.epoch for row in asked), default=None)
    left = [row for row in asked if row.epoch == last and not row.in_house]
    if {row.person for row in asked if row.epoch == last} - {row.person for row in left}:
        return set()
    return {row.pk for row in left} if in_vain({row.state for row in left}) else set()
