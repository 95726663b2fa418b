"""Two courses of each incident, compared and counted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from .. import nights
from .playing import Course
from .recorded import Call, Record

ALIKE = timedelta(minutes=1)  # calls that far apart are the same one: the record has the engine's own lateness


@dataclass
class Had:
    """What one person had of it: calls, how many of them in the night where they live, and what they were told."""

    calls: int = 0
    night: int = 0
    told: int = 0


@dataclass
class Tally:
    """Of many courses."""

    calls: int = 0
    night: int = 0
    told: int = 0
    broken: int = 0
    exhausted: int = 0
    people: dict[int, Had] = field(default_factory=dict)

    def add(self, course: Course, night: "Nights") -> None:
        self.broken += course.broken
        self.exhausted += course.exhausted
        for call in course.calls:
            for person in call.people:
                had = self.people.setdefault(person, Had())
                if not call.asks:
                    had.told += 1
                    self.told += 1
                    continue
                dark = night.is_it(call.at, person)
                had.calls += 1
                had.night += dark
                self.calls += 1
                self.night += dark


class Nights:
    """Whether it is night where somebody lives. Asked twice of most calls: kept for the last few."""

    def __init__(self, zones: dict[int, str]):
        self._zones = zones
        self._known: dict[tuple[datetime, str], bool] = {}

    def is_it(self, at: datetime, person: int) -> bool:
        key = at, self._zones.get(person, "UTC")
        if key not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = nights.at_night(*key)
        return self._known[key]

    def of(self, course: Course) -> int:
        """How many of its calls that want an answer."""
        return sum(self.is_it(call.at, person) for call in course.calls if call.asks for person in call.people)


@dataclass(frozen=True)
class Difference:
    """An incident of which the edit changes the course. ``key``: the incident's."""

    key: int
    now: Course
    then: Course

    @property
    def weight(self) -> tuple[int, int, int]:
        """The most telling ones first: promises, then whether anybody was left to call, then calls."""
        now, then = self.now, self.then
        return abs(then.broken - now.broken), abs(then.exhausted - now.exhausted), abs(then.asked - now.asked)


def differs(now: Course, then: Course) -> bool:
    return (now.calls, now.answers, now.broken) != (then.calls, then.answers, then.broken)


def agrees(record: Record, course: Course) -> bool:
    """Whether the calls that were made are those that the present policy makes: the same people, in the same minute."""
    real = sorted(record.calls, key=lambda call: call.at)
    return len(real) == len(course.calls) and all(map(_alike, real, course.calls))


def _alike(one: Call, other: Call) -> bool:
    return abs(one.at - other.at) <= ALIKE and sorted(one.people) == sorted(other.people)


def usual(records: Iterable[Record]) -> dict[str, timedelta]:
    """How long each tier takes to answer: the median of those who did."""
    found: dict[str, list[timedelta]] = {}
    for record in records:
        for episode in record.episodes:
            for moment in (*episode.people, *episode.managers):
                if moment.answers and moment.wait is not None:
                    found.setdefault(moment.tier, []).append(moment.wait)
    return {tier: _median(waits) for tier, waits in found.items() if tier}


def _median(waits: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=round(median(wait.total_seconds() for wait in waits)))
