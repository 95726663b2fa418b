"""The hours at which a layer is on: windows of the week, on the schedule's wall; and whether holidays count. Pure.

Admins write them, one window a line: ``Mon-Fri 09:00-17:00``, ``18:00-08:00`` (every day, past
midnight), ``Sat, Sun`` (whole days) or ``Fri 18:00 - Mon 08:00``. No line means always. A day is
that on which a window begins. Windows add up; where they touch they are one.

A holiday is on from its own beginning to its own end, whatever window runs into it: a night that begins on the
day before is cut at its midnight.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from .spans import Span, common, outside, union
from .wall import instant, shown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(?:mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d"
_TO = r"\s*[-–]\s*"
_DAYS = rf"{_DAY}(?:{_TO}{_DAY})?(?:\s*,\s*{_DAY}(?:{_TO}{_DAY})?)*"
_LONG = re.compile(rf"({_DAY})\s+({_TIME}){_TO}({_DAY})\s+({_TIME})", re.IGNORECASE)
_DAILY = re.compile(rf"(?:({_DAYS})\s+)?({_TIME}){_TO}({_TIME})", re.IGNORECASE)
_WHOLE = re.compile(rf"({_DAYS})", re.IGNORECASE)

_WEEK = 7 * 24 * 60  # minutes
_AROUND = timedelta(days=16)  # a week for the longest window, and one for those it touches


class Unreadable(ValueError):
    """A line that is no window. ``str()`` is the line."""


@dataclass(frozen=True)
class Window:
    """On from ``start`` on each such weekday (0 is Monday) to ``end``, ``days`` later."""

    weekday: int
    start: time
    end: time
    days: int = 0

    def on(self, day: datetime) -> tuple[datetime, datetime]:
        """The wall's times of the one that begins on ``day``."""
        return datetime.combine(day, self.start), datetime.combine(day + timedelta(days=self.days), self.end)

    @property
    def minutes(self) -> tuple[int, int]:
        """From Monday's midnight."""
        start = self.weekday * 24 * 60 + self.start.hour * 60 + self.start.minute
        return start, (self.weekday + self.days) * 24 * 60 + self.end.hour * 60 + self.end.minute


def always(windows: Iterable[Window]) -> bool:
    """Whether they leave no minute of the week out, or there are none."""
    on = [window.minutes for window in windows]
    covered = 0
    for start, end in sorted([*on, *((start - _WEEK, end - _WEEK) for start, end in on)]):
        if start > covered:
            return False
        covered = max(covered, end)
    return not on or covered >= _WEEK


def spans(windows: Sequence[Window], zone: tzinfo, since: datetime, until: datetime) -> list[Span]:
    """The spans that reach into [since, until), each whole. Not for windows that are ``always``."""
    first = shown(since - _AROUND, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    count = (shown(until + _AROUND, zone) - first).days + 1
    found: list[Span] = []
    for number in range(count):
        day = first + timedelta(days=number)
        for window in windows:
            if window.weekday == day.weekday():
                start, end = window.on(day)
                found.append(Span(instant(start, zone), instant(end, zone)))
    return [span for span in union(found) if span.end > since and span.start < until]


# --- holidays -------------------------------------------------------------------------------------


class OnHolidays(StrEnum):
    """Whether a layer is on during its schedule's holidays."""

    TOO = ""  # as on any other day
    ONLY = "only"
    NOT = "not"


def but_for(on: Sequence[Span], rule: OnHolidays, holidays: Sequence[Span]) -> list[Span]:
    """What the rule leaves of ``on``. Both are in order and without overlaps."""
    if not on or rule is OnHolidays.TOO:
        return list(on)
    first = bisect_right(holidays, on[0].start, key=lambda day: day.end)
    last = bisect_left(holidays, on[-1].end, key=lambda day: day.start)
    near = holidays[first:last]
    if rule is OnHolidays.ONLY:
        return common(on, near)
    return [left for span in on for left in outside(span, near)]


# --- as admins write them -------------------------------------------------------------------------


def read(text: str) -> tuple[Window, ...]:
    """The windows of ``text``; raises ``Unreadable``."""
    lines = [line.strip() for line in text.splitlines()]
    return tuple(dict.fromkeys(window for line in lines if line for window in _line(line)))


def _line(line: str) -> Iterator[Window]:
    if found := _LONG.fullmatch(line):
        yield _long(*found.groups())
    elif found := _DAILY.fullmatch(line):
        for day in _days(found[1]):
            yield _window(day, _minutes(found[2]), _minutes(found[3]), line)
    elif found := _WHOLE.fullmatch(line):
        for day in _days(found[1]):
            yield Window(day, time(), time(), days=1)
    else:
        raise Unreadable(line)


def _long(first: str, start: str, last: str, end: str) -> Window:
    begins, ends = _minutes(start), _minutes(end)
    days = (_day(last) - _day(first)) % 7
    if days == 0 and ends <= begins:
        days = 7
    if begins >= 24 * 60:
        raise Unreadable(f"{first} {start} - {last} {end}")
    return Window(_day(first), _time(begins), _time(ends), days + ends // (24 * 60))


def _window(day: int, begins: int, ends: int, line: str) -> Window:
    """An end that is not after the start is the next day's; the same time twice is a whole day."""
    if begins >= 24 * 60:
        raise Unreadable(line)
    if ends <= begins:
        ends += 24 * 60
    return Window(day, _time(begins), _time(ends), ends // (24 * 60))


def _days(text: str | None) -> list[int]:
    if text is None:
        return list(range(7))
    found: list[int] = []
    for part in text.split(","):
        first, *last = [_day(word) for word in re.split("[-–]", part)]
        found += [(first + n) % 7 for n in range((last[0] - first) % 7 + 1 if last else 1)]
    return list(dict.fromkeys(found))


def _day(word: str) -> int:
    return DAYS.index(word.strip().lower()[:3])


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    if int(hours) * 60 + int(minutes) > 24 * 60:
        raise Unreadable(text)
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
