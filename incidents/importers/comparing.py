"""Who is on call in the old system and here: asked around every hand-off of either, and what differs. Pure.

A schedule is asked a minute before, at and a minute after each instant at which anything could change, on either side.
Between two such instants nothing changes, so what was asked is all there is to know.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

AHEAD = timedelta(days=60)
_MINUTE = timedelta(minutes=1)

Who = frozenset[str]


class Calendar(Protocol):
    """The old system's own calendar, as its documents say. Schedules and people are the ids of the records."""

    def on_call(self, schedule: str, at: datetime) -> Who: ...

    def changes(self, schedule: str, since: datetime, until: datetime) -> Iterable[datetime]:
        """Every instant in between at which it could be somebody else; more than that do no harm."""
        ...


@dataclass(frozen=True)
class Difference:
    """From ``start`` to ``end`` (the last instant asked) it was ``there`` and is ``here``."""

    schedule: str
    start: datetime
    end: datetime
    there: Who
    here: Who


@dataclass(frozen=True)
class Here:
    """A schedule of the old system as it is here: spans of people, by whatever number of schedules."""

    name: str
    spans: Sequence[tuple[datetime, datetime, str]]

    @property
    def edges(self) -> Iterator[datetime]:
        for start, end, _who in self.spans:
            yield from (start, end)


def differences(
    old: Calendar,
    here: Mapping[str, Here],
    called: Callable[[str], str],
    *,
    since: datetime,
    until: datetime,
) -> tuple[list[Difference], int]:
    """What differs, in order, and how many instants were asked. ``called``: the name here of somebody there."""
    found: list[Difference] = []
    asked = 0
    for schedule, ours in here.items():
        probes = _probes([*old.changes(schedule, since, until), *ours.edges], since, until)
        asked += len(probes)
        found += _merged(
            Difference(ours.name, at, at, there, now)
            for at, there, now in _answers(old, schedule, ours, called, probes)
        )
    return found, asked


def _probes(edges: Iterable[datetime], since: datetime, until: datetime) -> list[datetime]:
    around = {edge + off for edge in edges for off in (-_MINUTE, timedelta(0), _MINUTE)} | {since}
    return sorted(at for at in around if since <= at < until)


def _answers(
    old: Calendar, schedule: str, ours: Here, called: Callable[[str], str], probes: Iterable[datetime]
) -> Iterator[tuple[datetime, Who, Who]]:
    spans = sorted(ours.spans)
    active: list[tuple[datetime, datetime, str]] = []
    ahead = 0
    for at in probes:  # in order: what has begun and not ended is all that is looked through
        while ahead < len(spans) and spans[ahead][0] <= at:
            active.append(spans[ahead])
            ahead += 1
        active = [span for span in active if span[1] > at]
        there = frozenset(called(who) for who in old.on_call(schedule, at))
        yield at, there, frozenset(who for _start, _end, who in active)


def _merged(answers: Iterable[Difference]) -> list[Difference]:
    """Those that follow each other and are the same are one; where both agree is none."""
    found: list[Difference] = []
    open_one: Difference | None = None
    for one in answers:
        same = open_one is not None and (open_one.there, open_one.here) == (one.there, one.here)
        if one.there == one.here:
            open_one = None
        elif same and open_one is not None:
            open_one = found[-1] = Difference(one.schedule, open_one.start, one.end, one.there, one.here)
        else:
            found.append(one)
            open_one = one
    return found
