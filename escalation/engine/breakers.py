"""Services that do not answer are left alone for a while: a breaker for each, shared by all workers and hosts.

A service is a channel and the host that carries it: the mail server, one gateway, one chat's host; nobody's own
address. There is a row only while one is in trouble, so that on a good day it costs a look at an empty table. After a
few failures in a row that every message would meet (``notify.breaking``) nothing is sent by it but one message at a
time, to see whether it answers again: whoever moves the row's ``next_at`` on has the probe. What has to wait says so on
its row, as with a limit: no try is spent on it, and it leaves as soon as one got through.

Nobody waits for a service that is away: after ``SHORT`` a person's next way, if they have one, is used at once; and if
nothing of a step can reach anybody, what waits of it has failed, and the next step is taken. After the last resort
there is none: their account's e-mail goes round what is away.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.db import Error, transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.rows import update_all
from escalation.kit.text import one_line
from escalation.notify import senders, ways
from escalation.notify.message import ASKING
from escalation.notify.models import Breaker
from escalation.notify.senders import Handed
from escalation.policies import path
from escalation.trail.writing import ENGINE

from . import bell, endings, fallback, unreached
from .models import Delivery, EscalationRun
from .probing import SHORT, known, waits_until
from .registry import Notice
from .tries import Outcome, service_of
from .waiting import pending
from .work import Work

log = logging.getLogger(__name__)

_PORTION = 200


# --- how a talk went ------------------------------------------------------------------------------


def heard(outcomes: Iterable[Outcome]) -> None:
    """What talks say of their services; nothing, mostly. After the outcomes are on record, and apart from them."""
    talks: dict[tuple[str, str], dict[int | None, Outcome]] = defaultdict(dict)
    for outcome in outcomes:
        up = outcome.handed.up
        if up is False or (up is True and outcome.watched):
            talks[outcome.service][outcome.delivery.bundle] = outcome
    try:
        for service in sorted(talks):
            _learn(*service, list(talks[service].values()), clock.now())
    except Exception:
        log.exception("cannot note how %s is", sorted(talks))


@transaction.atomic
def _learn(channel: str, provider: str, talks: Sequence[Outcome], now: datetime) -> None:
    rows = Breaker.objects.select_for_update().filter(channel=channel, provider=provider)
    if any(talk.handed.up for talk in talks):
        if rows.delete()[0]:
            _release(channel, now)
        return
    first = min((talk.delivery.tried_at or now for talk in talks), default=now)
    begun = {"since": first, "failed_at": now}
    row, _made = rows.get_or_create(channel=channel, provider=provider, defaults=begun)
    row.trouble = row.trouble.failed(now, times=len(talks), probe=any(talk.probe for talk in talks))
    row.reason = one_line(talks[-1].handed.reason, limit=200)
    row.save()
    if row.opened_at is not None:
        _hold_back(row, now)


def _hold_back(row: Breaker, now: datetime) -> None:
    """What was tried waits for the service and no longer for its own next try, which may be much later, or too soon."""
    tried = pending().filter(state=Delivery.State.QUEUED, channel=row.channel, attempts__gt=0).select_related("method")
    found = tried.defer("message").order_by("id").select_for_update(of=("self",), skip_locked=True)
    held = [one for one in found if service_of(one) == (row.channel, row.provider)]
    for one in held:
        one.behind, one.next_at = True, waits_until([one], row, now)
    update_all(held, ("behind", "next_at"))


def _release(channel: str, now: datetime) -> None:
    """What waited may leave. Another service of the same channel that is still away holds its own back again."""
    waiting = pending().filter(state=Delivery.State.QUEUED, behind=True, channel=channel)
    free = Delivery.objects.filter(
        pk__in=list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))
    )
    free.filter(not_before__gt=now).update(not_before=now)  # it was due before it had to wait: the clock was put back
    free.update(behind=False, next_at=now)
    bell.ring_after_commit()


# --- nobody waits for it --------------------------------------------------------------------------


def give_way() -> int:
    """Use the next way, or take the next step, instead of waiting for what is away. Returns for how many messages.

    Looks first and locks then: while a service is away much may wait for it that has no need to give way.
    """
    if not Breaker.objects.filter(opened_at__isnull=False).exists():
        return 0
    now, done, seen = clock.now(), 0, 0
    behind = pending().filter(state=Delivery.State.QUEUED, behind=True, run__isnull=False, kind__in=ASKING)
    behind = behind.annotate(planned=Coalesce("not_before", "queued_at")).filter(planned__lte=now - SHORT)
    rows = behind.order_by("id")
    while waiting := list(rows.filter(id__gt=seen)[:_PORTION]):
        seen = waiting[-1].pk
        later, runs = _next_ways(waiting, now), _in_vain(waiting, now)
        last = {row.pk for row in _last_resorts(waiting, now)}
        concerned = [row for row in waiting if row.run_id in runs or _call(row) in later or row.pk in last]
        try:
            done += _go_round(concerned) if concerned else 0
        except Error:
            raise
        except Exception:
            log.exception("deliveries %s cannot give way", [row.pk for row in concerned])
    return done


@transaction.atomic
def _go_round(waiting: Sequence[Delivery]) -> int:
    """Under the heads' locks it is looked at again."""
    work = Work.lock({row.trail_id for row in waiting}, actor=ENGINE)
    done = _bring_forward(_next_ways(waiting, work.now), work.now)
    last = _last_resorts(waiting, work.now)
    fallback.by_email(last, work.now)
    failed: dict[int, tuple[int, str]] = {}
    for lost in _given_up(_in_vain(waiting, work.now)):
        why = _why(lost)
        endings.note(work, Outcome(lost, Handed(reason=why)), Delivery.State.FAILED.value, False)
        failed[lost.pk] = (lost.run_id or 0, why)
        over = {"state": Delivery.State.FAILED, "finished_at": work.now, "next_at": None, "last_error": why}
        Delivery.objects.filter(pk=lost.pk).update(**over, behind=False)
    unreached.note(work, failed)
    work.write()
    return done + len(last) + len(failed)


