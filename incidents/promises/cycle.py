"""What is promised, what is heard of an entry, and one clock: a cycle that runs, stands still and ends. Pure.

A cycle is the entry that began it, and the spans of time in which it ran. Its terms say how much of that counts and
how much may pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
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
    """One promise at an instant. ``cycle`` and ``terms`` are the numbers of the entries that began and promised it.

    Of one that goes on since what had ended it was taken back, ``cycle`` is the entry that says so.
    """

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
class Cycle:
    seq: int
    began: datetime
    ran: list[Span] = field(default_factory=list)
    since: datetime | None = None  # it runs
    ended: datetime | None = None
    judged: tuple[Term | None, int] = (None, 0)  # by which terms, once it has ended
    begun_by: int = 0  # the entry, whatever it is called by
    update: int = 0  # the number of the published one that began it, if one did
    unsaid: bool = False  # what began it was taken back

    def go(self, at: datetime) -> None:
        self.since = at

    def stop(self, at: datetime) -> None:
        if self.since is not None and self.since < at:
            self.ran.append(Span(self.since, at))
        self.since = None

    def goes_on_as(self, later: "Cycle", seq: int) -> None:
        """What ended it counts as not said: all that ran since is its own. Under a new name, so it is said anew."""
        for span in later.ran:
            joins = self.ran and self.ran[-1].end == span.start
            self.ran.append(Span(self.ran.pop().start, span.end) if joins else span)
        self.since, self.ended, self.seq = later.since, None, seq
        if self.since is not None and self.ran and self.ran[-1].end == self.since:
            self.since = self.ran.pop().start

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
