"""What the status page shows, from plain values. No Django, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PAST = timedelta(days=14)  # so long what is over is still told
AHEAD = timedelta(days=14)  # so early maintenance is announced
OVER = "resolved"  # the stage with which somebody says so


class State(StrEnum):
    """Of a component; a later one hides an earlier."""

    GOOD = "good"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    PARTLY_DOWN = "partly_down"
    DOWN = "down"


BY_BADNESS = list(State)


@dataclass(frozen=True)
class Part:
    """A component."""

    pk: int
    group: str
    name: str


@dataclass(frozen=True)
class Word:
    """An update, of an incident that may have been merged into another: ``root`` is where it goes on."""

    pk: int
    root: int
    at: datetime
    stage: str
    title: str = ""
    text: str = ""
    effect: State | None = None  # None: it says nothing of how bad it is
    parts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class End:
    """When an incident was resolved last; ``lasts`` unless it was re-opened."""

    at: datetime
    lasts: bool


@dataclass(frozen=True)
class Works:
    """Maintenance: its next stretch, or the one that is on."""

    pk: int
    text: str
    parts: frozenset[int]
    start: datetime
    end: datetime
    planned_at: datetime

    @property
    def announced_at(self) -> datetime:
        """Since when the page has told of it."""
        return max(self.planned_at, self.start - AHEAD)


@dataclass(frozen=True)
class Trouble:
    """An incident as the page tells it, the latest word first. The latest that says something of a thing counts."""

    pk: int
    words: Sequence[Word]
    over_at: datetime | None

    @property
    def title(self) -> str:
        return next((word.title for word in self.words if word.title), "")

    @property
    def effect(self) -> State:
        return next((word.effect for word in self.words if word.effect), State.DEGRADED)

    @property
    def parts(self) -> frozenset[int]:
        return next((word.parts for word in self.words if word.effect), frozenset())

    @property
    def began_at(self) -> datetime:
        return self.words[-1].at

    @property
    def changed_at(self) -> datetime:
        return self.words[0].at


@dataclass(frozen=True)
class Picture:
    parts: Sequence[Part]
    troubles: Sequence[Trouble]
    past: Sequence[Trouble]
    works: Sequence[Works]
    now: datetime

    def state(self, part: Part) -> State:
        return worst(self._states(part.pk))

    def _states(self, part: int) -> Iterable[State]:
        yield from (one.effect for one in self.troubles if part in one.parts)
        yield from (State.MAINTENANCE for one in self.works if part in one.parts and one.start <= self.now)

    def named(self, parts: frozenset[int]) -> list[str]:
        return [part.name for part in self.parts if part.pk in parts]


def worst(states: Iterable[State]) -> State:
    return max(states, key=BY_BADNESS.index, default=State.GOOD)


def draw(
    parts: Sequence[Part], words: Iterable[Word], ends: Mapping[int, End], works: Iterable[Works], now: datetime
) -> Picture:
    """``ends`` by root."""
    by_root = defaultdict(list)
    for word in words:
        by_root[word.root].append(word)
    told = [_trouble(root, said, ends.get(root)) for root, said in by_root.items()]
    told.sort(key=lambda one: (one.changed_at, one.pk), reverse=True)
    groups = list(dict.fromkeys(part.group for part in parts))  # in the order of their first components
    return Picture(
        parts=sorted(parts, key=lambda part: groups.index(part.group)),
        troubles=[one for one in told if one.over_at is None],
        past=[one for one in told if one.over_at is not None and one.over_at > now - PAST],
        works=sorted((one for one in works if one.start < now + AHEAD), key=lambda one: (one.start, one.pk)),
        now=now,
    )


def _trouble(root: int, words: list[Word], end: End | None) -> Trouble:
    words = sorted(words, key=lambda word: (word.at, word.pk), reverse=True)
    latest = words[0]
    if latest.stage == OVER:
        return Trouble(root, words, latest.at)
    if end is None or not (end.lasts or end.at >= latest.at):
        return Trouble(root, words, None)
    unsaid = Word(0, root, end.at, OVER)
    return Trouble(root, sorted([unsaid, *words], key=lambda word: word.at, reverse=True), end.at)
