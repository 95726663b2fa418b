"""The promise clock: hears an incident's entries in their order, and reads what is promised at an instant. Pure.

Nothing here is stored but what the record says, so it can be made again by hand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from escalation.oncall.spans import Span

from .cycle import Cycle, Kind, Reading, Say, State, Term, Told


class PromiseClock:
    """Hears an incident's entries in their order."""

    def __init__(self) -> None:
        self.past: list[Reading] = []  # cycles that others have followed, as they ended
        self.terms: dict[Kind, Term] = {}
        self.terms_seq = 0
        self._cycles: dict[Kind, Cycle] = {}
        self._before: list[Cycle] = []  # those of updates that the present one has followed
        self._stopped: set[str] = set()  # what stops them
        self._said: set[tuple[str, str]] = set()

    def hear(self, told: Told) -> None:
        self._promised(told)
        handler = _HEARD.get(told.kind)
        if handler is not None:
            handler(self, told)
        if told.wrote and told.kind not in _BEGIN and not self._reminds():
            self._updated(told)
        undone = told.data.get("undoes")
        if isinstance(undone, Mapping):
            self._take_back(told, lambda cycle: cycle.begun_by == undone.get("seq"))

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

    @property
    def stands_still(self) -> bool:
        return bool(self._stopped)

    @property
    def has_said(self) -> bool:
        return bool(self._said)

    def of_account(self, now: datetime) -> list[tuple[Reading, Say]]:
        """What was said last of each promise that is not kept yet, whoever has heard it."""
        open_ones = [one for one in self.readings(now) if one.state is not State.MET]
        found = ((one, what) for one in open_ones for what in (Say.BROKEN, Say.RISK) if self._has_said(one, what))
        moot = self.moot(now)
        return [(one, what) for one, what in found if (what, one.named(what)) not in moot]

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

    def _withdrawn(self, told: Told) -> None:
        number = told.data.get("number")
        self._take_back(told, lambda cycle: bool(cycle.update) and cycle.update == number)

    def _take_back(self, told: Told, which: Callable[[Cycle], bool]) -> None:
        """What began such a cycle counts as not said. If nothing stands since, the one before goes on."""
        cycle = self._cycles.get(Kind.UPDATE)
        if cycle is None or cycle.ended is not None:
            return  # what is over stays judged
        for one in (*self._before, cycle):
            one.unsaid = one.unsaid or which(one)
        while cycle.unsaid and self._before:
            before = self._before.pop()
            self.past = [one for one in self.past if (one.kind, one.cycle) != (Kind.UPDATE, before.seq)]
            before.goes_on_as(cycle, told.seq)
            self._cycles[Kind.UPDATE] = cycle = before

    def _was_said(self, told: Told) -> None:
        self._said.add((told.kind, str(told.data.get("name"))))

    # --- cycles ---------------------------------------------------------------------------------

    def _begin(self, kind: Kind, told: Told) -> None:
        self._end(kind, told.at)
        before = self._read(kind, told.at)
        if before is not None:
            self.past.append(before)
        if kind is Kind.UPDATE:
            over = told.kind in ("opened", "reopened")
            self._before = [] if over else [*self._before, self._cycles[kind]]
        update = told.data.get("number", 0) if told.kind == PUBLISHED else 0
        self._cycles[kind] = cycle = Cycle(told.seq, told.at, begun_by=told.seq, update=update)
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
WITHDRAWN = "update_withdrawn"
# Begin or end the update clock by themselves, or say why what was said does not stand.
_BEGIN = ("opened", "reopened", "resolved", PUBLISHED, WITHDRAWN)
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
    WITHDRAWN: PromiseClock._withdrawn,
    Say.RISK.value: PromiseClock._was_said,
    Say.BROKEN.value: PromiseClock._was_said,
}
MOVING = tuple(_HEARD)
KINDS = (*MOVING, "note_taken_back", "taken_back", "reassigned", "role_back")  # by which something may be taken back


def clock_of(entries: Iterable[Told]) -> PromiseClock:
    clock = PromiseClock()
    for told in entries:
        clock.hear(told)
    return clock


def stopped(spans: Sequence[Span]) -> list[Span]:
    """When a clock stood still between the spans in which it ran."""
    return [Span(before.end, after.start) for before, after in pairwise(spans)]
