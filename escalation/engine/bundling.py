"""Which messages leave, when, and which of them together: the claim of the outbox.

For one person and one of their ways out of the house:

- At most one talk at a time. What waits for the same person when a talk begins leaves as one
  message that lists it, worst first; at most ``MOST``, the urgent before all, the rest with the next.
- The first message leaves at once. A talk opens a window of ``BATON_BUNDLE_SECONDS``: what comes
  within it waits for the window's end, or for the end of the talk if that is later. Waiting is
  on the row: ``next_at`` is moved.
- A SEV1 message that asks somebody to act, and a call to the last resort, waits for neither and
  takes along what waits.
- What was claimed together stays together: ``bundle`` is the first one's id, committed before the
  talk. A retry, after a failure or a crash, is the same message under the first one's key, without
  what was answered meanwhile; nothing new joins it, and it minds no window.
- What the person's rules send later (``not_before``) gathers with nothing before its time.
- A bundle that a worker died of ``APART`` times is taken apart: should one of its messages be what
  kills, it takes no other with it.

- What a limit holds back (see ``limits``), or a service that does not answer (``breakers``), waits in the same way, and
  its row says why.

``BATON_BUNDLE_SECONDS=0`` ends all this but the limits: each message leaves alone and at once.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Max, PositiveBigIntegerField, Q, When

from escalation.kit import clock, failpoint
from escalation.notify import senders
from escalation.notify.message import ASKING

from . import journal, limits, lookout, probing
from .models import Delivery, Talk
from .waiting import LEASE, pending

LOST = "its worker died before it could say whether this was sent"  # also the mark to take it alone
APART = 3  # lost so often, each goes on alone
MOST = 500  # in one message
URGENT = 1  # severities so bad, or worse, wait for nothing
_LOOK = 200
_PORTION = 8  # lines locked at a time, so that another worker finds some too

Line = tuple[int, str, int]  # a person, a channel and one of their contact methods, or 0


@dataclass(frozen=True)
class Bundle:
    """Deliveries to one person by one way that leave as one message, worst first. Often only one.

    ``key`` and ``at`` (when it was queued) are the first one's, the same at every try, even if that
    one has been cancelled since. A talk begins before ``last_call``, in seconds of ``steady()``, or not at all:
    it must be over before the lease ends, and a worker may have stood still since it claimed.
    """

    key: str
    at: datetime
    deliveries: tuple[Delivery, ...]
    last_call: float
    watched: bool = False  # its service is in trouble
    probe: bool = False  # and this one alone may see whether it answers


@dataclass(frozen=True)
class _Part:
    """What may leave together: a bundle to be tried again, or (None) all that is new."""

    line: Line
    bundle: int | None
    due: tuple[Delivery, ...]

    @property
    def again(self) -> bool:
        return self.bundle is not None

    @property
    def urgent(self) -> bool:
        return any(is_urgent(delivery) for delivery in self.due)

    @property
    def own(self) -> Q:
        """The first of a bundle: one that leaves alone may not say so yet."""
        return Q() if self.bundle is None else Q(pk=self.bundle)

    @property
    def passes(self) -> bool:
        """The limit on what one person is told."""
        return any(limits.passes(delivery, severity(delivery)) for delivery in self.due)


def severity(delivery: Delivery) -> int:
    """1 to 5; 6 for a message that does not say."""
    said = delivery.message.get("severity") if isinstance(delivery.message, Mapping) else None
    return said if isinstance(said, int) and 1 <= said <= 5 else 6


def is_urgent(delivery: Delivery) -> bool:
    """Somebody must act, now."""
    return delivery.is_last or (delivery.kind in ASKING and severity(delivery) <= URGENT)


def worst_first(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The most severe first; among equals what asks somebody to act, then the oldest. Whatever is practised last."""
    return sorted(deliveries, key=_rank)


def _rank(one: Delivery) -> tuple[bool, int, bool, datetime, int]:
    drill = isinstance(one.message, Mapping) and bool(one.message.get("drill"))
    return drill, severity(one), one.kind not in ASKING, one.queued_at, one.pk


# --- claiming -------------------------------------------------------------------------------


def claim(limit: int, *, lost: bool = False) -> list[Bundle]:
    """Take up to ``limit`` due messages under a fresh lease, and hold back what has to wait.

    Two workers get disjoint sets, and never the same person's. ``lost`` ones, left behind by a
    worker that died, are taken only if asked for.
    """
    while due := _due(lost):  # outside the transaction: on SQLite look before taking the write lock
        if lookout.stopped():  # each time: a connection may lead to another database than the one before
            return []
        parts = _parts(due)
        _make_talks({part.line for part in parts})
        with transaction.atomic():
            claiming = _Claiming(limit, limits.Limits(part.line[1] for part in parts))
            claiming.go_through(parts)
            claiming.write()
        if claiming.taken:
            failpoint.reach("deliver.claimed")
            _remember(claiming.taken, claiming.now)
        if claiming.taken or not claiming.held:
            return claiming.taken
    return []


