"""The events of a calendar, series by series: what is wrong with one of them is not the others' fault. Pure.

An event that lasts until the year 9999, or has lasted since the year 1, is cut before it is worked out, because the
arithmetic of dates ends there: to the years that are asked for, whole ones, so that it is the same in the morning and
at night. One that is endless work is given up after so much of it (``effort``). Imports what only the process of
``reading`` needs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

import recurring_ical_events
from recurring_ical_events.selection.name import ComponentsWithName
from recurring_ical_events.series import Series

from . import effort

WRONG = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, IndexError)
_AROUND = timedelta(days=3)  # what has no zone is compared as if it were in another
_LONGEST_RULE = 2000  # characters; each day of a year has 1500
_STANDS_STILL = re.compile(r"INTERVAL=[+-]?0*(;|$)")


class LeftOut(Enum):
    """Why a series is."""

    UNCLEAR = "its dates cannot be understood"
    ENDLESS = "it is too much to work out"


class Event(NamedTuple):
    """As the file says it: a date is a whole day, and a time without a zone is meant on some wall."""

    start: date
    end: date
    title: str


class _Query(recurring_ical_events.CalendarQuery):
    suppressed_errors = WRONG


class _Series(Series):
    """One event with its repeats, which may be so much work and no more: to prepare it, and to find its dates."""

    endless = False

    def __init__(self, components: Sequence[Any]):
        rules = [rule.upper() for component in components for rule in component.rrules]
        if any(_STANDS_STILL.search(rule) for rule in rules):
            raise ValueError("a rule that comes again and again on one day")
        try:
            if any(len(rule) > _LONGEST_RULE for rule in rules):
                raise effort.TooMuch
            with effort.at_most(effort.MOST):
                super().__init__(components)
        except effort.TooMuch:
            self.endless = True

    def events(self, since: datetime, until: datetime) -> list[Event] | LeftOut:
        if self.endless:
            return LeftOut.ENDLESS
        try:
            with effort.at_most(effort.MOST):
                found = self.between(since - timedelta(days=1), until + timedelta(days=1))
                return [one for one in (_plain(each.as_component(False)) for each in found) if one is not None]
        except effort.TooMuch:
            return LeftOut.ENDLESS
        except WRONG:
            return LeftOut.UNCLEAR


def of(calendar: Any, since: datetime, until: datetime) -> Iterator[list[Event] | LeftOut]:
    """Each series' events that touch about [since, until), or why it is left out."""
    all_events = calendar.walk("VEVENT")
    first, last = (since - _AROUND).year, (until + _AROUND).year + 1
    for event in all_events:
        _cut(event, datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC))
    mine = [ComponentsWithName("VEVENT", series=_Series)]
    query = recurring_ical_events.of(calendar, components=mine, skip_bad_series=True, calendar_query=_Query)
    for _left_out in range(len({event.get("UID", id(event)) for event in all_events}) - len(query.series)):
        yield LeftOut.UNCLEAR
    for series in query.series:
        yield series.events(since, until)


def _plain(event: Any) -> Event | None:
    if str(event.get("STATUS", "")).strip().upper() == "CANCELLED":
        return None
    return Event(event.start, event.end, " ".join(str(event.get("SUMMARY", "")).split())[:200])


def _cut(event: Any, first: datetime, last: datetime) -> None:
    """To what lies between ``first`` and ``last``. A series keeps its beginning, from which it counts."""
    try:
        start, end = event["DTSTART"].dt, _end(event)
        comes_again = "RRULE" in event or "RDATE" in event
        earliest = datetime.min if comes_again else first
        begins = _within(start, earliest, last)
        ends = _within(end, earliest, last) if end is not None else None
        if begins != start:
            event["DTSTART"].dt = begins
        if ends is not None and (ends != end or begins != start):
            event.pop("DURATION", None)
            event.pop("DTEND", None)
            event.add("DTEND", ends)
    except WRONG:
        return  # told when it is worked out


def _end(event: Any) -> date | None:
    if "DTEND" in event:
        return event["DTEND"].dt
    if "DURATION" not in event:
        return None
    start, lasts = event["DTSTART"].dt, event["DURATION"].dt
    try:
        return start + lasts if isinstance(start, datetime) or not lasts.seconds else None
    except OverflowError:
        return datetime.max.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else date.max


def _within(at: date, first: datetime, last: datetime) -> date:
    """``at``, or the nearer end. Compared as the wall shows it: a zone is a matter of hours, and this one of years."""
    plain = at.replace(tzinfo=None) if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    if plain < first.replace(tzinfo=None):
        return _like(at, first)
    return _like(at, last) if plain > last.replace(tzinfo=None) else at


def _like(at: date, instant: datetime) -> date:
    """``instant`` as ``at`` is written: a day, a time on some wall, or one with a zone."""
    if not isinstance(at, datetime):
        return instant.date()
    return instant.astimezone(at.tzinfo) if at.tzinfo else instant.replace(tzinfo=None)
