"""The promise clock: hears an incident's entries in their order, and reads what is promised at an instant. Pure.

A clock is a cycle: the entry that began it, and the spans of time in which it ran. Its terms say how much of that
counts and how much may pass. Nothing here is stored but what the record says, so it can be made again by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from escalation.oncall.spans import Span

from .hours import Hours, advance, measure


class Kind(StrEnum):
    RESPONSE = "response"
    UPDATE = "update"
    RESOLVE = "resolve"


class Counts(StrEnum):
    """What an update is: anything that a person writes, or only what is published to those outside."""

    WRITTEN = "written"
    PUBLISHED = "published"


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"  # ended; in time if it is not broken


class Say(StrEnum):
    """What people are told of a promise, as the kinds of the entries that say so."""

    RISK = "promise_risk"
    BROKEN = "promise_broken"


@dataclass(frozen=True)
class Term:
    """What is promised: so many minutes, round the clock or of business time; a warning when ``warn`` % have passed.

    One of published updates is a reminder too: it is said again after each further interval without one.
    """

    kind: Kind
    minutes: int
    warn: int = 80
    hours: Hours | None = None
    counts: Counts = Counts.WRITTEN  # of updates

    @property
    def reminds(self) -> bool:
        return self.counts is Counts.PUBLISHED

    @property
    def limit(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def patience(self) -> timedelta:
        """How much may pass before somebody is warned."""
        return self.limit * self.warn / 100

    def plain(self) -> dict[str, Any]:
        hours = self.hours.plain() if self.hours else None
        found = {"kind": self.kind.value, "minutes": self.minutes, "warn": self.warn, "hours": hours}
        return found | ({"counts": self.counts.value} if self.reminds else {})

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Term":
        hours = Hours.of(plain["hours"]) if plain["hours"] else None
        counts = Counts(plain.get("counts", Counts.WRITTEN))
        return cls(Kind(plain["kind"]), plain["minutes"], plain["warn"], hours, counts)


@dataclass(frozen=True)
class Told:
    """What the clock hears of an entry. ``wrote``: a person wrote something in it."""

    seq: int
    at: datetime
    kind: str
    data: Mapping[str, Any]
    wrote: bool = False


@dataclass(frozen=True)
class Reading:
    """One promise at an instant. ``cycle`` and ``terms`` are the numbers of the entries that began and promised it."""

    term: Term
    cycle: int
    terms: int
    began: datetime
    ran: tuple[Span, ...]  # the last one is open while it runs, and ends at the instant of the reading
    state: State
    spent: timedelta
    due: datetime | None  # when its time is, or was, used up; None while it stands still, or if it ended before
    risk: datetime | None  # when so much has passed that somebody is warned
    ended: datetime | None = None
    broken: datetime | None = None  # ``due``, once that has come
    missed: int = 0  # updates in a row, of a term that reminds
    missed_at: datetime | None = None  # when the last of them was due
    again: datetime | None = None  # when one more will be

    @property
    def kind(self) -> Kind:
        return self.term.kind

    @property
    def left(self) -> timedelta:
        return max(self.term.limit - self.spent, timedelta())

    @property
    def name(self) -> str:
        """Of this cycle under these terms: what is said of it, is said once."""
        return f"{self.kind.value}:{self.cycle}:{self.terms}"

    def named(self, what: Say) -> str:
        """The same; that an update is missed is said of each."""
        return f"{self.name}:{self.missed}" if what is Say.BROKEN and self.missed > 1 else self.name


@dataclass
class _Cycle:
    seq: int
    began: datetime
    ran: list[Span] = field(default_factory=list)
    since: datetime | None = None  # it runs
    ended: datetime | None = None
    judged: tuple[Term | None, int] = (None, 0)  # by which terms, once it has ended

    def go(self, at: datetime) -> None:
        self.since = at

    def stop(self, at: datetime) -> None:
        if self.since is not None and self.since < at:
            self.ran.append(Span(self.since, at))
        self.since = None

    def read(self, term: Term, terms: int, now: datetime) -> Reading:
        spans = [*self.ran, *([Span(self.since, max(now, self.since))] if self.since is not None else [])]
        end = self.ended or now
        due, risk = self._passed(term, term.limit), self._passed(term, term.patience)
        spent = sum((measure(term.hours, *span) for span in spans), timedelta())
        missed = spent // term.limit if term.reminds else 0
        return Reading(
            term=term,
            cycle=self.seq,
            terms=terms,
            began=self.began,
            ran=tuple(spans),
            state=State.MET if self.ended else State.PAUSED if self.since is None else State.RUNNING,
            spent=spent,
            due=due,
            risk=risk,
            ended=self.ended,
            broken=due if due is not None and due <= end else None,
            missed=missed,
            missed_at=self._passed(term, term.limit * missed) if missed else None,
            again=self._passed(term, term.limit * (missed + 1)) if missed else None,
        )

    def _passed(self, term: Term, amount: timedelta) -> datetime | None:
        """When ``amount`` has passed of the time that counts: known, or as it will be if nothing happens."""
        for span in self.ran:
            here = measure(term.hours, *span)
            if here >= amount:
                return advance(term.hours, span.start, amount)
            amount -= here
        return advance(term.hours, self.since, amount) if self.since is not None else None


class PromiseClock:
    """Hears an incident's entries in their order."""

    def __init__(self) -> None:
        self.past: list[Reading] = []  # cycles that others have followed, as they ended
        self.terms: dict[Kind, Term] = {}
        self.terms_seq = 0
        self._cycles: dict[Kind, _Cycle] = {}
        self._stopped: set[str] = set()  # what stops them
        self._said: set[tuple[str, str]] = set()

    def hear(self, told: Told) -> None:
        self._promised(told)
        handler = _HEARD.get(told.kind)
        if handler is not None:
            handler(self, told)
        if told.wrote and told.kind not in _BEGIN and not self._reminds():
            self._updated(told)

    def readings(self, now: datetime) -> list[Reading]:
        """What is promised of the cycles that run, or ran last, in the order of the kinds."""
        found = (self._read(kind, now) for kind in Kind)
        return [reading for reading in found if reading is not None]

    def _read(self, kind: Kind, now: datetime) -> Reading | None:
        cycle = self._cycles.get(kind)
        if cycle is None:
            return None
        term, seq = cycle.judged if cycle.ended else (self.terms.get(kind), self.terms_seq)
        return cycle.read(term, seq, now) if term is not None else None

    def next_said(self, reading: Reading, now: datetime) -> tuple[Say, datetime] | None:
        """What is to be said next of a promise, and when; None if nothing is until something happens."""
        if reading.state is not State.RUNNING or reading.due is None:
            return None
        if self._has_said(reading, Say.BROKEN):
            return (Say.BROKEN, reading.again) if reading.again is not None else None
        warns = reading.risk is not None and reading.risk < reading.due and not self._has_said(reading, Say.RISK)
        if reading.risk is not None and warns and now < reading.due:
            return Say.RISK, reading.risk
        return Say.BROKEN, reading.missed_at or reading.due

    def warned(self, now: datetime) -> set[tuple[Kind, Say]]:
        """What was said of promises that are not kept yet. What is late has been at risk."""
        running = [one for one in self.readings(now) if one.state is not State.MET]
        said_late = {_miss(name)[0] for what, name in self._said if what == Say.BROKEN}  # of any update in a row
        late = {(one.kind, Say.BROKEN) for one in running if one.name in said_late}
        risk = {(one.kind, Say.RISK) for one in running if self._has_said(one, Say.RISK)}
        return late | risk | {(kind, Say.RISK) for kind, _late in late}

    def moot(self, now: datetime) -> list[tuple[Say, str]]:
        """What was said and is of no account any more: its clock has ended, it has other terms, or worse was said."""
        if not self._said:
            return []
        running = tuple(f"{one.name}:" for one in self.readings(now) if one.state is not State.MET)
        late = {name for what, name in self._said if what == Say.BROKEN}
        latest: dict[str, int] = {}
        for cycle, miss in map(_miss, late):
            latest[cycle] = max(miss, latest.get(cycle, 0))
        said = ((Say(what), name) for what, name in sorted(self._said))
        return [
            (what, name)
            for what, name in said
            if not f"{name}:".startswith(running)
            or (name in late if what is Say.RISK else _miss(name)[1] < latest[_miss(name)[0]])
        ]

    def _has_said(self, reading: Reading, what: Say) -> bool:
        return (what.value, reading.named(what)) in self._said

    def _reminds(self) -> bool:
        term = self.terms.get(Kind.UPDATE)
        return term is not None and term.reminds

    # --- one for each kind of entry -------------------------------------------------------------

    def _promised(self, told: Told) -> None:
        judged = told.data.get("severity")
        holder = told.data if told.kind == "opened" else judged if isinstance(judged, Mapping) else {}
        if "promised" in holder:
            terms, before = [Term.of(plain) for plain in holder["promised"]], self.terms.get(Kind.UPDATE)
            self.terms = {term.kind: term for term in terms}
            self.terms_seq = told.seq
            if self._reminds() and self.terms[Kind.UPDATE] != before:
                self._updated(told)  # nobody is reminded of what was not to be published before

    def _opened(self, told: Told) -> None:
        self._stopped = set()
        for kind in Kind:
            self._begin(kind, told)

    def _answered(self, told: Told) -> None:
        """The functional track's; a manager who answers has not taken it."""
        if told.kind == "accepted" or told.data.get("track") == "functional":
            self._end(Kind.RESPONSE, told.at)
        if told.kind == "accepted":
            self._goes_on("hold", told.at)

    def _called(self, told: Told) -> None:
        if told.data.get("track") == "functional":  # who escalates what is on hold ends the hold
            self._goes_on("hold", told.at)

    def _held(self, told: Told) -> None:
        self._stands_still("hold", told.at)

    def _woken(self, told: Told) -> None:
        self._goes_on("hold", told.at)

    def _maintenance_began(self, told: Told) -> None:
        if told.data.get("track") != "hierarchical":  # the work's own clocks go on for a moment more
            self._stands_still("maintenance", told.at)

    def _maintenance_ended(self, told: Told) -> None:
        if not told.data.get("held_until"):  # else the hold lasts longer
            self._stopped.discard("hold")
        self._goes_on("maintenance", told.at)

    def _resolved(self, told: Told) -> None:
        for kind in Kind:
            self._end(kind, told.at)
        self._stopped = set()

    def _reopened(self, told: Told) -> None:
        self._stopped = set()
        self._begin(Kind.RESPONSE, told)
        self._begin(Kind.UPDATE, told)
        resolve = self._cycles.get(Kind.RESOLVE)
        if resolve is not None and resolve.since is None:
            resolve.ended = None
            resolve.go(told.at)

    def _updated(self, told: Told) -> None:
        update = self._cycles.get(Kind.UPDATE)
        if update is not None and update.ended is None:
            self._begin(Kind.UPDATE, told)

    def _was_said(self, told: Told) -> None:
        self._said.add((told.kind, str(told.data.get("name"))))

    # --- cycles ---------------------------------------------------------------------------------

    def _begin(self, kind: Kind, told: Told) -> None:
        self._end(kind, told.at)
        before = self._read(kind, told.at)
        if before is not None:
            self.past.append(before)
        self._cycles[kind] = cycle = _Cycle(told.seq, told.at)
        if not self._stopped:
            cycle.go(told.at)

    def _end(self, kind: Kind, at: datetime) -> None:
        cycle = self._cycles.get(kind)
        if cycle is not None and cycle.ended is None:
            cycle.stop(at)
            cycle.ended = at
            cycle.judged = (self.terms.get(kind), self.terms_seq)

    def _stands_still(self, why: str, at: datetime) -> None:
        self._stopped.add(why)
        for cycle in self._cycles.values():
            cycle.stop(at)

    def _goes_on(self, why: str, at: datetime) -> None:
        self._stopped.discard(why)
        for cycle in self._cycles.values():
            if not self._stopped and cycle.ended is None and cycle.since is None:
                cycle.go(at)


