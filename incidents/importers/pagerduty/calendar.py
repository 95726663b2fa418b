"""Who is on call by PagerDuty's own rules, straight from its answers: what our roster is compared with. Pure.

Written apart from ``schedules`` on purpose, and the long way round: it counts turns and plays rules where ``schedules``
makes layers of them, so the two share no mistake. All it has in common with our schedules is how a wall's time
becomes an instant, because of which PagerDuty says nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from escalation.oncall.spans import Span
from escalation.oncall.wall import instant, shown

from ..recurring import played
from .zones import zone

Raw = Mapping[str, Any]
Shift = tuple[datetime, datetime, list[str]]
DAY = timedelta(days=1)
MOST = 20_000  # shifts of one event


def instant_of(text: str) -> datetime:
    """As PagerDuty writes it; in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


class PagerDutyCalendar:
    """Of all schedules of an account. One person at most is on call by one, unless it is of the third version."""

    def __init__(self, raw: Raw):
        self._schedules = {str(one["id"]): one for one in raw["schedules"]}
        self._played: dict[str, tuple[datetime, dict[str, list[Shift]]]] = {}  # how far, and what then is known

    def on_call(self, schedule: str, at: datetime) -> frozenset[str]:
        """Their ids there."""
        one = self._schedules[schedule]
        if "rotations" in one:
            return frozenset(self._by_rotations(one, at))
        for override in reversed(one["overrides"]):
            if instant_of(override["start"]) <= at < instant_of(override["end"]):
                return frozenset([str(override["user"]["id"])])
        there = _zone(one["time_zone"])
        for layer in one["schedule_layers"]:  # the first is the highest
            person = _of_layer(layer, there, at)
            if person is not None:
                return frozenset([person])
        return frozenset()

    def changes(self, schedule: str, since: datetime, until: datetime) -> set[datetime]:
        """Every instant at which somebody else may be on call."""
        one = self._schedules[schedule]
        found: set[datetime] = set()
        for cover in (*one["overrides"], *one.get("custom_shifts", [])):
            names = ("start", "end") if "start" in cover else ("start_time", "end_time")
            found.update(instant_of(cover[name]) for name in names)
        for shifts in self._shifts(one, until).values() if "rotations" in one else ():
            found.update(edge for start, end, _who in shifts for edge in (start, end))
        for layer in one.get("schedule_layers", []):
            if layer["users"]:
                found |= _edges(layer, _zone(one["time_zone"]), since, until)
        return {edge for edge in found if since <= edge < until}

    def _by_rotations(self, schedule: Raw, at: datetime) -> Iterator[str]:
        by_event = self._shifts(schedule, at)
        for rotation in schedule["rotations"]:
            shifts = [shift for event in rotation["events"] for shift in by_event[event["id"]]]
            there = [person for start, end, who in shifts if start <= at < end for person in who]
            yield from _covered(there, _of("rotation_id", rotation, schedule), at)
        for shift in schedule["custom_shifts"]:
            if instant_of(shift["start_time"]) <= at < instant_of(shift["end_time"]):
                members = [one["member"] for one in shift["assignments"]]
                there = [one["user_id"] for one in members if one["type"] == "user_member"]
                yield from _covered(there, _of("custom_shift_id", shift, schedule), at)

    def _shifts(self, schedule: Raw, at: datetime) -> dict[str, list[Shift]]:
        """Of each event, at least as far as ``at``."""
        far, known = self._played.get(schedule["id"], (at, {}))
        if not known or far <= at:
            far = at + 60 * DAY
            events = [event for rotation in schedule["rotations"] for event in rotation["events"]]
            known = {event["id"]: list(_shifts(event, far)) for event in events}
            self._played[schedule["id"]] = far, known
        return known


def _of(name: str, source: Raw, schedule: Raw) -> list[Raw]:
    return [one for one in schedule["overrides"] if one.get(name) == source["id"]]


def _zone(name: str) -> ZoneInfo:
    return zone(name) or ZoneInfo("UTC")


# --- layers --------------------------------------------------------------------------------------


def _of_layer(layer: Raw, there: ZoneInfo, when: datetime) -> str | None:
    if when < instant_of(layer["start"]) or (layer["end"] and when >= instant_of(layer["end"])) or not layer["users"]:
        return None
    if layer["restrictions"] and not any(_open(one, there, when) for one in layer["restrictions"]):
        return None
    turn = _turn(layer, there, when)
    return layer["users"][turn % len(layer["users"])]["user"]["id"]


