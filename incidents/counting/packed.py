"""Days of incidents as bits and columns: packed for keeping, and joined for counting. Pure.

The incidents of a day are rows, numbered from 0. A *set* has a bit for each row; a *column* has a whole number for each
row, or for each line of a table that refers to rows. A ``Period`` joins the days in their order. Each begins at a whole
byte, so up to seven rows at the end of a day are nobody's: no set has them, and columns have 0 there.
"""

import json
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date
from functools import cached_property, reduce
from itertools import chain, compress
from operator import and_, sub
from typing import Any

_HEAD = struct.Struct("<I")
_WIDTHS = {"B": 1, "H": 2, "I": 4, "Q": 8}
SHARES = ("person", "hands_on", "calls", "night_calls")  # what a line for each person of each row says
SUMMED = ("person", "lines", "hands_on", "rang", "rang_at_night", "worked", "called", "night")  # one for each person
_AS_FLAGS, _AS_DIGITS = bytes.maketrans(b"01", b"\x00\x01"), bytes.maketrans(b"\x00\x01", b"01")
_FEW = 100_000  # a list of so many numbers is soon made
_OTHERS = bytes.maketrans(b"\x00\x01", b"\x01\x00")

Lines = Sequence[Sequence[int]]  # by the names of ``SHARES``


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
    return next(code for code, width in _WIDTHS.items() if most < 1 << 8 * width)


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
        self.body = packed
        (length,) = _HEAD.unpack_from(packed)
        at = _HEAD.size + length
        head = json.loads(packed[_HEAD.size : at])
        self.rows: int = head["rows"]
        self.words: list[Any] = head["words"]
        self.width = _bytes(self.rows)
        self._columns: dict[str, tuple[str, slice]] = {}
        for name, (code, count) in head["columns"].items():
            begin, at = at, at + count * _WIDTHS[code]
            self._columns[name] = code, slice(begin, at)
        self._sets: dict[str, int] = {name: at + place * self.width for place, name in enumerate(head["sets"])}
        self.at = self._sets.get  # where a set begins; None: it is empty

    def column(self, name: str) -> Sequence[int]:
        """As bytes if none is above 255: these are the fastest to look through."""
        if not self.rows:  # whatever was resolved then is open again, or was resolved later
            return b""
        code, place = self._columns[name]
        return self.body[place] if code == "B" else _unpacked(code, self.body[place])

    @property
    def sets(self) -> Iterable[str]:
        return self._sets.keys()

    def bits(self, name: str) -> bytes:
        at = self.at(name)
        return self.body[at : at + self.width] if at else bytes(self.width)

    def places(self, people: set[int] | None) -> list[slice]:
        """Where these people's lines are in the columns of ``shares``, or all."""
        if people is None:
            return [slice(None)]
        found, end = [slice(0, 0)], 0
        for person, lines in zip(self.column("had.person"), self.column("had.lines"), strict=True):
            begin, end = end, end + lines
            if person in people and found[-1].stop == begin:
                found[-1] = slice(found[-1].start, end)
            elif person in people:
                found.append(slice(begin, end))
        return found

    def cut(self, name: str, places: Iterable[slice]) -> list[Sequence[int]]:
        column = self.column(name)
        return [column[place] for place in places]

    def flagged(self, flags: bytes, places: Iterable[slice]) -> bytes:
        """Of the lines there, a flag for each: 1 if its row has one."""
        parts, every = self.cut("shares.row", places), 0 not in flags[: self.rows]
        return b"".join(b"\1" * len(rows) if every else bytes(map(flags.__getitem__, rows)) for rows in parts)

    def of(self, table: str, person: int, name: str = "row") -> Sequence[int]:
        """The rows that the table has for somebody, or what another column of it says of each."""
        who = self.column(f"{table}.person")
        return self.column(f"{table}.{name}")[bisect_left(who, person) : bisect_right(who, person)]


