"""A stretch of time drawn as rows of bars: a month is rows of weeks, a week is rows of days. Pure.

A row is as wide as the time it holds, so that a day of 23 or 25 hours is drawn with its own hours; places
and widths are shares of the row, in per cent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from .wall import instant, shown

DAY = timedelta(days=1)
HEAD, FINAL, BELOW, PAD = 24, 36, 24, 5  # heights in a row: its marks, the final line, each layer, what lies between
MARKED = (3, 6, 9, 12, 15, 18, 21)  # the hours at which a day has a line


class Spanning(Protocol):
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


S = TypeVar("S", bound=Spanning)


@dataclass(frozen=True)
class Mark:
    """A line across a row: where a day begins, or an hour."""

    x: float
    at: datetime
    day: date | None = None  # it begins here
    here: bool = False  # today
    out: bool = False  # of another month
    width: float = 0.0
    hours: int = 24
    holiday: str = ""


@dataclass(frozen=True)
class Bar(Generic[S]):
    what: S
    x: float
    width: float
    begins: bool  # here, and not in an earlier row
    ends: bool


@dataclass(frozen=True)
class Lane(Generic[S]):
    y: int
    tall: int
    bars: list[Bar[S]]


@dataclass(frozen=True)
class Row(Generic[S]):
    start: datetime
    end: datetime
    marks: list[Mark]
    lanes: list[Lane[S]]  # the final one first, then those below
    now: float | None = None

    @property
    def holiday(self) -> bool:
        """Whether a day of it has a name to be written into it."""
        return any(mark.holiday for mark in self.marks)

    @property
    def height(self) -> int:
        return self.lanes[-1].y + self.lanes[-1].tall + PAD


@dataclass(frozen=True)
class Period:
    """What a page shows: its first day, the first day after it, and how many days a row has."""

    first: date
    last: date
    days: int
    month: date | None = None  # rows of weeks around this month

    @property
    def before(self) -> date:
        return (self.month - DAY).replace(day=1) if self.month else self.first - 7 * DAY

    @property
    def after(self) -> date:
        return (self.month + 31 * DAY).replace(day=1) if self.month else self.last


def month_of(at: date) -> Period:
    first = at.replace(day=1)
    following = (first + 31 * DAY).replace(day=1)
    end = following + (-following.weekday() % 7) * DAY
    return Period(first - first.weekday() * DAY, end, 7, first)


def week_of(at: date) -> Period:
    monday = at - at.weekday() * DAY
    return Period(monday, monday + 7 * DAY, 1)


def midnight(day: date, zone: tzinfo) -> datetime:
    return instant(datetime.combine(day, time()), zone)


def rows(
    period: Period,
    lanes: Sequence[Sequence[S]],
    zone: tzinfo,
    now: datetime,
    holidays: Mapping[date, str] = MappingProxyType({}),
) -> list[Row[S]]:
    found = []
    day = period.first
    while day < period.last:
        following = day + period.days * DAY
        row = _row(day, following, period, lanes, zone, now)
        found.append(replace(row, marks=[_named(mark, holidays) for mark in row.marks]))
        day = following
    return found


def _named(mark: Mark, holidays: Mapping[date, str]) -> Mark:
    title = holidays.get(mark.day, "") if mark.day else ""
    return replace(mark, holiday=title) if title else mark


def _row(
    day: date, following: date, period: Period, lanes: Sequence[Sequence[S]], zone: tzinfo, now: datetime
) -> Row[S]:
    start, end = midnight(day, zone), midnight(following, zone)
    marks = _days(day, following, period, zone, now) if period.days > 1 else _hours(day, zone, now)
    return Row(
        start,
        end,
        marks,
        [_lane(n, lane, start, end) for n, lane in enumerate(lanes)],
        _share(now, start, end) if start <= now < end else None,
    )


def _days(day: date, following: date, period: Period, zone: tzinfo, now: datetime) -> list[Mark]:
    start, end = midnight(day, zone), midnight(following, zone)
    today = shown(now, zone).date()
    found = []
    for n in range((following - day).days):
        one = day + n * DAY
        begins, over = midnight(one, zone), midnight(one + DAY, zone)
        out = period.month is not None and (one.year, one.month) != (period.month.year, period.month.month)
        x = _share(begins, start, end)
        hours = round((over - begins) / timedelta(hours=1))
        found.append(Mark(x, begins, one, one == today, out, _share(over, start, end) - x, hours))
    return found


def _hours(day: date, zone: tzinfo, now: datetime) -> list[Mark]:
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    hours = round((end - start) / timedelta(hours=1))
    found = [Mark(0.0, start, day, day == shown(now, zone).date(), False, 100.0, hours)]
    for hour in MARKED:
        at = instant(datetime.combine(day, time(hour)), zone)
        if start < at < end:
            found.append(Mark(_share(at, start, end), at))
    return found


def _lane(n: int, spans: Iterable[S], start: datetime, end: datetime) -> Lane[S]:
    bars = _bars(spans, start, end)
    return Lane(HEAD, FINAL, bars) if n == 0 else Lane(HEAD + FINAL + PAD + (n - 1) * (BELOW + PAD), BELOW, bars)


def _bars(spans: Iterable[S], start: datetime, end: datetime) -> list[Bar[S]]:
    found = []
    for span in spans:
        if span.start < end and span.end > start:
            x = _share(max(span.start, start), start, end)
            width = _share(min(span.end, end), start, end) - x
            found.append(Bar(span, x, width, span.start >= start, span.end <= end))
    return found


def _share(at: datetime, start: datetime, end: datetime) -> float:
    """In UTC: on a zone's own wall, differences are not elapsed time."""
    at, start, end = (one.astimezone(UTC) for one in (at, start, end))
    return round((at - start) / (end - start) * 100, 3)
