"""Who was there for each step, at any instant of the past. Pure: shifts are reckoned once and looked up."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .rungs import Seats

WAITS = timedelta(days=7)  # so far a step waits for the next shift


class Turns:
    """One schedule: who is on call from when to when, in order, without overlaps."""

    def __init__(self, turns: Sequence[tuple[datetime, datetime, int]]):
        self._turns = turns
        self._starts = [start for start, _end, _person in turns]

    def at(self, now: datetime) -> int | None:
        number = bisect_right(self._starts, now) - 1
        return self._turns[number][2] if number >= 0 and now < self._turns[number][1] else None

    def coming(self, now: datetime) -> datetime | None:
        """When the next turn begins, soon enough."""
        number = bisect_right(self._starts, now)
        at = self._starts[number] if number < len(self._starts) else None
        return at if at is not None and at < now + WAITS else None


@dataclass(frozen=True)
class Chair:
    """Whom one step calls: people by name or by team, schedules, and who if nobody is there."""

    people: tuple[int, ...] = ()
    rotas: tuple[Turns, ...] = ()
    fallback: tuple[int, ...] = ()
    awaits: bool = False

    def at(self, now: datetime) -> Seats:
        there = [person for rota in self.rotas if (person := rota.at(now)) is not None]
        people = tuple(dict.fromkeys([*self.people, *there]))
        coming = None
        if not people and self.awaits:
            coming = min(filter(None, (rota.coming(now) for rota in self.rotas)), default=None)
        return Seats(people, self.fallback, next_at=coming)


class Seating:
    """The chairs of one path by their steps' numbers; below nought those whom its rules inform."""

    def __init__(self, chairs: Mapping[int, Chair]):
        self._chairs = chairs
        self._fixed = {n: chair.at(datetime.min) for n, chair in chairs.items() if not chair.rotas}

    def __call__(self, now: datetime) -> Mapping[int, Seats]:
        return self._fixed if len(self._fixed) == len(self._chairs) else _Then(self._fixed, self._chairs, now)


class _Then(Mapping[int, Seats]):
    """The seats at one instant, looked up when they are asked for."""

    def __init__(self, fixed: Mapping[int, Seats], chairs: Mapping[int, Chair], now: datetime):
        self._fixed, self._chairs, self._now = fixed, chairs, now

    def __getitem__(self, number: int) -> Seats:
        return self._fixed[number] if number in self._fixed else self._chairs[number].at(self._now)

    def __iter__(self) -> Iterator[int]:
        return iter(self._chairs)

    def __len__(self) -> int:
        return len(self._chairs)
