"""What schedules want told: rows of the outbox that belong to no climb, on the installation's own trail.

Nobody is woken to be asked for a swap, or to read that they are free: that goes by the ways that come first when it
is quiet, and waits for the end of quiet hours. Who is on call by it is told in time: if by those ways they would know
less than ``IN_TIME`` before it begins, it is loud; but nobody is rung twice within ``APART`` to hear the same. What has
not left is read and taken back under its rows' locks.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from escalation.kit.rows import insert_all
from escalation.notify import senders
from escalation.notify.plan import LOUD, QUIET, Leg, Reach, plan
from escalation.oncall.spans import Span
from escalation.oncall.telling import Telling, Word
from escalation.oncall.unsaid import Unsaid, change_in, time_in
from escalation.trail.models import Trail

from . import bell
from .models import Delivery
from .telling import reaches, row_by
from .work import cancel

IN_TIME = timedelta(hours=1)
APART = timedelta(hours=1)
_OF_DUTY = ("duty_on", "duty_off", "cover_ended", "swap_accepted")  # what says who is on call from when until when
_SAYS_ON = ("duty_on", "cover_ended", "swap_accepted")  # and that they are
_REACHES = (Delivery.State.QUEUED, Delivery.State.SENDING, Delivery.State.SENT)


def tell(telling: Telling, now: datetime) -> None:
    """Queue each word by its person's ways; stop what is no longer true. In the caller's transaction."""
    stopped = Q(cause__in=telling.no_longer)
    for cause, person in telling.no_longer_to:
        stopped |= Q(cause=cause, person=person)
    if telling.no_longer or telling.no_longer_to:
        cancel(Delivery.objects.filter(stopped, run__isnull=True), now)
    if not telling.words:
        return
    trail = Trail.objects.installation().pk
    known = reaches([word.person for word in telling.words])
    insert_all([row for word in telling.words for row in _rows(trail, telling.cause, word, known[word.person.pk], now)])
    bell.ring_after_commit()


def unsaid(schedule: int, people: Iterable[int]) -> list[Unsaid]:
    """What waits to leave for these people and says when they are on call by this schedule, in its order.

    Locked, so that it does not leave before the caller has decided; what somebody claims at this moment is leaving.
    """
    mine = Delivery.objects.filter(person__in=people, kind__in=_OF_DUTY, message__schedule=schedule)
    queued = mine.filter(state=Delivery.State.QUEUED).exclude(channel__in=senders.in_house())
    locked = {row.pk: row for row in queued.select_for_update(of=("self",), skip_locked=True).order_by("id")}
    waiting = {(row.cause, row.person_id): row for row in locked.values()}
    heard: set[tuple[str, int]] = set()
    others = Delivery.objects.filter(cause__in={cause for cause, _person in waiting}, person__in=people)
    for row in others.exclude(channel__in=senders.in_house()).only("cause", "person", "attempts", "state"):
        if row.pk not in locked or row.attempts:
            heard.add((row.cause, row.person_id))
    return [Unsaid(row.cause, row.person_id, row.kind, row.message, heard=key in heard) for key, row in waiting.items()]


def _rows(trail: int, cause: str, word: Word, reach: Reach, now: datetime) -> Iterator[Delivery]:
    legs, facts = plan(reach, urgency=QUIET, asks=False, now=now), word.facts
    quietly, begins = _leaves(legs, now), word.in_time
    soon = begins is not None and quietly > begins - IN_TIME
    if soon:
        facts = {**facts, "soon": True}
    if soon and word.outside and _rings(word, quietly, now):
        legs, facts = plan(reach, urgency=LOUD, asks=False, now=now), {**facts, "loud": True}
    elif not word.outside or (soon and begins is not None and begins < quietly):
        legs = [leg for leg in legs if leg.channel in senders.in_house()]
    about = {"trail_id": trail, "person_id": word.person.pk, "cause": cause, "kind": word.kind}
    return (row_by(leg, now, message=facts, **about) for leg in legs)


def _rings(word: Word, quietly: datetime, now: datetime) -> bool:
    """Whether they have to be rung to know it, or know it from a ring of the last hour.

    If they have read the opposite since, they are rung again, unless they read this in time as well, and ``quietly``.
    """
    told = Delivery.objects.filter(person=word.person, run=None, queued_at__gt=now - APART, state__in=_REACHES)
    told = told.filter(message__schedule=word.facts.get("schedule")).exclude(channel__in=senders.in_house())
    kinds = _SAYS_ON if word.kind in _SAYS_ON else (word.kind,)
    known = False
    for kind, facts in told.order_by("id").values_list("kind", "message"):
        change, time = change_in(facts), time_in(facts)
        if facts.get("loud") and kind in kinds and _holds(change.gains or filter(None, [time]), word.in_time):
            known = True
        elif known and _holds(change.loses, word.in_time):
            known = word.in_time is not None and quietly <= word.in_time
    return not known


def _holds(spans: Iterable[Span], at: datetime | None) -> bool:
    return at is not None and any(span.start <= at < span.end for span in spans)


def _leaves(legs: list[Leg], now: datetime) -> datetime:
    """When the last of what leaves the house does; what is on the desk nobody has seen yet."""
    return max((leg.at for leg in legs if leg.at is not None), default=now)
