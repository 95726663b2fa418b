"""The effort clock: how long whose hands were on an incident. Pure: entries in, intervals and sums out.

An interval is a person, the tier they worked at, when it began, when it ended and why. None is stored: the record
says all of it, so a sum can be made again by hand, and incidents of before this clock have theirs.

* The holder's begins when they take the baton (acknowledge, accept, or get what is being worked on by a
  reassignment). It ends when the baton leaves them, for whatever reason; so whoever escalates, and goes on, says so.
* A hold ends everybody's. When it wakes, the holder's begins again; others say so again. A hold that was taken back
  at once stopped nobody: whoever worked on it goes on.
* Resolving ends everybody's. Re-opening begins nobody's.
* Anybody may say "I work on it", and whoever works may say "I stopped". Leaving the page does nothing.

Two people for an hour are two hours: it counts hands. It is never the number of the work limit, which is time on
the wall since the baton was taken, without holds and maintenance. Ranges are half open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Why(StrEnum):
    """Why an interval ended."""

    HELD = "held"
    ESCALATED = "escalated"
    HANDED_OVER = "handed over"
    REASSIGNED = "reassigned"
    TAKEN_OVER = "taken over"
    RELIEVED = "relieved"  # off duty, or gone, when its clocks went on
    MOVED = "moved"  # goes on at another tier
    RESOLVED = "resolved"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Told:
    """What the clock hears of an entry."""

    at: datetime
    kind: str
    actor_id: int | None
    actor_name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Interval:
    person: int
    name: str
    tier: str
    began: datetime
    ended: datetime | None = None  # None: it runs
    why: Why | None = None


@dataclass(frozen=True)
class Sum:
    """What one person worked at one tier."""

    person: int
    name: str
    tier: str
    spent: timedelta
    runs: bool


class EffortClock:
    """Hears an incident's entries in their order."""

    def __init__(self) -> None:
        self.ended: list[Interval] = []
        self.running: dict[int, Interval] = {}
        self.holder: int | None = None
        self._holder_name = self._tier = ""
        self._taken = self._held = False
        self._interrupted: list[Interval] = []  # by the hold

    @property
    def intervals(self) -> list[Interval]:
        return sorted([*self.ended, *self.running.values()], key=lambda one: one.began)

    def hear(self, told: Told) -> None:
        handler = _HEARD.get(told.kind)
        if handler is not None:
            handler(self, told)

    # --- one for each kind of entry ---------------------------------------------------------

    def _called(self, told: Told) -> None:
        if told.data.get("track") != "functional":
            return
        self._leaves(told.at, Why.ESCALATED)
        self._taken = self._held = False
        self._tier = told.data.get("to") or ""

    def _acknowledged(self, told: Told) -> None:
        if told.data.get("track") == "functional":
            self._taken = True
            self._goes_to(told, told.actor_id, told.actor_name, told.data.get("tier"), Why.TAKEN_OVER)

    def _accepted(self, told: Told) -> None:
        self._taken, self._held = True, False
        self._goes_to(told, told.actor_id, told.actor_name, told.data.get("tier"), Why.HANDED_OVER)

    def _reassigned(self, told: Told) -> None:
        to = told.data.get("to")
        self._taken = self._taken and to is not None
        person, name = (to["id"], to["name"]) if to else (None, "")
        self._goes_to(told, person, name, told.data.get("tier"), Why.REASSIGNED)

    def _held_now(self, told: Told) -> None:
        self._held, self._interrupted = True, list(self.running.values())
        self._all_end(told.at, Why.HELD)

    def _woken(self, told: Told) -> None:
        self._goes_on(told)
        for one in self._interrupted if told.data.get("undoes") else ():
            self._begin(told.at, one.person, one.name, one.tier)

    def _maintenance_ended(self, told: Told) -> None:
        if not told.data.get("held_until"):  # else the hold lasts longer
            self._goes_on(told)

    def _resolved(self, told: Told) -> None:
        self._all_end(told.at, Why.RESOLVED)
        self.holder, self._taken, self._held = None, False, False

    def _began(self, told: Told) -> None:
        if told.actor_id is not None:
            self._begin(told.at, told.actor_id, told.actor_name, told.data.get("tier") or "")

    def _stopped(self, told: Told) -> None:
        self._end(told.at, told.actor_id, Why.STOPPED)

    # --- the baton and the hands ------------------------------------------------------------

    def _goes_on(self, told: Told) -> None:
        """The clocks go on, and whoever has the baton then works again if a hold had stopped them.

        The end of maintenance is also the end of a hold whose time came meanwhile.
        """
        resumes, self._held = self._held, False
        holder = _holder_of(told, self.holder)
        if holder is None or holder != self.holder:
            self._leaves(told.at, Why.RELIEVED)
            self._taken = False
        elif self._taken and resumes:
            self._begin(told.at, holder, self._holder_name, self._tier)

    def _goes_to(self, told: Told, person: int | None, name: str, tier: str | None, why: Why) -> None:
        if self.holder != person:
            self._leaves(told.at, why)
        self.holder, self._holder_name = person, name
        self._tier = tier or self._tier
        if person is not None and self._taken and not self._held:
            self._begin(told.at, person, name, self._tier)

    def _leaves(self, at: datetime, why: Why) -> None:
        self._end(at, self.holder, why)
        self.holder = None

    def _begin(self, at: datetime, person: int, name: str, tier: str) -> None:
        now = self.running.get(person)
        if now is not None and now.tier == tier:
            return
        self._end(at, person, Why.MOVED)
        self.running[person] = Interval(person, name, tier, at)

    def _end(self, at: datetime, person: int | None, why: Why) -> None:
        now = self.running.pop(person, None) if person is not None else None
        if now is not None and now.began < at:
            self.ended.append(replace(now, ended=at, why=why))

    def _all_end(self, at: datetime, why: Why) -> None:
        for person in list(self.running):
            self._end(at, person, why)


