"""A schedule of Grafana OnCall's as a record. Pure.

Its shifts have levels, and those of the highest that are on are on call together: layers of one level, as records have
them. Overrides are above all. Where one shift recurs as no layer can (see ``recurring``), the whole schedule comes over
shift by shift: only together do levels make sense.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from escalation.oncall.spans import Span
from escalation.oncall.wall import instant, shown

from .. import recurring
from ..plain import Odd, needed, number, text, zone
from ..plain import instant as instant_of
from ..records import Cover, Layer, Level, Schedule
from ..recurring import DAY, NotExpressible, People
from .gathering import elsewhere

Raw = dict[str, Any]
Said = list[tuple[Level, str]]
Shifts = Iterable[tuple[Span, People]]
YEAR = 366 * DAY
MEMORY = 400 * DAY  # so long are the longest shifts
ALONE = "Comes over shift by shift, until {until:%Y-%m-%d}: {why}. Make layers of it before."


def read(raw: Raw, shifts: Sequence[Raw], now: datetime) -> tuple[Schedule, Said]:
    """With what is to be said of it. ``shifts`` are its own."""
    said: Said = []
    until = now + YEAR
    id, name, team = needed(raw, "id"), text(raw, "name"), text(raw, "team_id")
    if elsewhere(raw) and "final_shifts" not in raw:
        raise Odd("It does not come over: OnCall was not heard on what it has read in the calendar elsewhere.")
    parts = [_Part(one, text(raw, "time_zone") or "UTC") for one in shifts]
    zone = _zone(parts, text(raw, "time_zone") or "UTC")
    layers: tuple[Layer, ...] = ()
    try:
        if elsewhere(raw):
            raise NotExpressible("some of it is in a calendar elsewhere")
        layers = tuple(layer for part in parts if not part.above for layer in part.layers(zone, now))
        above = [(span, who, 0) for part in parts if part.above for span, who in part.shifts(until)]
        covers = list(_covers(above, now, until))
        if any(part.recurs for part in parts if part.above):
            said.append((Level.CHANGED, f"Overrides that recur come over one by one, until {until:%Y-%m-%d}."))
    except NotExpressible as why:
        layers = ()
        all_of_it = list(_final(raw)) if elsewhere(raw) else _all(parts, until)
        covers = list(_covers(all_of_it, now, until))
        said.append((Level.CHANGED, ALONE.format(until=until, why=why)))
    return Schedule(id, name, zone.key, layers, tuple(covers), team), said


def _zone(parts: "Sequence[_Part]", own: str) -> ZoneInfo:
    """That of the shifts that recur, if they have one: only for them it matters. Else the schedule's own."""
    zones = {part.zone.key for part in parts if not part.above and part.recurs}
    name = zones.pop() if len(zones) == 1 else own
    found = zone(name)
    if found is None:
        raise NotExpressible(f"its time zone {name} is not known")
    return found


def _final(raw: Raw) -> Iterator[tuple[Span, People, int]]:
    """What OnCall itself has made of all calendars."""
    for one in raw["final_shifts"]:
        span = Span(instant_of(one["shift_start"]), instant_of(one["shift_end"]))
        if span.start < span.end and one.get("user_pk"):
            yield span, (str(one["user_pk"]),), 0


def _all(parts: "Sequence[_Part]", until: datetime) -> list[tuple[Span, People, int]]:
    return [(span, who, part.level) for part in parts for span, who in part.shifts(until)]


def _covers(spans: Iterable[tuple[Span, People, int]], now: datetime, until: datetime) -> Iterator[Cover]:
    """Of the spans of the highest level at each time those that are on, together, as covers that do not overlap.

    Each is as it would have been said a week ago, or will be next week: so an import that is repeated finds it again.
    """
    near = sorted((one for one in spans if one[0].end > now - MEMORY), key=lambda one: one[0])
    edges = sorted({edge for span, _who, _level in near for edge in span})
    waiting, on = deque(near), list[tuple[Span, People, int]]()
    for start, end in pairwise(edges):
        while waiting and waiting[0][0].start <= start:
            on.append(waiting.popleft())
        on = [one for one in on if one[0].end > start]
        highest = max((level for _span, _who, level in on), default=0)
        people = tuple(dict.fromkeys(one for _span, who, level in on if level == highest for one in who))
        if people and end > now and start < until:
            yield Cover(people, start, end)


