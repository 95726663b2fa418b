"""Who is on call, as Opsgenie's documents say, straight from its answers. Pure.

It shares nothing with the reader, nor with our own schedules: a turn is found by counting days on the wall, hours by
looking at the wall. So what both sides say can be compared.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..plain import at as below
from ..plain import instant, number, rows, text

Raw = dict[str, Any]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60  # minutes
_ON_THE_WALL = {"daily": 1, "weekly": 7}


class OpsgenieCalendar:
    def __init__(self, raw: Raw):
        self._schedules = {text(one, "schedule", "id"): one for one in rows(raw, "schedules")}
        users = [one["user"] for one in rows(raw, "users") if isinstance(one.get("user"), dict)]
        self._ids = {text(user, "username").casefold(): text(user, "id") or text(user, "username") for user in users}
        self._blocked = {text(user, "id") for user in users if user.get("blocked") is True}
        self._members = {
            text(one, "team", "id"): [self._user(row["user"]) for row in rows(one, "team", "members") if "user" in row]
            for one in rows(raw, "teams")
        }

    def on_call(self, schedule: str, at: datetime) -> frozenset[str]:
        """``schedule/next`` and ``schedule/previous`` are those whose turn is next, or was before."""
        name, _slash, which = schedule.partition("/")
        one = self._schedules[name]
        zone = ZoneInfo(text(one, "schedule", "timezone"))
        there: set[str] = set()
        covers = [] if which else [cover for cover in rows(one, "overrides") if _holds(cover, at)]
        whole = [cover for cover in covers if not rows(cover, "rotations")]
        if whole:
            return frozenset(self._people(whole[-1].get("user")))
        for rotation in rows(one, "schedule", "rotations"):
            mine = [
                cover for cover in covers if text(rotation, "id") in [text(r, "id") for r in rows(cover, "rotations")]
            ]
            if mine and _lives(rotation, at):
                there |= self._people(mine[-1].get("user"))
            elif not mine and _is_on(rotation, at, zone):
                there |= self._turn(rotation, at, zone, {"next": 1, "previous": -1}.get(which, 0))
        return frozenset(there)

    def _turn(self, rotation: Raw, at: datetime, zone: ZoneInfo, off: int) -> set[str]:
        participants = rows(rotation, "participants")
        if not participants:
            return set()
        place = _turns_gone(rotation, at, zone) % len(participants)
        for _one in participants if off else ():
            place = (place + off) % len(participants)
            if text(participants[place], "type") != "none":
                break
        return self._people(participants[place])

    def _people(self, who: Any) -> set[str]:
        kind = text(who, "type") or "user"
        if kind == "team":
            return set(self._members.get(text(who, "id"), [])) - self._blocked
        return {self._user(who)} - self._blocked if kind == "user" else set()

    def _user(self, who: Any) -> str:
        return self._ids.get(text(who, "username").casefold()) or text(who, "id")

    # --- where it may change -----------------------------------------------------------------

    def changes(self, schedule: str, since: datetime, until: datetime) -> Iterable[datetime]:
        one = self._schedules[schedule.partition("/")[0]]
        zone = ZoneInfo(text(one, "schedule", "timezone"))
        for cover in rows(one, "overrides"):
            yield from (instant(cover.get("startDate")), instant(cover.get("endDate")))
        for rotation in rows(one, "schedule", "rotations"):
            yield from _changes(rotation, zone, since, until)


def _changes(rotation: Raw, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    start = instant(rotation.get("startDate"))
    yield start
    if rotation.get("endDate"):
        yield instant(rotation["endDate"])
    minutes = {start.astimezone(zone).hour * 60 + start.astimezone(zone).minute}
    for window in _windows(rotation):
        minutes |= {edge % _DAY for edge in window}
    day = since.astimezone(zone).date() - timedelta(days=1)
    while day <= until.astimezone(zone).date():
        for minute in minutes:
            local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
            yield from (local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))
        day += timedelta(days=1)
    if text(rotation, "type") == "hourly":
        turn = timedelta(hours=number(rotation, "length", default=1))
        at = start + max(0, (since - start) // turn) * turn
        while at <= until:
            yield at
            at += turn


def _holds(cover: Raw, at: datetime) -> bool:
    return instant(cover.get("startDate")) <= at < instant(cover.get("endDate"))


def _lives(rotation: Raw, at: datetime) -> bool:
    over = bool(rotation.get("endDate")) and instant(rotation["endDate"]) <= at
    return rotation.get("enabled") is not False and not over


def _is_on(rotation: Raw, at: datetime, zone: ZoneInfo) -> bool:
    if not _lives(rotation, at) or at < instant(rotation.get("startDate")):
        return False
    wall = at.astimezone(zone)
    minute = wall.weekday() * 24 * 60 + wall.hour * 60 + wall.minute
    windows = list(_windows(rotation))
    return not windows or any(_within(minute, *window) for window in windows)


def _within(minute: int, start: int, end: int) -> bool:
    """Of the week, where an end that is not later is the next week's."""
    end = end if end > start else end + _WEEK
    return start <= minute < end or start <= minute + _WEEK < end


def _windows(rotation: Raw) -> Iterator[tuple[int, int]]:
    """From and until, in minutes of the week."""
    rule = rotation.get("timeRestriction")
    if text(rule, "type") == "time-of-day":
        start, end = _minute(below(rule, "restriction"), "start"), _minute(below(rule, "restriction"), "end")
        for day in range(7):
            yield day * _DAY + start, (day + (end <= start)) * _DAY + end
    for one in rows(rule, "restrictions"):
        first, last = (_DAYS.index(text(one, name).lower()) * _DAY for name in ("startDay", "endDay"))
        start, end = first + _minute(one, "start"), last + _minute(one, "end")
        yield start, end + _DAY if end == start else end  # the same time twice is a whole day


def _minute(one: Any, which: str) -> int:
    return number(one, f"{which}Hour", default=0) * 60 + number(one, f"{which}Min", default=0)


def _turns_gone(rotation: Raw, at: datetime, zone: ZoneInfo) -> int:
    start, length = instant(rotation.get("startDate")), number(rotation, "length", default=1)
    kind = text(rotation, "type")
    if kind not in _ON_THE_WALL:
        return int((at - start) // timedelta(hours=length))
    first, wall = start.astimezone(zone), at.astimezone(zone)
    days = (wall.date() - first.date()).days
    changes_at = datetime.combine(wall.date(), first.time(), tzinfo=zone)
    reached = changes_at.astimezone(UTC) <= at if wall.fold else wall.time() >= first.time()
    return (days if reached else days - 1) // (length * _ON_THE_WALL[kind])