def _miss(name: str) -> tuple[str, int]:
    """Of which cycle under which terms it is said, and of which update in a row: see ``Reading.named``."""
    *cycle, last = name.split(":")
    return (":".join(cycle), int(last)) if len(cycle) > 2 else (name, 1)


PUBLISHED = "update_published"  # the kind of entry that says that those outside were told
_BEGIN = ("opened", "reopened", "resolved", PUBLISHED)  # begin or end the update clock by themselves
_HEARD = {
    "opened": PromiseClock._opened,
    "called": PromiseClock._called,
    "acknowledged": PromiseClock._answered,
    "accepted": PromiseClock._answered,
    "held": PromiseClock._held,
    "woken": PromiseClock._woken,
    "maintenance_began": PromiseClock._maintenance_began,
    "maintenance_ended": PromiseClock._maintenance_ended,
    "resolved": PromiseClock._resolved,
    "reopened": PromiseClock._reopened,
    PUBLISHED: PromiseClock._updated,
    Say.RISK.value: PromiseClock._was_said,
    Say.BROKEN.value: PromiseClock._was_said,
}
KINDS = tuple(_HEARD)


def clock_of(entries: Iterable[Told]) -> PromiseClock:
    clock = PromiseClock()
    for told in entries:
        clock.hear(told)
    return clock


def stopped(spans: Sequence[Span]) -> list[Span]:
    """When a clock stood still between the spans in which it ran."""
    return [Span(before.end, after.start) for before, after in pairwise(spans)]
