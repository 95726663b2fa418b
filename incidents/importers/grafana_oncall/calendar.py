"""Who is on call by Grafana OnCall's own rules, straight from its answers. Pure.

It shares nothing with ``schedules``: every shift is played on its wall, one by one, and whoever has the highest level
at an instant is on call.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule

from escalation.oncall.wall import instant

Raw = dict[str, Any]
Shift = tuple[datetime, datetime, int, list[str]]
DAY = timedelta(days=1)
MOST = 20_000  # of one shift's
FREQUENCIES = {"hourly": rrule.HOURLY, "daily": rrule.DAILY, "weekly": rrule.WEEKLY, "monthly": rrule.MONTHLY}
DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
OVERRIDE = 100  # above every level


class OnCallCalendar:
    def __init__(self, raw: Raw):
        self._schedules = {str(one["id"]): one for one in raw["schedules"]}
        self._raw = raw
        self._known: dict[str, tuple[datetime, list[Shift]]] = {}

    def on_call(self, schedule: str, at: datetime) -> frozenset[str]:
        there = [(level, who) for start, end, level, who in self._played(schedule, at) if start <= at < end]
        highest = max((level for level, _who in there), default=0)
        return frozenset(person for level, who in there if level == highest for person in who)

    def changes(self, schedule: str, since: datetime, until: datetime) -> set[datetime]:
        edges = {edge for start, end, _level, _who in self._played(schedule, until) for edge in (start, end)}
        return {edge for edge in edges if since <= edge < until}

    def _played(self, schedule: str, at: datetime) -> list[Shift]:
        """At least as far as ``at``."""
        far, known = self._known.get(schedule, (at, []))
        if schedule not in self._known or far <= at:
            far = at + 60 * DAY
            known = list(self._all(self._schedules[schedule], far))
            self._known[schedule] = far, known
        return known

    def _all(self, schedule: Raw, until: datetime) -> Iterator[Shift]:
        """Where calendars from elsewhere are part of it, what OnCall has made of all."""
        if schedule["type"] == "ical" or schedule.get("ical_url_overrides"):
            for one in schedule["final_shifts"]:
                yield _instant(one["shift_start"]), _instant(one["shift_end"]), 0, [str(one["user_pk"])]
            return
        own = schedule.get("time_zone") or "UTC"
        for shift in shifts_of(self._raw, schedule):
            yield from _of(shift, ZoneInfo(shift.get("time_zone") or own), until)


def shifts_of(raw: Raw, schedule: Raw) -> list[Raw]:
    """By the schedule's own list, or as they name it themselves."""
    mine = set(schedule.get("shifts") or [])
    return [one for one in raw["on_call_shifts"] if one["id"] in mine or one.get("schedule") == schedule["id"]]


def _of(shift: Raw, zone: ZoneInfo, until: datetime) -> Iterator[Shift]:
    level = OVERRIDE if shift["type"] == "override" else shift.get("level") or 0
    start, lasts = _wall(shift["start"], zone), timedelta(seconds=shift["duration"])
    counts = _wall(shift["rotation_start"], zone) if shift.get("rotation_start") else start
    rolls = shift["type"] == "rolling_users"
    said = (shift.get("rolling_users") or []) if rolls else [shift.get("users") or []]
    groups = [[str(person) for person in group] for group in said if isinstance(group, list)]
    first = shift.get("start_rotation_from_user_index") or 0
    once = shift["type"] == "single_event" or not shift.get("frequency")
    begins = [start] if once else _recurring(shift, start, zone)
    for count, day in enumerate(islice(begins, MOST)):
        if instant(day, zone) >= until:
            return
        if not groups or (rolls and day < counts):
            continue
        step = _weeks(shift, start, day) if shift.get("frequency") == "weekly" and shift.get("by_day") else count
        who = groups[(first + step) % len(groups)]
        yield instant(day, zone), instant(day + lasts, zone), level, who


def _recurring(shift: Raw, start: datetime, zone: ZoneInfo) -> rrule.rrule:
    return rrule.rrule(
        FREQUENCIES[shift["frequency"]],
        dtstart=start,
        interval=shift.get("interval") or 1,
        wkst=DAYS[shift.get("week_start") or "SU"],
        byweekday=[DAYS[day] for day in shift.get("by_day") or []] or None,
        bymonth=shift.get("by_month") or None,
        bymonthday=shift.get("by_monthday") or None,
        until=_wall(shift["until"], zone) if shift.get("until") else None,
    )


def _weeks(shift: Raw, start: datetime, day: datetime) -> int:
    """How many steps of the rotation lie between: a week of several days is one."""
    first = DAYS[shift.get("week_start") or "SU"]
    weeks = [(one.date().toordinal() - 1 - first) // 7 for one in (start, day)]  # the first of all days was a Monday
    return (weeks[1] - weeks[0]) // (shift.get("interval") or 1)


def _wall(text: str, zone: ZoneInfo) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is None else found.astimezone(zone).replace(tzinfo=None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