def _holder_of(told: Told, before: int | None) -> int | None:
    """Who has the baton when its clocks go on.

    Entries of before did not name them. Whoever had it was told, unless they were relieved or nobody was told.
    """
    if "holder" in told.data:
        return told.data["holder"] and told.data["holder"]["id"]
    people = {person["id"] for person in told.data.get("people") or []}
    return before if not people or before in people else None


_HEARD = {
    "called": EffortClock._called,
    "acknowledged": EffortClock._acknowledged,
    "accepted": EffortClock._accepted,
    "reassigned": EffortClock._reassigned,
    "held": EffortClock._held_now,
    "woken": EffortClock._woken,
    "maintenance_ended": EffortClock._maintenance_ended,
    "resolved": EffortClock._resolved,
    "began_work": EffortClock._began,
    "stopped_work": EffortClock._stopped,
}
KINDS = tuple(_HEARD)


def clock_of(entries: Iterable[Told]) -> EffortClock:
    clock = EffortClock()
    for told in entries:
        clock.hear(told)
    return clock


# --- sums -------------------------------------------------------------------------------------


def sums(intervals: Iterable[Interval], now: datetime) -> list[Sum]:
    """By person and tier, in the order in which they began. One person's time at one tier counts once."""
    groups: dict[tuple[int, str], list[Interval]] = {}
    for one in sorted(intervals, key=lambda one: one.began):
        groups.setdefault((one.person, one.tier), []).append(one)
    return [
        Sum(person, rows[-1].name, tier, _covered(rows, now), any(row.ended is None for row in rows))
        for (person, tier), rows in groups.items()
    ]


def total(intervals: Iterable[Interval], now: datetime) -> timedelta:
    return sum((one.spent for one in sums(intervals, now)), timedelta())


def later(intervals: Iterable[Interval], since: datetime | None) -> list[Interval]:
    """What of them lies after an instant."""
    if since is None:
        return list(intervals)
    return [replace(one, began=max(one.began, since)) for one in intervals if one.ended is None or one.ended > since]


def spent_by(person: int, intervals: Iterable[Interval], now: datetime, *, since: datetime | None = None) -> timedelta:
    """What one person worked, of late."""
    return total(later((one for one in intervals if one.person == person), since), now)


def minutes(spent: timedelta) -> int | None:
    """Whole minutes, a begun one for a whole; None if there was no time at all."""
    return -(-int(spent.total_seconds()) // 60) or None


def minutes_since(person: int, intervals: Iterable[Interval], now: datetime, since: datetime | None) -> int | None:
    """What one person worked since an instant, in minutes that add up: those said one after the other are together
    the whole, in which a begun minute counts once. None if there was no time at all."""
    mine = list(intervals)
    if not spent_by(person, mine, now, since=since):
        return None
    before = spent_by(person, mine, since) if since is not None else timedelta()
    return (minutes(spent_by(person, mine, now)) or 0) - (minutes(before) or 0)


def _covered(rows: Iterable[Interval], now: datetime) -> timedelta:
    """How much of the time these intervals cover; ``rows`` by their beginning."""
    spent, until = timedelta(), None
    for one in rows:
        end = min(one.ended or now, now)
        begin = one.began if until is None else max(one.began, until)
        if begin < end:
            spent += end - begin
            until = end
    return spent