class _Part:
    """One shift of a schedule."""

    def __init__(self, raw: Raw, own: str):
        self.raw = raw
        self.id, self.name = needed(raw, "id"), text(raw, "name") or "Shift"
        self.kind = needed(raw, "type")
        there = zone(text(raw, "time_zone") or own)
        if there is None:
            raise NotExpressible(f"the time zone {text(raw, 'time_zone') or own} of {self.name} is not known")
        self.zone = there
        self.above = self.kind == "override"
        self.level = 100 if self.above else number(raw, "level", default=0)
        self.recurs = bool(text(raw, "frequency")) and self.kind in ("recurrent_event", "rolling_users", "override")
        self.start = self._wall("start")
        self.lasts = timedelta(seconds=number(raw, "duration", most=400 * 24 * 3600))
        self.groups = self._groups()

    def _wall(self, name: str) -> datetime:
        """Without a zone it is on the shift's own wall."""
        try:
            found = datetime.fromisoformat(needed(self.raw, name))
        except ValueError as why:
            raise Odd(f"{self.name}: its {name} is no time ({why}).") from None
        return found if found.tzinfo is None else shown(found, self.zone)

    def _groups(self) -> list[People]:
        if self.kind == "rolling_users":
            groups = [
                tuple(map(str, group)) for group in self.raw.get("rolling_users") or [] if isinstance(group, list)
            ]
            first = number(self.raw, "start_rotation_from_user_index", default=0)
            return [groups[(first + n) % len(groups)] for n in range(len(groups))]
        people = self.raw.get("users")
        return [tuple(map(str, people))] if isinstance(people, list) and people else []

    def shifts(self, until: datetime) -> Shifts:
        return self._rule().shifts(self.zone, until) if self.groups else ()

    def layers(self, there: ZoneInfo, now: datetime) -> Iterator[Layer]:
        if not self.groups or self._over(now):
            return
        if not self.recurs:
            ends = instant(self.start + self.lasts, self.zone)
            starts, days = shown(instant(self.start, self.zone), there), max(1, -(-self.lasts // DAY) + 1)
            if days > 366:
                raise NotExpressible(f"{self.name} is longer than a year")
            yield Layer(self.id, self.name, "days", days, starts, (self.groups[0],), ends=ends, level=-self.level)
            return
        if self.zone.key != there.key:
            raise NotExpressible("its shifts are in several time zones")
        yield recurring.layer(self._rule(), there, now, id=self.id, name=self.name, level=-self.level)

    def _over(self, now: datetime) -> bool:
        last = self._until() if self.recurs else self.start
        return last is not None and instant(last + self.lasts, self.zone) <= now

    def _until(self) -> datetime | None:
        return self._wall("until") if self.raw.get("until") else None

    def _rule(self) -> recurring.Rule:
        if not self.recurs:
            return recurring.Rule(self.start, self.lasts, [self.start], lambda _number, _start: self.groups[0])
        begins = recurring.played([self._line()], self.start, self.zone)
        since = None
        if self.kind == "rolling_users" and self.raw.get("rotation_start"):
            counts = self._wall("rotation_start")
            first = next((one for one in begins if one >= counts), None)
            since = None if first is None else instant(first, self.zone)
        return recurring.Rule(self.start, self.lasts, begins, self._who, self._repeats(), since=since)

    def _line(self) -> str:
        parts = {"FREQ": text(self.raw, "frequency").upper(), "INTERVAL": str(self._interval)}
        parts["WKST"] = self._week_start
        for name, key in (("by_day", "BYDAY"), ("by_month", "BYMONTH"), ("by_monthday", "BYMONTHDAY")):
            if self.raw.get(name):
                parts[key] = ",".join(str(one) for one in self.raw[name])
        if self._until() is not None:
            parts["UNTIL"] = f"{self._until():%Y%m%dT%H%M%S}"
        return "RRULE:" + ";".join(f"{key}={value}" for key, value in parts.items())

    @property
    def _interval(self) -> int:
        return number(self.raw, "interval", default=1) or 1

    @property
    def _week_start(self) -> str:
        return text(self.raw, "week_start") or "SU"

    def _who(self, count: int, start: datetime) -> People:
        """By weeks with days all days of a week are one step of the rotation, else each shift is."""
        if text(self.raw, "frequency") == "weekly" and self.raw.get("by_day"):
            count = (self._week_of(start) - self._week_of(self.start)) // (7 * DAY * self._interval)
        return self.groups[count % len(self.groups)]

    def _week_of(self, day: datetime) -> datetime:
        first = ("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(self._week_start)
        return datetime.combine(day.date(), datetime.min.time()) - ((day.weekday() - first) % 7) * DAY

    def _repeats(self) -> int:
        """After how many days the pattern begins anew; 0: it has none of days."""
        if self.raw.get("by_month") or self.raw.get("by_monthday"):
            return 0
        days, groups = len(self.raw.get("by_day") or []), len(self.groups)
        match text(self.raw, "frequency"):
            case "weekly":
                return 7 * self._interval * groups
            case "daily" if not days:
                return self._interval * groups
            case "daily" if self._interval == 1:
                return recurring.repeats(7, days, groups)
        return 0
