"""Promised times: how long each clock of an incident has run, when its time is used up, and who is told of it.

They stand still exactly while the clocks of the path do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from . import office
from .moment import Moment, late
from .organisation import Promise, Tries

if TYPE_CHECKING:
    from .desk import Case

KINDS = ("response", "update", "resolve")
RISK, BROKEN = "promise_risk", "promise_broken"
NOT_TOLD = 0  # by no call
# What has words of people, always; a call has if somebody gave a reason for it, facts if a severity was overruled, and
# a tick if the step did not work.
WRITTEN = {
    *("note", "attempt", "offered", "declined", "held", "decided", "absorbed", "advice_declined"),
    *("detached", "restricted", "unrestricted", "runbook_settled", "update_published"),
}
# Else it is looked again at what is to be said when one of these happens.
MOVES = {
    *("opened", "acknowledged", "accepted", "held", "woken", "maintenance_began", "maintenance_ended"),
    *("resolved", "reopened", RISK, BROKEN),
}


class Due(NamedTuple):
    """Something to be said of a promise."""

    at: datetime
    kind: str
    what: str
    term: Promise
    until: datetime


@dataclass(eq=False)
class Clock:
    began: datetime
    ran: list[tuple[datetime, datetime]] = field(default_factory=list)
    since: datetime | None = None  # it runs
    ended: datetime | None = None
    judged: Promise | None = None  # by which promise, once it has ended
    said: dict[str, int] = field(default_factory=dict)  # and in which of all calls
    update: int = 0  # the number of the update that began it, if one did
    unsaid: bool = False  # what began it counts no more

    def stop(self, at: datetime) -> None:
        if self.since is not None and self.since < at:
            self.ran.append((self.since, at))
        self.since = None

    def end(self, at: datetime, term: Promise | None) -> None:
        if self.ended is None:
            self.stop(at)
            self.ended, self.judged = at, term

    def goes_on_as(self, later: "Clock") -> None:
        """Without a break: what follows at once is one span, and a clock that is put back later takes all of it."""
        for begin, end in later.ran:
            joins = bool(self.ran) and self.ran[-1][1] == begin
            self.ran.append((self.ran.pop()[0], end) if joins else (begin, end))
        self.since = later.since
        if self.since is not None and self.ran and self.ran[-1][1] == self.since:
            self.since = self.ran.pop()[0]

    def used_up(self, term: Promise, percent: int = 100) -> datetime | None:
        """When so much of the time has passed, or will have if it runs on; None if it stands still before."""
        left = timedelta(minutes=term.minutes) * percent / 100
        for begin, end in self.ran:
            if (here := _passed(term, begin, end)) >= left:
                return _after(term, begin, left)
            left -= here
        return None if self.since is None else _after(term, self.since, left)


def _passed(term: Promise, begin: datetime, end: datetime) -> timedelta:
    return office.counted(end) - office.counted(begin) if term.office else end - begin


def _after(term: Promise, begin: datetime, amount: timedelta) -> datetime:
    return office.instant(office.counted(begin) + amount) if term.office else begin + amount


class Promised:
    """Of one incident."""

    def __init__(self) -> None:
        self.terms: dict[str, Promise] = {}
        self.earlier: list[Clock] = []  # of updates, since it was opened
        self.clocks: dict[str, Clock] = {}
        self.moot: set[int] = set()  # calls that need not be told any more
        self.withheld: set[int] = set()  # calls that did not leave, since the clocks stopped
        self.tries = Tries()
        self._still = False
        self._waits: datetime | None = None
        self._touched: datetime | None = None

    # --- what happens ------------------------------------------------------------------------

    def promise(self, terms: Mapping[str, Promise], now: datetime) -> None:
        """From now on, for all that has not ended; of which all may be said again."""
        self.terms, self._touched = dict(terms), now
        for clock in self.clocks.values():
            if clock.ended is None:
                self._is_moot(clock)

    def hear(self, m: Moment, kind: str, facts: Mapping[str, Any], *, person: bool) -> None:
        wrote = person and _has_words(kind, facts)
        if wrote or kind in MOVES:
            self._touched = m.now
        if kind == "opened":
            self.earlier = []
            for each in KINDS:
                self._begin(each, m.now)
        elif kind == "accepted" or (kind == "acknowledged" and facts["track"] == "functional"):
            self._end("response", m.now)
        elif kind == "resolved":
            for each in KINDS:
                self._end(each, m.now)
        elif kind == "reopened":
            self._reopened(m.now)
        elif kind in (RISK, BROKEN):
            self.clocks[facts["promise"]].said[kind] = NOT_TOLD
        elif kind == "update_withdrawn":
            for clock in (*self.earlier, self.clocks["update"]):
                if clock.update == facts["number"]:
                    self.unsay(m.now, clock)
        elif wrote and self.clocks["update"].ended is None:
            self.clocks["update"].stop(m.now)
            self.earlier.append(self.clocks["update"])
            self._begin("update", m.now)
            self.clocks["update"].update = facts["number"] if kind == "update_published" else 0

    def looked_at(self, now: datetime) -> None:
        """What is to be said next is seen anew: of what is late by now there is no warning any more."""
        self._touched = now

    def unsay(self, now: datetime, what: Clock) -> None:
        """What began it is taken back. The last that still counts has run all the time since, and is said anew."""
        clock = self.clocks["update"]
        if clock.ended is not None:
            return
        what.unsaid, self._touched = True, now
        while clock.unsaid and self.earlier:
            before = self.earlier.pop()
            self._is_moot(clock)
            before.goes_on_as(clock)
            before.ended = before.judged = None
            self.clocks["update"] = clock = before

    @property
    def stands_still(self) -> bool:
        return self._still

    def stands(self, now: datetime, *, still: bool) -> None:
        self._still = still
        for clock in self.clocks.values():
            if still:
                clock.stop(now)
            elif clock.ended is None and clock.since is None:
                clock.since = now

    def told(self, kind: str, what: str, call: int) -> None:
        """Somebody was; and who waits to be warned of what is late by now waits in vain."""
        said = self.clocks[kind].said
        said[what] = call
        if what == BROKEN and RISK in said:
            self.moot.add(said[RISK])

    def _is_moot(self, clock: Clock) -> None:
        """It has ended, or has other terms: what was said of it is of no account any more."""
        self.moot |= set(clock.said.values())
        clock.said = {}

    def _begin(self, kind: str, now: datetime) -> None:
        if kind in self.clocks:
            self._is_moot(self.clocks[kind])
        self.clocks[kind] = Clock(now, since=None if self._still else now)

    def _end(self, kind: str, now: datetime) -> None:
        self.clocks[kind].end(now, self.terms.get(kind))
        self.moot |= set(self.clocks[kind].said.values())  # one that goes on one day has said it

    def _reopened(self, now: datetime) -> None:
        self._still, self.earlier = False, []
        self._begin("response", now)
        self._begin("update", now)
        self.clocks["resolve"].ended, self.clocks["resolve"].since = None, now

    # --- what is so ---------------------------------------------------------------------------

    def term(self, kind: str) -> Promise | None:
        clock = self.clocks[kind]
        return clock.judged if clock.ended else self.terms.get(kind)

    @property
    def rows(self) -> dict[str, dict]:
        """Each promise that there is, as a row shows it."""
        found = {}
        for kind, clock in self.clocks.items():
            if (term := self.term(kind)) is not None:
                due = clock.used_up(term)
                found[kind] = {
                    "state": "met" if clock.ended else "running" if clock.since else "paused",
                    "minutes": term.minutes,
                    "began": clock.began,
                    "risk": clock.used_up(term, term.warn),
                    "due": due,
                    "ended": clock.ended,
                    "broken": due if clock.ended and due and due <= clock.ended else None,
                }
        return found

    def _next(self, kind: str, now: datetime) -> Due | None:
        """What is to be said of one next: a warning before it is late, then that it is."""
        clock, term = self.clocks[kind], self.term(kind)
        if term is None or clock.ended or clock.since is None or BROKEN in clock.said:
            return None
        risk, until = clock.used_up(term, term.warn), clock.used_up(term)
        assert risk is not None
        assert until is not None
        if risk < until and now < until and RISK not in clock.said:
            return Due(risk, kind, RISK, term, until)
        return Due(until, kind, BROKEN, term, until)

    def due(self, now: datetime) -> list[Due]:
        coming = (self._next(kind, now) for kind in self.clocks)
        return [one for one in coming if one is not None and one.at <= now]

    @property
    def waits(self) -> datetime | None:
        """When something is to be said next, as it was when it was last looked at."""
        if self._touched is not None:
            coming = [self._next(kind, self._touched) for kind in self.clocks]
            before, self._touched = self._waits, None
            self._waits = min((one.at for one in coming if one is not None), default=None)
            if self._waits != before:
                self.tries = Tries()
        return self._waits

    def fired(self, now: datetime) -> None:
        self._waits, self.tries, self._touched = None, Tries(), now


def _has_words(kind: str, facts: Mapping[str, Any]) -> bool:
    match kind:
        case "called":
            return bool(facts["reason"])
        case "facts":
            return "override" in facts
        case "runbook_ticked":
            return not facts["worked"]
    return kind in WRITTEN


class KeepsPromises:
    """What an incident has to do with them. ``self`` is a case."""

    def promise(self: "Case", now: datetime) -> None:
        """As admins promise it now, for what it is now; where nothing is promised to anybody, nothing more is."""
        terms = self.org.promised(self.service, self.severity)
        if self.org.promises or self.promised.rows:
            self.promised.promise(terms, now)
            self.withdraw_what_is_moot()

    def withdraw_what_is_moot(self: "Case") -> None:
        self.outbox.withdraw(self.promised.moot)
        self.promised.moot.clear()

    def stand(self: "Case", m: Moment, *, still: bool) -> None:
        """While the clocks stand still no warning leaves; when they go on, whoever has it then is told."""
        promised = self.promised
        promised.stands(m.now, still=still)
        if still:
            said = {call for clock in promised.clocks.values() for call in clock.said.values()}
            promised.withheld |= self.outbox.withdraw(said)
            return
        withheld, promised.withheld = promised.withheld, set()
        for kind, clock in promised.clocks.items() if withheld else ():
            what = BROKEN if BROKEN in clock.said else RISK
            if clock.ended is None and clock.said.get(what) in withheld:
                people = [self.run.holder] if self.run.holder else self.run.there(m)
                self.let_in(people=people)
                self.run.tell(m, people, what)
                promised.told(kind, what, self.outbox.calls)

    def say_what_is_due(self: "Case", m: Moment, due: list[Due]) -> None:
        """To whoever has the baton; else to those who are there of the step that it stands on."""
        run = self.run
        self.promised.fired(m.now)
        for one in due:
            people = [run.holder] if run.holder else run.there(m)
            said = {"promise": one.kind, "minutes": one.term.minutes, "until": one.until.isoformat(), "people": people}
            run.say(m, one.what, **said, late=late(m, one.at))
            self.let_in(people=people)
            run.tell(m, people, one.what)
            self.promised.told(one.kind, one.what, self.outbox.calls)
            self.withdraw_what_is_moot()
            if self.promised.stands_still:  # it was due just before
                self.promised.withheld |= self.outbox.withdraw({self.outbox.calls})
