"""Shifts that recur by a rule, as the turns of a layer. Pure.

Other products say "weekdays at nine, a week each"; a layer says "a turn lasts a week, from Monday at nine; on Mon-Fri
09:00-17:00". The way from one to the other is always the same: the rule is played for as long as it takes to repeat,
each day of that is given to whoever has it, and what then repeats sooner is made shorter. Since a rule can say things
that no layer can, the result is proved against the rule before anybody trusts it: ``layer`` gives none that would call
other people, or at other times, than the rule does.

Times are on the zone's wall and naive, as the rules mean them: a shift of eight hours from 22:00 ends at 06:00 in the
night that has seven or nine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from math import gcd, lcm
from zoneinfo import ZoneInfo

from dateutil import rrule

from escalation.oncall import restrictions, rotation, shifts
from escalation.oncall.spans import Span, union
from escalation.oncall.wall import instant, shown

from . import records, windows

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AHEAD = DAY * 400  # so far a layer is proved: summer time comes and goes in it
MOST_DAYS = 400  # of a pattern
MOST_SHIFTS = 20_000  # of one rule: further it is not played

People = tuple[str, ...]


class NotExpressible(ValueError):
    """No layer can say this. ``str()`` is why, for the report."""


@dataclass(frozen=True)
class Rule:
    """When shifts begin, and how long each is. ``who(n, start)`` have the n-th, which begins at ``start``.

    ``repeats`` is after how many days who has what begins anew; 0: that is not known.
    """

    start: datetime  # naive
    lasts: timedelta
    begins: Iterable[datetime]  # naive, from the first on
    who: Callable[[int, datetime], People]
    repeats: int = 0
    since: datetime | None = None  # off until then
    until: datetime | None = None  # off from then on

    def shifts(self, zone: ZoneInfo, until: datetime) -> Iterator[tuple[Span, People]]:
        """From the first to those that begin before ``until``, in UTC; cut to when the rule counts."""
        for number, start in enumerate(islice(self.begins, MOST_SHIFTS)):
            begins = instant(start, zone)
            if begins >= until or (self.until is not None and begins >= self.until):
                return
            ends = instant(start + self.lasts, zone)
            span = Span(begins if self.since is None else max(begins, self.since), ends)
            if span.start < span.end:
                yield span if self.until is None else _cut(span, begins, self.until), self.who(number, start)


def played(lines: Sequence[str], start: datetime, zone: ZoneInfo) -> rrule.rrule | rrule.rruleset:
    """The beginnings of shifts by these lines of an iCalendar, on the zone's wall; ``start`` is on it too."""

    def here(found: re.Match[str]) -> str:
        when = datetime.strptime(found[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"{shown(when, zone):%Y%m%dT%H%M%S}"

    text = "\n".join(lines)
    return rrule.rrulestr(re.sub(r"\b\d{8}T\d{6}Z", here, text), dtstart=start, ignoretz=True)


def repeats(days: int, shifts_in_them: int, cycle: int) -> int:
    """After how many days a cycle of so many shifts begins anew, if ``days`` have ``shifts_in_them``."""
    return days * (lcm(shifts_in_them, cycle) // shifts_in_them) if shifts_in_them and cycle else 0


def layer(rule: Rule, zone: ZoneInfo, now: datetime, *, id: str, name: str, level: int = 0) -> records.Layer:
    """The layer that has the same people at the same times from ``now`` on. Raises ``NotExpressible``."""
    if not timedelta() < rule.lasts <= DAY * 366:
        raise NotExpressible("its shifts have no length that a layer could have")
    if not 0 < rule.repeats <= MOST_DAYS:
        raise NotExpressible("no pattern of days is behind it")
    rule = replace(rule, until=_over(rule, zone, now + AHEAD))
    found = _turns(rule, zone, now, records.Layer(id, name, "days", 1, rule.start, (), level=level))
    _prove(rule, found, zone, now, now + AHEAD)
    return found


def _over(rule: Rule, zone: ZoneInfo, horizon: datetime) -> datetime | None:
    """When it is over: as it says, or after its last shift, if that is in sight."""
    last, count = None, 0
    for count, last in enumerate(islice(rule.begins, MOST_SHIFTS), 1):  # noqa: B007
        if instant(last, zone) > horizon:
            return rule.until
    if count == MOST_SHIFTS:
        raise NotExpressible("it has too many shifts")
    ends = rule.since or horizon if last is None else instant(last + rule.lasts, zone)
    return ends if rule.until is None else min(ends, rule.until)


def _turns(rule: Rule, zone: ZoneInfo, now: datetime, bare: records.Layer) -> records.Layer:
    days, weekdays = _by_day(rule)
    start = rule.start
    on: tuple[windows.Window, ...] = ()
    if rule.lasts % DAY:
        on = tuple(window(day, start.time(), rule.lasts) for day in sorted(weekdays))
        days = _filled(days, start, _touched(weekdays, rule.lasts))
    if rule.since is not None and rule.since > instant(start, zone):  # the first that counts
        late = -((start - shown(rule.since, zone)) // DAY)
        days = [days[(day + late) % len(days)] for day in range(len(days))]
        start += late * DAY
    edge = next((day for day in range(len(days)) if days[day] != days[day - 1]), 0)
    if (
        edge and instant(start + edge * DAY, zone) <= now
    ):  # from where somebody begins, turns are as long as they can be
        days, start = [*days[edge:], *days[:edge]], start + edge * DAY
    turns = _shortest(days)
    every = _run(turns)
    unit, length = ("weeks", every // 7) if every % 7 == 0 else ("days", every)
    return replace(
        bare, unit=unit, every=length, starts=start, turns=tuple(turns[::every]), windows=on, ends=rule.until
    )


def _prove(rule: Rule, found: records.Layer, zone: ZoneInfo, since: datetime, until: datetime) -> None:
    if rule.since is not None:
        since = max(since, rule.since)
    known = {people: number for number, people in enumerate(dict.fromkeys(found.turns), 1)}
    theirs: dict[int, list[Span]] = {number: [] for people, number in known.items() if people}
    for span, people in rule.shifts(zone, until):
        if people and span.end > since:
            theirs.setdefault(known.get(people, 0), []).append(_cut(span, since, until))
    ours: dict[int, list[Span]] = {number: [] for people, number in known.items() if people}
    for shift in shifts.final(shifts.Plan(zone.key, (_plain(found, known),)), since, until):
        ours[shift.person or 0].append(Span(shift.start, shift.end))
    if {who: union(spans) for who, spans in theirs.items()} != {who: union(spans) for who, spans in ours.items()}:
        raise NotExpressible("a layer would call people at other times")


def _plain(found: records.Layer, known: dict[People, int]) -> rotation.Layer:
    """For the proof: those who have a turn together are one."""
    return rotation.Layer(
        id=1,
        start=found.starts,
        seats=tuple(rotation.Seat(known[people] if people else None) for people in found.turns),
        unit=rotation.Unit(found.unit),
        every=found.every,
        windows=restrictions.read(windows.lines(found.windows)),
        ends=found.ends,
    )


def _cut(span: Span, since: datetime, until: datetime) -> Span:
    return Span(max(span.start, since), min(span.end, until))


# --- days ----------------------------------------------------------------------------------------


def _by_day(rule: Rule) -> tuple[list[People], set[int]]:
    """Who has each day of the pattern, each from the time of the first shift on; and on which weekdays shifts begin."""
    days: list[People | None] = [None] * rule.repeats
    weekdays: set[int] = set(range(7) if rule.repeats % 7 else ())
    covers = -(-rule.lasts // DAY)
    for number, begins in enumerate(islice(rule.begins, MOST_SHIFTS)):
        first = (begins - rule.start) // DAY
        if first >= rule.repeats:
            break
        if begins.time() != rule.start.time():
            raise NotExpressible("its shifts begin at several times of the day")
        weekdays.add(begins.weekday())
        for day in range(first, first + covers):
            if days[day % rule.repeats] is not None:
                raise NotExpressible("its shifts overlap")
            days[day % rule.repeats] = rule.who(number, begins)
    return [people or () for people in days], weekdays


def _touched(weekdays: set[int], lasts: timedelta) -> set[int]:
    """The weekdays on which a window is open."""
    return {(day + more) % 7 for day in weekdays for more in range(-(-lasts // DAY))}


def _filled(days: list[People], start: datetime, touched: set[int]) -> list[People]:
    """Days on which the layer is off anyway go on with whoever has the day before: turns of weeks come of it."""
    free = [(start.weekday() + day) % 7 not in touched for day in range(len(days))]
    if len(days) % 7 or all(free):
        return days
    filled = list(days)
    for day in [*range(len(days)), *range(len(days))]:
        if free[day] and not free[day - 1]:
            filled[day], free[day] = filled[day - 1], False
    return filled


def _shortest(days: Sequence[People]) -> list[People]:
    """As much of it as is repeated."""
    for length in range(1, len(days) // 2 + 1):
        if len(days) % length == 0 and list(days[:length]) * (len(days) // length) == list(days):
            return list(days[:length])
    return list(days)


def _run(days: Sequence[People]) -> int:
    """The longest turn of which all runs are made, in days. One who is always there has weeks."""
    edges = [day for day in range(1, len(days)) if days[day] != days[day - 1]]
    return gcd(len(days), *edges) if len(days) > 1 else 7


def window(weekday: int, start: time, lasts: timedelta) -> windows.Window:
    """From that weekday (0 is Monday) and time, so long on the wall."""
    if start.second or start.microsecond or lasts % MINUTE or not timedelta() < lasts <= 7 * DAY:
        raise NotExpressible("its hours are not in whole minutes of a week")
    return windows.Window((weekday * 24 + start.hour) * 60 + start.minute, lasts // MINUTE)
