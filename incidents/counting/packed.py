"""Days of incidents as bits and columns: packed for keeping, and joined for counting. Pure.

The incidents of a day are rows, numbered from 0. A *set* has a bit for each row; a *column* has a whole number for each
row, or for each line of a table that refers to rows. A ``Period`` joins the days in their order. Each begins at a whole
byte, so up to seven rows at the end of a day are nobody's: no set has them, and columns have 0 there.
"""

import json
import struct
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, reduce
from itertools import compress
from operator import and_
from typing import Any

_HEAD = struct.Struct("<I")
_WIDTHS = (("B", 1), ("H", 2), ("I", 4), ("Q", 8))
SHARES = ("hands_on", "calls", "night_calls")  # what a line for each person of each row says
SUMMED = ("person", "lines", "hands_on", "rang", "rang_at_night", "worked", "called", "night")  # one for each person
_AS_FLAGS, _AS_DIGITS = bytes.maketrans(b"01", b"\x00\x01"), bytes.maketrans(b"\x00\x01", b"01")


@dataclass
class Sheet:
    """One day, before it is packed. ``words``: the texts that a column refers to by their places."""

    rows: int
    sets: dict[str, list[int]] = field(default_factory=dict)  # by name, the rows that are in it
    columns: dict[str, Sequence[int]] = field(default_factory=dict)
    words: list[Any] = field(default_factory=list)

    def pack(self) -> bytes:
        codes = {name: _width(numbers) for name, numbers in self.columns.items()}
        head = {
            "rows": self.rows,
            "words": self.words,
            "columns": {name: [codes[name], len(numbers)] for name, numbers in self.columns.items()},
            "sets": list(self.sets),
        }
        said = json.dumps(head, separators=(",", ":")).encode()
        columns = [struct.pack(f"<{len(numbers)}{codes[name]}", *numbers) for name, numbers in self.columns.items()]
        sets = [_bitmap(rows, _bytes(self.rows)) for rows in self.sets.values()]
        return b"".join((_HEAD.pack(len(said)), said, *columns, *sets))


def _width(numbers: Sequence[int]) -> str:
    most = max(numbers, default=0)
    return next(code for code, width in _WIDTHS if most < 1 << 8 * width)


def _bytes(rows: int) -> int:
    return (rows + 7) // 8


def _bitmap(rows: Iterable[int], length: int) -> bytes:
    found = bytearray(length)
    for row in rows:
        found[row >> 3] |= 1 << (row & 7)
    return bytes(found)


class Day:
    """A packed day. Nothing of it is taken apart before it is asked for."""

    def __init__(self, packed: bytes):
        self._body = packed
        (length,) = _HEAD.unpack_from(packed)
        at = _HEAD.size + length
        head = json.loads(packed[_HEAD.size : at])
        self.rows: int = head["rows"]
        self.words: list[Any] = head["words"]
        self.width = _bytes(self.rows)
        self._columns: dict[str, tuple[str, int]] = {}
        for name, (code, count) in head["columns"].items():
            form = f"<{count}{code}"
            self._columns[name] = form, at
            at += struct.calcsize(form)
        self._sets: dict[str, int] = {name: at + place * self.width for place, name in enumerate(head["sets"])}

    def column(self, name: str) -> tuple[int, ...]:
        if not self.rows:  # whatever was resolved then is open again, or was resolved later
            return ()
        form, at = self._columns[name]
        return struct.unpack_from(form, self._body, at)

    @property
    def sets(self) -> Iterable[str]:
        return self._sets.keys()

    def bits(self, name: str) -> bytes:
        at = self._sets.get(name)
        return bytes(self.width) if at is None else self._body[at : at + self.width]

    def table(self, name: str, columns: Iterable[str]) -> Iterator[tuple[int, ...]]:
        return zip(*(self.column(f"{name}.{column}") for column in columns), strict=True)

    def had(self, flags: bytes, people: set[int] | None) -> Iterator[tuple[int, Iterable[int], int]]:
        """Who had what of the rows with a flag, and with which sign; of these people, or of all. Of most of somebody's
        rows, all that they had that day without what they had of the others."""
        every = 0 not in flags[: self.rows]
        kept = b"" if every else bytes(map(flags.__getitem__, self.column("shares.row")))
        end = 0
        for person, lines, *sums in self.table("had", SUMMED):
            begin, end = end, end + lines
            if people is not None and person not in people:
                continue
            most = 2 * kept.count(0, begin, end) < lines
            if most:
                yield person, (lines, *sums), 1
            at = kept.find(not most, begin, end)
            while at >= 0:
                yield person, self._one(at), -1 if most else 1
                at = kept.find(not most, at + 1, end)

    def _one(self, at: int) -> tuple[int, ...]:
        hands_on, calls, night_calls = self._shares
        return of_one(hands_on[at], calls[at], night_calls[at])

    @cached_property
    def _shares(self) -> list[tuple[int, ...]]:
        return [self.column(f"shares.{name}") for name in SHARES]

    def of(self, table: str, person: int, name: str = "row") -> tuple[int, ...]:
        """The rows that the table has for somebody, or what another column of it says of each."""
        who = self.column(f"{table}.person")
        return self.column(f"{table}.{name}")[bisect_left(who, person) : bisect_right(who, person)]