def _remember(taken: Sequence[Bundle], now: datetime) -> None:
    """Outside of the database too, before a word is said. The key that a bundle is sent under may be nobody's in it."""
    tries = [(row.idempotency_key, row.attempts) for bundle in taken for row in bundle.deliveries]
    known = {key for key, _attempt in tries}
    leads = [(bundle.key, 0) for bundle in taken if bundle.key not in known]
    journal.leaving(lookout.installation(), [*leads, *tries], now=now)


def _due(lost: bool) -> list[Delivery]:
    due = pending().filter(state=Delivery.State.QUEUED, next_at__lte=clock.now())
    due = due.filter(last_error=LOST) if lost else due.exclude(last_error=LOST)
    due = due.exclude(channel__in=senders.in_house())
    columns = ("person", "channel", "method", "bundle", "kind", "message", "run", "queued_at", "not_before")
    due = due.only(*columns).order_by("next_at", "id")
    found = list(due[:_LOOK])
    if len(found) == _LOOK:  # behind so many the urgent would wait for them
        asks = Q(kind__in=ASKING, message__severity__lte=URGENT)
        urgent = due.filter(Q(kind="last_resort") | Q(message__alone=True) | asks)[:_LOOK]
        found = list({row.pk: row for row in (*urgent, *found)}.values())
    return found


def _line(delivery: Delivery) -> Line:
    return delivery.person_id, delivery.channel, delivery.method_id or 0


def _parts(due: Sequence[Delivery]) -> list[_Part]:
    """What is due, by what may leave together: the urgent first, then as it came."""
    alone = settings.BUNDLE_SECONDS <= 0
    parts: dict[tuple[Line, int | None], list[Delivery]] = {}
    for delivery in due:
        bundle = delivery.pk if alone and delivery.bundle is None else delivery.bundle
        parts.setdefault((_line(delivery), bundle), []).append(delivery)
    found = [_Part(line, bundle, tuple(rows)) for (line, bundle), rows in parts.items()]
    return sorted(found, key=lambda part: not part.urgent)


def _make_talks(lines: set[Line]) -> None:
    """Rows for those who are told for the first time. Committed at once: two claims must not wait for each other's."""
    known = Talk.objects.filter(person__in={line[0] for line in lines}).values_list("person", "channel", "method")
    new = sorted(lines - set(known))
    talks = [Talk(person_id=person, channel=channel, method=method) for person, channel, method in new]
    Talk.objects.bulk_create(talks, ignore_conflicts=True)


