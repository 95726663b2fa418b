"""A schedule in which several people are on call at once, as strands: schedules of one person at a time. Pure.

A turn of several is as many layers, in which whoever has the turn alone stands in each. Layers of one level are on
call together: each of them is the highest in a strand of its own, where those after it follow in a circle. Whichever
of them are on, each stands first in one strand and no strand has anybody else, so the strands together have exactly
those; and where none is, all have who is on at the next level.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .records import Cover, Layer, Schedule


@dataclass(frozen=True)
class Strand:
    """Of its layers the first is the highest; each of their turns is of one person or nobody.

    ``key`` tells it from the schedule's others, and stays the same when others come and go.
    """

    key: str
    name: str
    layers: tuple[Layer, ...]
    covers: tuple[Cover, ...]


def strands(schedule: Schedule) -> list[Strand]:
    """Covers of only some layers are for schedules of one level."""
    levels = _levels(schedule)
    count = max((len(level) for level in levels), default=1)
    rows = []
    for number in range(count):
        circles = [level[number % len(level) :] + level[: number % len(level)] for level in levels]
        if len(levels) == 1:
            circles = [circles[0][:1]]  # the others have strands of their own
        rows.append(tuple(layer for circle in circles for layer in circle))
    covers, beside = _shared_out(schedule, rows)
    names = _names(schedule.name, [row[0].name if row else "" for row in rows])
    keys = _keys([row[0].id if row else "" for row in rows])
    found = [Strand(keys[n], names[n], rows[n], tuple(covers[n])) for n in range(count)]
    return [*found, *_beside(schedule.name, beside)]


def _levels(schedule: Schedule) -> list[list[Layer]]:
    """By level, the highest first; turns of several parted."""
    by_level: dict[int, list[Layer]] = {}
    for layer in schedule.layers:
        by_level.setdefault(layer.level, []).extend(_parted(layer))
    return [by_level[level] for level in sorted(by_level) if by_level[level]]


def _parted(layer: Layer) -> Iterator[Layer]:
    for number in range(max((len(turn) for turn in layer.turns), default=0)):
        yield replace(layer, turns=tuple(turn[number : number + 1] or turn[:1] for turn in layer.turns))


def _shared_out(schedule: Schedule, rows: list[tuple[Layer, ...]]) -> tuple[list[list[Cover]], list[Cover]]:
    """The covers of each strand, of one person or nobody each; and who is left to come in addition."""
    found: list[list[Cover]] = [[] for _row in rows]
    beside: list[Cover] = []
    for cover in schedule.covers:
        wanted = set(cover.layers)
        mine = [n for n, row in enumerate(rows) if not wanted or (row and row[0].id in wanted)]
        if wanted and not mine:
            continue  # of layers that are over
        mine = [] if cover.beside else mine
        for place, number in enumerate(mine):
            person = cover.people[place : place + 1] or cover.people[:1]
            found[number].append(replace(cover, people=person, layers=()))
        beside += [replace(cover, people=(who,), layers=(), beside=True) for who in cover.people[len(mine) :]]
    return found, beside


def _beside(name: str, covers: list[Cover]) -> Iterator[Strand]:
    """Who comes in addition has strands that are otherwise empty: as many as there are of them at once."""
    rows: list[list[Cover]] = []
    for cover in sorted(covers, key=lambda one: one.start):
        row = next((row for row in rows if row[-1].end <= cover.start), None)
        if row is None:
            rows.append(row := [])
        row.append(cover)
    for place, row in enumerate(rows):
        more = f" {place + 1}" if place else ""
        yield Strand(f"beside.{place}", f"{name} (in addition{more})", (), tuple(row))


def _names(schedule: str, firsts: list[str]) -> list[str]:
    """After the layer that comes first; where several begin with layers of one name they are counted."""
    if len(firsts) == 1:
        return [schedule]
    gone: Counter[str] = Counter()
    names = []
    for first in firsts:
        gone[first] += 1
        more = f" {gone[first]}" if firsts.count(first) > 1 else ""
        names.append(f"{schedule} ({first}{more})")
    return names


def _keys(firsts: list[str]) -> list[str]:
    gone: Counter[str] = Counter()
    keys = []
    for first in firsts:
        keys.append(f"{first}.{gone[first]}")
        gone[first] += 1
    return keys
