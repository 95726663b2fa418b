"""Who is told by which ways, and when: what moves say, turned into rows of the outbox.

However many people one transaction tells, it asks once for all their ways and rules, and once for the calls
that new ones take over from.

**The same person in two steps**: when a call is not answered and the next step of the same round calls
somebody again, their chain goes on where it is. What it has queued stays, under its old key, and says what is new
if it was not tried yet; only the desk gets a message of its own. A new round, an answer, a hold or a
change from quiet to loud begins the chain anew; so does a call after one of which everything has failed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from escalation.kit.rows import update_all
from escalation.notify import senders, ways
from escalation.notify.message import ASKING
from escalation.notify.models import ContactMethod
from escalation.notify.plan import DESK, EMAIL, LOUD, Leg, Reach, Rule, plan, urgency_of
from escalation.notify.quiet import Quiet
from escalation.people.models import User

from .models import Delivery, EscalationRun

_ASKED = ("call", "assigned", "woken", "maintenance_over")  # each begins chains, or takes over from one
_LAST = (*_ASKED, "inform", "put_back")  # what came last decides whether there is a chain to go on
SILENCED = "maintenance began before it was sent"  # a chain cut so does not go on: the next call begins anew
_PENDING = (Delivery.State.QUEUED, Delivery.State.SENDING)
REACHED = {*_PENDING, Delivery.State.SENT}  # or may yet be
NOT_REACHED = (Delivery.State.FAILED, Delivery.State.UNKNOWN, Delivery.State.EXPIRED)


@dataclass(frozen=True)
class Telling:
    """One message to several people, as a move wants it told.

    ``goes_on``: it takes over from an unanswered call. ``once``: only to whom its cause has not told yet.
    ``alone``: to the last resort, in place of those who are not there.
    """

    run: EscalationRun
    epoch: int
    people: tuple[User, ...]
    kind: str
    cause: str
    message: dict[str, Any]
    goes_on: bool = False
    once: bool = False
    alone: bool = False

    @property
    def urgency(self) -> str:
        """By the severity; nobody is left after the last resort, so that is always loud."""
        return LOUD if self.alone or self.kind == "last_resort" else urgency_of(self.run.severity)


def not_told_yet(tellings: Sequence[Telling]) -> list[Telling]:
    """Without those whom a cause that tells nobody twice has told before, in this work or in another."""
    causes = {telling.cause for telling in tellings if telling.once}
    if not causes:
        return list(tellings)
    told = set(Delivery.objects.filter(cause__in=causes).values_list("cause", "person_id"))
    found = []
    for telling in tellings:
        if telling.once:
            people = tuple(person for person in telling.people if (telling.cause, person.pk) not in told)
            told.update((telling.cause, person.pk) for person in people)
            telling = replace(telling, people=people)
        found.append(telling)
    return found


# --- by which ways --------------------------------------------------------------------------


def reaches(people: Collection[User]) -> dict[int, Reach]:
    """What each of these people has settled, in one query."""
    zones = {person.pk: person.time_zone for person in people}
    found = ContactMethod.objects.kept().filter(person__in=zones)
    columns = ("person", "pk", "channel", "address", "verified_at", "rules__urgency", "rules__delay_minutes")
    nights = ("person__quiet_hours__begins", "person__quiet_hours__ends")
    order = ("rules__delay_minutes", "rules__position", "rules__pk", "pk")
    works = cache(lambda channel: not ways.why_not(channel))
    rules: dict[int, list[Rule]] = defaultdict(list)
    accounts: dict[int, int] = {}
    quiet: dict[int, Quiet] = {}
    for row in found.order_by(*order).values_list(*columns, *nights):
        person, method, channel, address, verified, urgency, minutes, begins, ends = row
        if channel == EMAIL and not address:
            accounts[person] = method
        if urgency is not None and verified is not None and works(channel):
            rules[person].append(Rule(urgency, timedelta(minutes=minutes), method, channel))
        if begins is not None:
            quiet[person] = Quiet(begins, ends)
    return {pk: Reach(tuple(rules[pk]), accounts.get(pk), quiet.get(pk), zone) for pk, zone in zones.items()}


def rows(tellings: Sequence[Telling], going_on: "GoingOn", now: datetime) -> Iterator[Delivery]:
    """The deliveries of all that is told, each person's in the order of their plan."""
    known = reaches({person for telling in tellings for person in telling.people})

    @cache
    def planned(person: int, urgency: str, asks: bool) -> list[Leg]:
        return plan(known[person], urgency=urgency, asks=asks, now=now)

    for telling in tellings:
        for person in telling.people:
            legs = planned(person.pk, telling.urgency, telling.kind in ASKING)
            if person.pk in going_on.people[telling.cause]:
                legs = [leg for leg in legs if leg.channel == DESK]
            yield from (_row(telling, person, leg, now) for leg in legs)


def _row(telling: Telling, person: User, leg: Leg, now: datetime) -> Delivery:
    return row_by(
        leg,
        now,
        trail_id=telling.run.trail_id,
        run_id=telling.run.pk,
        person_id=person.pk,
        cause=telling.cause,
        kind=telling.kind,
        epoch=telling.epoch,
        message=telling.message,
    )


def row_by(leg: Leg, now: datetime, **what: Any) -> Delivery:
    """A row of the outbox that leaves by this leg of somebody's plan."""
    return Delivery(
        channel=leg.channel,
        method_id=leg.method,
        n=leg.n,
        queued_at=now,
        not_before=leg.at,
        quiet=leg.quiet,
        fallback=leg.fallback,
        next_at=leg.at or now,
        **what,
    )