class _Claiming:
    """One transaction: each part is taken, or held back, or left to another worker who is at that line."""

    def __init__(self, limit: int, limits: limits.Limits):
        self.limit, self.limits, self.breakers = limit, limits, probing.Breakers()
        self.claimed_at = clock.steady()  # before the lease begins
        self.now = clock.now()
        self.lease = secrets.token_hex(12)
        self.window = timedelta(seconds=settings.BUNDLE_SECONDS)
        self.began: dict[Line, datetime | None] = {}  # of the lines whose lock we hold: the last talk
        self.talks: dict[Line, int] = {}  # their rows
        self.busy: dict[Line, datetime] = {}  # talks that run, and when their lease ends
        self.taken: list[Bundle] = []
        self.held = 0

    def go_through(self, parts: Sequence[_Part]) -> None:
        for start in range(0, len(parts), _PORTION):
            portion = parts[start : start + _PORTION]
            self._lock({part.line for part in portion} - self.began.keys())
            for part in portion:
                if len(self.taken) == self.limit:
                    return
                if part.line in self.began:
                    self._decide(part)

    def _lock(self, lines: set[Line]) -> None:
        """The right to begin a talk, on those lines that nobody else is claiming for."""
        people, channels = {line[0] for line in lines}, {line[1] for line in lines}
        talks = Talk.objects.select_for_update(skip_locked=True).filter(person__in=people, channel__in=channels)
        for talk in talks:
            line = (talk.person_id, talk.channel, talk.method)
            if line in lines:
                self.began[line], self.talks[line] = talk.began_at, talk.pk
        sending = pending().filter(state=Delivery.State.SENDING, person__in=people, channel__in=channels)
        running = sending.filter(next_at__gt=self.now).order_by()
        ends = running.values_list("person", "channel", "method").annotate(Max("next_at"))
        self.busy |= {(person, channel, method or 0): end for person, channel, method, end in ends}

    def _decide(self, part: _Part) -> None:
        until = None if part.urgent else self._held_until(part)
        if until is not None:
            self.held += _hold(part, until)
            return
        person, channel, _method = part.line
        until = self.limits.until(person, channel, passes=part.passes, now=self.now)
        if until is not None:
            self.held += _hold(part, until, limited=True)
            return
        until = self.breakers.until(part.due, self.now)
        if until is not None:
            self.held += _hold(part, until, behind=True)
            return
        bundle = _gathered(part, self.claimed_at, self.now)
        if bundle is not None:
            breaker = self.breakers.of(bundle.deliveries[0])
            probe = breaker is not None and breaker.opened_at is not None
            self.taken.append(replace(bundle, watched=breaker is not None, probe=probe))
            self.limits.left(person, channel, self.now, until=self.now + LEASE)
            self.began[part.line], self.busy[part.line] = self.now, self.now + LEASE

    def write(self) -> None:
        """Lease, try and talk, for all that was taken: on record before a word is said."""
        rows = [row for bundle in self.taken for row in bundle.deliveries]
        if not rows:
            return
        lease_ends = self.now + LEASE
        change = {"state": Delivery.State.SENDING, "lease": self.lease, "next_at": lease_ends, "limited": False}
        change |= {"behind": False, "tried_at": self.now}
        # Each row in one statement. PostgreSQL checks the foreign keys of a row that is changed twice in one
        # transaction, at commit, and so would wait for heads while others wait for these rows.
        firsts = [
            When(pk__in=[row.pk for row in bundle.deliveries], then=bundle.deliveries[0].bundle)
            for bundle in self.taken
        ]
        first = Case(*firsts, output_field=PositiveBigIntegerField())
        taken = Delivery.objects.filter(pk__in=[row.pk for row in rows])
        taken.update(**change, attempts=F("attempts") + 1, bundle=first)
        for row in rows:
            row.attempts += 1
            for name, value in change.items():
                setattr(row, name, value)
        Talk.objects.filter(pk__in=[self.talks[_line(row)] for row in rows]).update(began_at=self.now)
        self.limits.write()

    def _held_until(self, part: _Part) -> datetime | None:
        """Until when ``part`` has to wait; None if it may leave."""
        if not self.window:
            return None
        began, busy = self.began[part.line], self.busy.get(part.line)
        # A talk of long ago, or of the future: the clock was put back.
        if not part.again and began is not None and abs(self.now - began) < self.window:
            return began + self.window
        return None if busy is None else min(busy, self.now + self.window)


def _hold(part: _Part, until: datetime, *, limited: bool = False, behind: bool = False) -> int:
    """They wait, and their rows say until when; but for those that somebody is cancelling at this moment."""
    rows = Delivery.objects.filter(pk__in=[one.pk for one in part.due], state=Delivery.State.QUEUED)
    rows = rows.filter(part.own | Q(bundle=part.bundle))
    free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=free).update(next_at=until, limited=limited, behind=behind)


def _gathered(part: _Part, claimed_at: float, now: datetime) -> Bundle | None:
    """Everything that leaves with ``part``, what was held back too; None if somebody answered meanwhile."""
    person, channel, method = part.line
    waiting = pending().filter(state=Delivery.State.QUEUED, person=person, channel=channel, method=method or None)
    waiting = waiting.filter(Q(not_before=None) | Q(not_before__lte=now))
    # A row that somebody is cancelling at this moment is not waited for.
    waiting = waiting.filter(part.own | Q(bundle=part.bundle)).select_for_update(of=("self",), skip_locked=True)
    waiting = waiting.select_related("person", "run", "method")
    found = {row.pk: row for row in waiting.order_by("id")[: MOST * 4]}
    if missed := [one.pk for one in part.due if one.pk not in found]:  # newer than all of these: it is why we go
        found |= {row.pk: row for row in waiting.filter(pk__in=missed)}
    rows = worst_first(sorted(worst_first(found.values()), key=lambda one: not is_urgent(one))[:MOST])
    if not rows:
        return None
    first = rows[0].pk if part.bundle is None else part.bundle
    for row in rows:
        row.bundle = first
    lead = next((row for row in rows if row.pk == first), None) or Delivery.objects.get(pk=first)
    last_call = claimed_at + (LEASE - timedelta(seconds=settings.SEND_SECONDS)).total_seconds()
    return Bundle(lead.idempotency_key, lead.queued_at, tuple(rows), last_call)