@dataclass(slots=True)
class Had:
    """What a person had of some incidents: lines, seconds and calls, and of how many incidents each."""

    lines: int = 0
    hands_on: int = 0
    rang: int = 0
    rang_at_night: int = 0
    worked: int = 0
    called: int = 0
    night: int = 0

    def add(self, sums: Iterable[int], sign: int = 1) -> None:
        lines, hands_on, rang, rang_at_night, worked, called, night = sums
        self.lines += sign * lines
        self.hands_on += sign * hands_on
        self.rang += sign * rang
        self.rang_at_night += sign * rang_at_night
        self.worked += sign * worked
        self.called += sign * called
        self.night += sign * night


def of_one(hands_on: int, calls: int, night_calls: int) -> tuple[int, ...]:
    """What somebody had of one incident, to be added."""
    return 1, hands_on, calls, night_calls, int(hands_on > 0), int(calls > 0), int(night_calls > 0)


class Period:
    """Days in their order, joined. Sets are integers with a bit for each row."""

    def __init__(self, days: Mapping[date, bytes]):
        self.days = {day: Day(days[day]) for day in sorted(days)}
        self.width = sum(one.width for one in self.days.values())
        self._columns: dict[str, list[int]] = {}

    def places(self) -> Iterator[tuple[date, slice]]:
        """Where each day is in a set, in bytes."""
        begin = 0
        for day, one in self.days.items():
            yield day, slice(begin, begin := begin + one.width)

    @cached_property
    def every(self) -> int:
        return _whole(((1 << one.rows) - 1).to_bytes(one.width, "little") for one in self.days.values())

    def having(self, name: str) -> int:
        return _whole(one.bits(name) for one in self.days.values())

    def where(self, name: str, value: int) -> int:
        """The rows where a column has this value."""
        digits = bytes(map(value.__eq__, self.column(name))).translate(_AS_DIGITS)
        return int(digits[::-1] or b"0", 2) & self.every

    def of(self, table: str, person: int) -> int:
        """The rows that a table has for somebody."""
        return _whole(_bitmap(one.of(table, person), one.width) for one in self.days.values())

    def shared(self, person: int, name: str) -> int:
        """The rows of which somebody had some of this."""
        return _whole(
            _bitmap(compress(one.of("shares", person), one.of("shares", person, name)), one.width)
            for one in self.days.values()
        )

    def saying(self, name: str, place: int, word: str) -> int:
        """The rows where a column refers to words of which this is the one at ``place``."""
        found = []
        for one in self.days.values():
            said = [words[place] == word for words in one.words]
            found.append(_bitmap((row for row, at in enumerate(one.column(name)) if said[at]), one.width))
        return _whole(found)

    def column(self, name: str) -> list[int]:
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = []
            for one in self.days.values():
                found += one.column(name)
                found += (0,) * (8 * one.width - one.rows)
        return found


@dataclass(frozen=True)
class Rows:
    """Some of a period's rows, and what they came to."""

    period: Period
    among: int

    @cached_property
    def flags(self) -> bytes:
        """A byte for each row of the period, 1 where it is one of these."""
        digits = f"{self.among:0{8 * self.period.width}b}"[::-1].encode()
        return digits.translate(_AS_FLAGS)[: 8 * self.period.width]

    def of(self, *sets: int) -> "Rows":
        """Those of these that are in each of the sets."""
        return Rows(self.period, reduce(and_, sets, self.among))

    def count(self, name: str) -> int:
        """How many of these are in the set."""
        return (self.among & self.period.having(name)).bit_count()

    def each(self, name: str) -> Iterator[int]:
        """The column's number of each of these, in their order."""
        return compress(self.period.column(name), self.flags)

    def sums(self, name: str, by: str) -> dict[int, int]:
        """What a column of these comes to, by the numbers of another."""
        found: dict[int, int] = defaultdict(int)
        for key, number in zip(self.each(by), self.each(name), strict=True):
            found[key] += number
        return found

    def by_day(self) -> dict[date, int]:
        """How many each day has, where there are any."""
        body = self.among.to_bytes(self.period.width, "little")
        counts = ((day, int.from_bytes(body[part], "little").bit_count()) for day, part in self.period.places())
        return {day: count for day, count in counts if count}

    def words(self, name: str) -> Counter:
        """How many have each of the words that the column refers to."""
        found = Counter[Any]()
        for one, flags in self._days():
            for place, count in Counter(compress(one.column(name), flags)).items():
                found[_hashable(one.words[place])] += count
        return found

    def had(self, people: set[int] | None) -> dict[int, Had]:
        """What these people had of them, or all; those who had something."""
        found: dict[int, Had] = defaultdict(Had)
        for one, flags in self._days():
            for person, sums, sign in one.had(flags, people):
                found[person].add(sums, sign)
        return {person: had for person, had in found.items() if had.lines}

    def _days(self) -> Iterator[tuple[Day, bytes]]:
        for (_day, part), one in zip(self.period.places(), self.period.days.values(), strict=True):
            yield one, self.flags[8 * part.start : 8 * part.stop]


def _whole(parts: Iterable[bytes]) -> int:
    return int.from_bytes(b"".join(parts), "little")


def _hashable(words: Any) -> Any:
    return tuple(words) if isinstance(words, list) else words