def let_out(runs: Iterable[EscalationRun], now: datetime) -> bool:
    """What waits for the end of quiet hours waits no longer once it is loud. A chain keeps its distances.

    A limit holds back no call that is loud: what asks and was not tried yet says how bad it is now, and passes. What is
    on the desk stays as it was called: by that is seen whether the next call begins anew.
    """
    loud = {run.pk: run for run in runs if urgency_of(run.severity) == LOUD}
    if not loud:
        return False
    waiting = Delivery.objects.filter(run__in=loud, state=Delivery.State.QUEUED, attempts=0)
    waiting = waiting.filter(Q(quiet=True) | Q(kind__in=ASKING)).exclude(channel__in=senders.in_house())
    found = list(waiting.select_for_update(skip_locked=True, no_key=True).order_by("not_before", "id"))
    first: dict[tuple[str, int], datetime] = {}
    for row in found:
        if row.quiet:
            planned = row.not_before or now
            row.next_at = row.not_before = now + (planned - first.setdefault((row.cause, row.person_id), planned))
        elif row.limited:
            row.next_at = now
        row.quiet = row.limited = False
        row.message = {**row.message, "severity": loud[row.run_id or 0].severity}
    update_all(found, ("next_at", "not_before", "quiet", "limited", "message"))
    return bool(found)


# --- chains that go on ------------------------------------------------------------------------


@dataclass
class GoingOn:
    """Chains that a new call does not begin anew: by its cause whose they are, and their rows that wait."""

    people: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    waiting: list[Delivery] = field(default_factory=list)

    def write(self) -> None:
        """What was not tried yet says what is new. A try that failed is repeated in its own words.

        All of it is of the new call: on how it ends depends whether that reached anybody.
        """
        untried = [row.pk for row in self.waiting if row.attempts == 0]
        free = Delivery.objects.filter(pk__in=untried, state=Delivery.State.QUEUED, attempts=0)
        free = free.select_for_update(skip_locked=True, no_key=True)  # not what somebody claims at this moment
        pks = set(free.values_list("pk", flat=True)) if untried else set()
        update_all([row for row in self.waiting if row.pk in pks], ("kind", "epoch", "message"))
        by_epoch: dict[int, list[int]] = defaultdict(list)
        for row in self.waiting:
            if row.pk not in pks:
                by_epoch[row.epoch].append(row.pk)
        for epoch, tried in by_epoch.items():
            Delivery.objects.filter(pk__in=tried).update(epoch=epoch)


def going_on(tellings: Sequence[Telling]) -> GoingOn:
    """Whose chains go on, in one query; in none if no call takes over from another."""
    found = GoingOn()
    new = {telling.run.pk: telling for telling in tellings if telling.goes_on}
    if not new:
        return found
    in_house = Q(channel__in=senders.in_house(), kind__in=_LAST)
    ends = (*_PENDING, Delivery.State.SENT, *NOT_REACHED)
    chained = Q(state__in=ends, kind__in=_ASKED, overtaken=False) & ~Q(channel__in=senders.in_house())
    cut = Q(state=Delivery.State.CANCELLED, kind__in=_ASKED, last_error=SILENCED)
    by_run = _earlier(Delivery.objects.filter(in_house | chained | cut, run__in=new))
    for run, telling in new.items():
        people = _asked_last(by_run[run], urgency_of(telling.run.severity))
        stay = people & {person.pk for person in telling.people}
        found.people[telling.cause] = stay
        for row in by_run[run]:
            if row.channel != DESK and row.state in _PENDING and row.person in stay:
                renewed = {"kind": telling.kind, "epoch": telling.epoch, "message": telling.message}
                found.waiting.append(Delivery(pk=row.pk, attempts=row.attempts, **renewed))
    return found


class _Earlier(NamedTuple):
    """What has to be known of a delivery of before; whole rows would cost a drain a tenth of its time."""

    pk: int
    run: int
    person: int
    channel: str
    cause: str
    kind: str
    epoch: int
    state: str
    attempts: int
    last_error: str
    severity: int | None


def _earlier(deliveries: QuerySet[Delivery]) -> dict[int, list[_Earlier]]:
    """By run, in their order."""
    by_run: dict[int, list[_Earlier]] = defaultdict(list)
    for row in deliveries.order_by("id").values_list(*_Earlier._fields[:-1], "message__severity"):
        earlier = _Earlier._make(row)
        by_run[earlier.run].append(earlier)
    return by_run


def _asked_last(deliveries: Sequence[_Earlier], urgency: str) -> set[int]:
    """Whom the last call of this run asked, if it was one, and as urgent.

    But nobody whom it can no longer reach, and nobody whom maintenance has cut off.
    """
    told = [row for row in deliveries if row.channel == DESK]
    last = told[-1] if told else None
    if last is None or last.kind not in _ASKED or _urgency(last.severity) != urgency:
        return set()
    states: dict[int, set[str]] = defaultdict(set)
    for row in deliveries:
        if row.channel != DESK and row.epoch == last.epoch:
            states[row.person].add(row.state)
    cut = {row.person for row in deliveries if row.last_error == SILENCED and row.epoch >= last.epoch}
    asked = {row.person for row in told if row.cause == last.cause}
    return {person for person in asked - cut if not in_vain(states[person])}


def in_vain(states: Collection[str]) -> bool:
    """Whether messages that ended, or wait, in these states have reached nobody: there were some, and all failed.

    One of which nobody knows whether it arrived counts as failed: it is no proof that somebody knows, and to call one
    person too many is better than to wait for nobody. So does one that expired.
    """
    return not REACHED.intersection(states) and any(state in NOT_REACHED for state in states)


def _urgency(severity: Any) -> str:
    return urgency_of(severity) if isinstance(severity, int) else ""