def _call(row: Delivery) -> tuple[str, int]:
    return row.cause, row.person_id


def _next_ways(waiting: Iterable[Delivery], now: datetime) -> dict[tuple[str, int], int]:
    """Of each call that has reached its person in no way: what their rules send next. What waits for the end of quiet
    hours goes on waiting."""
    found = {}
    for call, rows in _all_of({_call(row) for row in waiting}).items():
        later = [row.pk for row in rows if _is_later(row, now)]
        if later and not any(_may_reach(row, now) for row in rows):
            found[call] = later[0]
    return found


def _all_of(calls: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[Delivery]]:
    """Each call's messages that leave the house, in the order of their rules; no query if there is no call."""
    found: dict[tuple[str, int], list[Delivery]] = {call: [] for call in calls}
    if not found:
        return found
    same = Delivery.objects.filter(
        cause__in={cause for cause, _p in calls}, person__in={person for _c, person in calls}
    )
    same = same.exclude(channel__in=senders.in_house()).select_related("method").defer("message")
    for row in same.order_by("not_before", "id"):
        if _call(row) in found:
            found[_call(row)].append(row)
    return found


def _is_later(row: Delivery, now: datetime) -> bool:
    """As a rule has it; not the next try of one that failed."""
    planned = row.not_before is not None and row.not_before > now
    return row.state == Delivery.State.QUEUED and planned and not row.behind and not row.quiet


def _may_reach(row: Delivery, now: datetime) -> bool:
    """It has left, or is about to."""
    if row.state in (Delivery.State.SENT, Delivery.State.SENDING):
        return True
    later = row.not_before is not None and row.not_before > now
    return row.state == Delivery.State.QUEUED and not row.behind and not later


def _last_resorts(waiting: Iterable[Delivery], now: datetime) -> list[Delivery]:
    """Calls to the last resort that wait still, and that nothing else brings: one message of each."""
    last = {_call(row): row for row in waiting if row.is_last}
    found = []
    for call, rows in _all_of(last).items():
        waits = any(row.state == Delivery.State.QUEUED and row.behind for row in rows)
        if waits and not any(_may_reach(row, now) or _is_later(row, now) or fallback.is_account(row) for row in rows):
            found.append(last[call])
    return found


def _bring_forward(later: dict[tuple[str, int], int], now: datetime) -> int:
    rows = Delivery.objects.filter(pk__in=later.values(), state=Delivery.State.QUEUED)
    free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if free:
        bell.ring_after_commit()
    return Delivery.objects.filter(pk__in=free).update(not_before=now, next_at=now)


def _in_vain(waiting: Iterable[Delivery], now: datetime) -> dict[int, list[int]]:
    """run → what waits of its call, if nothing else of it can reach anybody and somebody waits for an answer."""
    runs = list(EscalationRun.objects.running().filter(pk__in={row.run_id for row in waiting}))
    left, found = unreached.left_of(runs), {}
    for run in runs:
        rows = left.get(run.pk, [])
        queued = [row for row in rows if row.state == Delivery.State.QUEUED]
        behind = [row for row in queued if row.behind and (row.not_before or row.queued_at) <= now - SHORT]
        reached = any(row.state in (Delivery.State.SENT, Delivery.State.SENDING) for row in rows)
        informs = any(row.kind not in ASKING for row in rows)  # that waits as long as it is worth it
        follows = path.unreached(run.standing, now, why="") != run.standing
        if follows and not (reached or informs) and len(behind) == len(queued) > 0:
            found[run.pk] = [row.pk for row in behind]
    return found


def _given_up(runs: dict[int, list[int]]) -> Iterator[Delivery]:
    """Of each run all or nothing: somebody may be claiming one at this moment."""
    for pks in runs.values():
        free = Delivery.objects.filter(pk__in=pks, state=Delivery.State.QUEUED, behind=True)
        free = free.select_for_update(of=("self",), skip_locked=True).select_related("person", "run", "method")
        lost = list(free.order_by("id"))
        if len(lost) == len(pks):
            yield from lost


def _why(lost: Delivery) -> str:
    row = known().get(service_of(lost))
    return f"not tried any more: {row.reason}, several times in a row" if row else "not tried any more"


# --- what people see ------------------------------------------------------------------------------


def notices(now: datetime) -> Iterator[Notice]:
    """Whoever may not see every incident reads no host: it may be somebody's own."""
    away = _("%(service)s has not answered since {since}. Calls go by other ways, or to the next step.")
    untried = _("%(service)s did not answer when it was last tried, at {since}. Nothing has been sent by it since.")
    for row in Breaker.objects.away(now):
        tried = row.untried_since(now)
        text = away if tried is None else untried
        brief = text % {"service": ways.label_of(row.channel)}
        yield Notice(f"away_{row.pk}", text % {"service": row.name}, tried or row.since, discreet=brief)