def _first_turn(layer: Raw) -> tuple[datetime, timedelta]:
    """When it is counted from, and how long each turn is."""
    return instant_of(layer["rotation_virtual_start"]), timedelta(seconds=layer["rotation_turn_length_seconds"])


def _turn(layer: Raw, there: ZoneInfo, when: datetime) -> int:
    first, length = (
        instant_of(layer["rotation_virtual_start"]),
        timedelta(seconds=layer["rotation_turn_length_seconds"]),
    )
    if length % DAY:
        return (when - first) // length
    turn = (shown(when, there) - shown(first, there)) // length
    while _handed_over(layer, there, turn) > when:
        turn -= 1
    while _handed_over(layer, there, turn + 1) <= when:
        turn += 1
    return turn


def _handed_over(layer: Raw, there: ZoneInfo, turn: int) -> datetime:
    first, length = (
        instant_of(layer["rotation_virtual_start"]),
        timedelta(seconds=layer["rotation_turn_length_seconds"]),
    )
    return first + turn * length if length % DAY else instant(shown(first, there) + turn * length, there)


def _open(restriction: Raw, there: ZoneInfo, when: datetime) -> bool:
    days = min(8, restriction["duration_seconds"] // 86400 + 2)  # so far back one may have opened that is open still
    return any(start <= when < end for start, end in _openings(restriction, there, when - days * DAY, when))


def _openings(restriction: Raw, there: ZoneInfo, since: datetime, until: datetime) -> Iterator[Span]:
    """When it opens on each day of these that it is for, and when it closes again."""
    hour, minute, second = (int(part) for part in restriction["start_time_of_day"].split(":"))
    lasts = timedelta(seconds=restriction["duration_seconds"])
    day, last = (shown(one, there).replace(hour=0, minute=0, second=0, microsecond=0) for one in (since, until))
    while day <= last:
        if restriction["type"] == "daily_restriction" or day.isoweekday() == restriction["start_day_of_week"]:
            opens = day.replace(hour=hour, minute=minute, second=second)
            yield Span(instant(opens, there), instant(opens + lasts, there))
        day += DAY


def _edges(layer: Raw, there: ZoneInfo, since: datetime, until: datetime) -> set[datetime]:
    found = {instant_of(layer["start"])} | ({instant_of(layer["end"])} if layer["end"] else set())
    for restriction in layer["restrictions"]:
        for opens, closes in _openings(restriction, there, since - 8 * DAY, until):
            found |= {opens, closes}
    turn = _turn(layer, there, since)
    while (edge := _handed_over(layer, there, turn)) < until:
        found.add(edge)
        turn += 1
    return found


# --- rotations -----------------------------------------------------------------------------------


def _covered(there: list[str], overrides: list[Raw], when: datetime) -> Iterator[str]:
    """An override puts one member in the place of another, where that one would be."""
    for person in there:
        in_place: str | None = person
        for one in overrides:
            if one["overridden_member"].get("user_id") == person and instant_of(one["start_time"]) <= when < instant_of(
                one["end_time"]
            ):
                in_place = one["overriding_member"].get("user_id")
        if in_place is not None:
            yield in_place


def _shifts(event: Raw, until: datetime) -> Iterator[Shift]:
    """Those that begin before ``until``, with whoever has them; cut where the event stops to count."""
    there = _zone(event["start_time"]["time_zone"])
    first, last = (shown(instant_of(event[name]["date_time"]), there) for name in ("start_time", "end_time"))
    since = instant_of(event["effective_since"]) if event.get("effective_since") else None
    over = instant_of(event["effective_until"]) if event.get("effective_until") else None
    rule = played(event["recurrence"], first, there)
    members = [one.get("user_id") for one in event["assignment_strategy"]["members"]]
    every = event["assignment_strategy"]["type"] == "every_member_assignment_strategy"
    each = event["assignment_strategy"].get("shifts_per_member") or 1
    for number, begins in enumerate(islice(rule, MOST)):
        start = instant(begins, there)
        if start >= until or (over is not None and start >= over):
            return
        end = instant(begins + (last - first), there)
        if not members or (since is not None and end <= since):
            continue
        who = members if every else [members[number // each % len(members)]]
        start = start if since is None else max(start, since)
        yield start, end if over is None else min(end, over), [person for person in who if person]