def _unpacked(code: str, packed: bytes) -> array:
    found = array(code, packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


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

    def without(self, other: "Had") -> "Had":
        return Had(*map(sub, astuple(self), astuple(other)))


def had(lines: Lines) -> dict[int, Had]:
    """What each person had, of lines that say what somebody had of one incident, column by column."""
    people, *amounts = lines
    counts = [Counter(compress(people, amount)) for amount in amounts]
    return _together([Counter(people), *(_summed(people, amount) for amount in amounts), *counts])


def _summed(keys: Sequence[int], numbers: Iterable[int]) -> Counter[int]:
    """Places in a list are added to sooner than those of a dictionary."""
    most = 255 if isinstance(keys, bytes) else max(keys, default=0)
    if most > _FEW:
        found = Counter[int]()
        for key, number in zip(keys, numbers, strict=True):
            found[key] += number
        return found
    sums = [0] * (most + 1)
    for key, number in zip(keys, numbers, strict=True):
        sums[key] += number
    return Counter({key: number for key, number in enumerate(sums) if number})


def _together(sums: Sequence[Mapping[int, int]]) -> dict[int, Had]:
    """``sums``: in the order of what ``Had`` says, by person. The first has everybody."""
    return {person: Had(*(one.get(person, 0) for one in sums)) for person in sums[0]}


class Period:
    """Days in their order, joined. Sets are integers with a bit for each row."""

    def __init__(self, days: Mapping[date, Day]):
        self.days = {day: days[day] for day in sorted(days)}
        self.width = sum(one.width for one in self.days.values())
        self._columns: dict[str, Sequence[int]] = {}

    @classmethod
    def unpacked(cls, packed: Mapping[date, bytes]) -> "Period":
        return cls({day: Day(body) for day, body in packed.items()})

    def places(self) -> Iterator[tuple[date, slice]]:
        """Where each day is in a set, in bytes."""
        begin = 0
        for day, one in self.days.items():
            yield day, slice(begin, begin := begin + one.width)

    @cached_property
    def every(self) -> int:
        return _whole(((1 << one.rows) - 1).to_bytes(one.width, "little") for one in self.days.values())

    def having(self, name: str) -> int:
        # As ``Day.bits``, without a call for each: a page asks for some fifty sets of hundreds of days.
        days = self.days.values()
        return _whole([one.body[at : at + one.width] if (at := one.at(name)) else bytes(one.width) for one in days])

    def where(self, name: str, value: int) -> int:
        """The rows where a column has this value."""
        column = self.column(name)
        if not isinstance(column, bytes):
            digits = bytes(map(value.__eq__, column)).translate(_AS_DIGITS)
        elif value < 256:
            digits = column.translate(b"0" * value + b"1" + b"0" * (255 - value))
        else:
            return 0
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

    def column(self, name: str) -> Sequence[int]:
        """As bytes if none is above 255."""
        found = self._columns.get(name)
        if found is None:
            parts = []
            for one in self.days.values():
                parts += [one.column(name), bytes(8 * one.width - one.rows)]
            found = self._columns[name] = _joined(parts)
        return found


def _joined(parts: Sequence[Sequence[int]]) -> Sequence[int]:
    if all(isinstance(part, bytes) for part in parts):
        return b"".join(parts)  # type: ignore[arg-type]
    return list(chain.from_iterable(parts))


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

    def sums(self, name: str, by: str) -> Counter[int]:
        """What a column of these comes to, by the numbers of another."""
        column = self.period.column(by)
        return _summed(type(column)(self.each(by)), self.each(name))  # type: ignore[call-arg]

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
        """What these people had of them, or all; those who had something. Of most of a period's lines, it is what they
        had of all without what they had of the others: lines are added up for each day, and there are fewer others."""
        days = [(one, flags, one.places(people)) for one, flags in self._days()]
        kept = b"".join(one.flagged(flags, places) for one, flags, places in days)
        if 2 * kept.count(1) <= len(kept):
            return had(self._lines(kept, days))
        every = self._had_of_all(people)
        for person, others in had(self._lines(kept.translate(_OTHERS), days)).items():
            every[person] = every[person].without(others)
        return {person: one for person, one in every.items() if one.lines}

    def _lines(self, kept: bytes, days: Iterable[tuple[Day, bytes, list[slice]]]) -> Lines:
        """Of the lines that are at those places of those days, those that are kept."""
        if 1 not in kept:
            return [()] * len(SHARES)
        return [
            list(compress(_joined([part for one, _flags, places in days for part in one.cut(name, places)]), kept))
            for name in (f"shares.{name}" for name in SHARES)
        ]

    def _had_of_all(self, people: set[int] | None) -> dict[int, Had]:
        days = self.period.days.values()
        who, *sums = (_joined([one.column(f"had.{name}") for one in days]) for name in SUMMED)
        found = _together([_summed(who, one) for one in sums])
        return {person: one for person, one in found.items() if people is None or person in people}

    def _days(self) -> Iterator[tuple[Day, bytes]]:
        for (_day, part), one in zip(self.period.places(), self.period.days.values(), strict=True):
            yield one, self.flags[8 * part.start : 8 * part.stop]


def _whole(parts: Iterable[bytes]) -> int:
    return int.from_bytes(b"".join(parts), "little")


def _hashable(words: Any) -> Any:
    return tuple(words) if isinstance(words, list) else words
