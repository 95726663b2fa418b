"""A schedule of PagerDuty's, of the second version or the third, as a record. Pure.

The second version has layers, the first the highest: turns of seconds from an anchor, restrictions, from a start to an
end. Turns of whole days are the wall's, others are elapsed time; both as here. An anchor may lie before the start, so
whoever has the turn under way at the start comes first, and a start in the middle of a turn to come is a layer of its
own until that turn ends.

The third has rotations beside each other, each with events that recur by a rule (see ``recurring``). An event that no
layer can say comes over shift by shift, for a year. An override there stands in for one member, where that one would
be on call; so it becomes covers of just those times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from escalation.oncall.spans import Span, outside
from escalation.oncall.wall import instant, shown

from .. import recurring
from ..records import Cover, Layer, Level, Schedule
from ..recurring import DAY, NotExpressible
from ..windows import Window
from .zones import zone

Raw = dict[str, Any]
Said = list[tuple[Level, str]]
YEAR = 366 * DAY
WEEK = 7 * 24 * 60  # minutes
HOUR = timedelta(hours=1)


def read(raw: Raw, people: set[str], now: datetime) -> tuple[Schedule, Said]:
    """With what is to be said of it. ``people``: the ids of those who are there still."""
    there = zone(raw["time_zone"])
    if there is None:
        raise NotExpressible(f"its time zone {raw['time_zone']} is not known")
    said: Said = []
    if len(raw.get("teams") or []) > 1:
        said.append((Level.CHANGED, "It has several teams there; the first one has it here."))
    part = _Rotations(raw, there, now, said) if "rotations" in raw else _Layers(raw, there, now, said)
    layers, covers = tuple(part.layers()), tuple(part.covers())
    for layer in layers:
        gone = {who for turn in layer.turns for who in turn} - people
        if gone:
            said.append((Level.LEFT, f"{', '.join(sorted(gone))} in {layer.name} is no longer there."))
    team = str(raw["teams"][0]["id"]) if raw.get("teams") else ""
    name = str(raw.get("name") or raw.get("summary") or raw["id"])
    return Schedule(str(raw["id"]), name, there.key, layers, covers, team), said


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# --- the second version ----------------------------------------------------------------------------


class _Layers:
    def __init__(self, raw: Raw, there: ZoneInfo, now: datetime, said: Said):
        self.raw, self.there, self.now, self.said = raw, there, now, said

    def layers(self) -> Iterator[Layer]:
        for number, layer in enumerate(self.raw["schedule_layers"]):
            over = layer.get("end") and _at(layer["end"]) <= self.now
            if not over and layer["users"]:  # PagerDuty keeps those that are over as its history
                windows = self._windows(layer)
                if windows or not layer.get("restrictions"):
                    yield from self._layer(layer, windows, 2 * number)

    def covers(self) -> Iterator[Cover]:
        for one in self.raw.get("overrides") or []:
            start, end = _at(one["start"]), _at(one["end"])
            if end > self.now:
                yield Cover((str(one["user"]["id"]),), start, end)

    def _layer(self, raw: Raw, windows: tuple[Window, ...], level: int) -> Iterator[Layer]:
        length, start = timedelta(seconds=raw["rotation_turn_length_seconds"]), _at(raw["start"])
        unit, every = _unit(length)
        turns = _Turns(_at(raw["rotation_virtual_start"]), length, self.there)
        people = [(str(one["user"]["id"]),) for one in raw["users"]]
        turn = turns.at(start)
        exact = turns.begins(turn) == start
        if start <= self.now:
            turn = turns.said_by_its_wall(turn)
        layer = Layer(
            id=str(raw["id"]),
            name=str(raw.get("name") or "Layer"),
            unit=unit,
            every=every,
            starts=turns.wall(turn),
            turns=tuple(people[(turn + n) % len(people)] for n in range(len(people))),
            windows=windows,
            ends=_at(raw["end"]) if raw.get("end") else None,
            level=level,
        )
        if exact or start <= self.now:
            yield layer
            return
        after = turns.begins(turn + 1)
        name = f"{layer.name}, until its first hand-off"
        first = replace(layer, id=f"{layer.id}:first", name=name, turns=layer.turns[:1])
        yield replace(first, starts=shown(start, self.there), ends=min(after, layer.ends or after))
        later = (*layer.turns[1:], layer.turns[0])
        yield replace(layer, starts=turns.wall(turn + 1), turns=later, level=level + 1)

    def _windows(self, raw: Raw) -> tuple[Window, ...]:
        found: list[Window] = []
        for one in raw.get("restrictions") or []:
            hour, minute, second = (int(part) for part in one["start_time_of_day"].split(":"))
            lasts = int(one["duration_seconds"])
            if second or lasts % 60:
                self.said.append((Level.CHANGED, f"{raw.get('name')}: its hours are cut to whole minutes."))
            at, minutes = hour * 60 + minute, lasts // 60
            daily = one["type"] == "daily_restriction"
            days = range(7) if daily else [int(one["start_day_of_week"]) - 1]
            found += [Window(day * 24 * 60 + at, min(minutes, WEEK)) for day in days if minutes]
        return tuple(found)


class _Turns:
    """When turns begin: whole days by the wall, others by elapsed time."""

    def __init__(self, anchor: datetime, length: timedelta, there: ZoneInfo):
        self.anchor, self.length, self.there = anchor, length, there
        self.by_wall = not length % DAY

    def begins(self, turn: int) -> datetime:
        if self.by_wall:
            return instant(shown(self.anchor, self.there) + turn * self.length, self.there)
        return self.anchor + turn * self.length

    def wall(self, turn: int) -> datetime:
        if self.by_wall:
            return shown(self.anchor, self.there) + turn * self.length
        return shown(self.begins(turn), self.there)

    def at(self, when: datetime) -> int:
        if self.by_wall:
            return (shown(when, self.there) - shown(self.anchor, self.there)) // self.length
        return (when - self.anchor) // self.length

    def said_by_its_wall(self, turn: int) -> int:
        """That turn, or the last before it that begins at a time which the wall does not show twice."""
        while instant(self.wall(turn), self.there) != self.begins(turn):
            turn -= 1
        return turn


def _unit(length: timedelta) -> tuple[str, int]:
    if length <= timedelta() or length % HOUR:
        raise NotExpressible(f"turns of {length} are not in whole hours")
    if length % DAY:
        return "hours", length // HOUR
    days = length // DAY
    return ("weeks", days // 7) if days % 7 == 0 else ("days", days)


# --- the third version -----------------------------------------------------------------------------


class _Rotations:
    def __init__(self, raw: Raw, there: ZoneInfo, now: datetime, said: Said):
        self.raw, self.there, self.now, self.said = raw, there, now, said
        self._extra: list[Cover] = []

    def layers(self) -> Iterator[Layer]:
        for rotation in self.raw["rotations"]:
            overrides = [one for one in self.raw.get("overrides") or [] if one.get("rotation_id") == rotation["id"]]
            for event in rotation["events"]:
                until = event.get("effective_until")
                if until is None or _at(until) > self.now:
                    yield from self._event(event, overrides)

    def covers(self) -> Iterator[Cover]:
        """What ``layers`` has found beside them, and shifts of no rotation."""
        yield from self._extra
        for shift in self.raw.get("custom_shifts") or []:
            overrides = [one for one in self.raw.get("overrides") or [] if one.get("custom_shift_id") == shift["id"]]
            span = Span(_at(shift["start_time"]), _at(shift["end_time"]))
            for one in shift["assignments"]:
                for part, who in _parts(span, _member(one["member"]), overrides):
                    if who is not None and part.end > self.now:
                        yield Cover((who,), part.start, part.end, beside=True, reason="Shift of its own")

    def _event(self, event: Raw, overrides: list[Raw]) -> Iterator[Layer]:
        """Members who are all on call together have a layer each."""
        members = [_member(one) for one in event["assignment_strategy"]["members"]]
        name = str(event.get("name") or "Rotation")
        if event["assignment_strategy"]["type"] == "every_member_assignment_strategy":
            for who in members:
                if who is not None:
                    yield from self._lane(event, f"{event['id']}:{who}", name, [who], 1, overrides)
        elif members:
            each = int(event["assignment_strategy"].get("shifts_per_member") or 1)
            yield from self._lane(event, str(event["id"]), name, members, each, overrides)

    def _lane(
        self, event: Raw, id: str, name: str, members: list[str | None], each: int, overrides: list[Raw]
    ) -> Iterator[Layer]:
        zone_of_it = zone(event["start_time"]["time_zone"])
        if zone_of_it is None:
            raise NotExpressible(f"the time zone {event['start_time']['time_zone']} is not known")
        rule = _rule(event, members, each, zone_of_it)
        try:
            if zone_of_it.key != self.there.key:
                raise NotExpressible(f"it is in {zone_of_it.key}, the schedule in {self.there.key}")
            yield recurring.layer(rule, zone_of_it, self.now, id=id, name=name)
        except NotExpressible as why:
            until = self.now + YEAR
            text = f"{name} comes over shift by shift, until {until:%Y-%m-%d}: {why}. Make a layer of it before."
            self.said.append((Level.CHANGED, text))
            self._extra += self._one_by_one(rule, zone_of_it, overrides, until)
        else:
            self._extra += self._stand_ins(rule, zone_of_it, id, overrides)

    def _one_by_one(
        self, rule: recurring.Rule, there: ZoneInfo, overrides: list[Raw], until: datetime
    ) -> Iterator[Cover]:
        for span, people in rule.shifts(there, until):
            for part, who in _parts(span, people[0] if people else None, overrides):
                if who is not None and part.end > self.now:
                    yield Cover((who,), part.start, part.end, beside=True, reason="Shift by shift")

    def _stand_ins(self, rule: recurring.Rule, there: ZoneInfo, id: str, overrides: list[Raw]) -> Iterator[Cover]:
        last = max((_at(one["end_time"]) for one in overrides), default=None)
        if last is None:
            return
        for span, people in rule.shifts(there, last):
            its = people[0] if people else None
            for part, who in _parts(span, its, overrides):
                if who != its and part.end > self.now:
                    yield Cover((who,) if who else (), part.start, part.end, layers=(id,))


def _rule(event: Raw, members: list[str | None], each: int, there: ZoneInfo) -> recurring.Rule:
    first, last = (shown(_at(event[name]["date_time"]), there) for name in ("start_time", "end_time"))

    def who(number: int, _start: datetime) -> recurring.People:
        one = members[number // each % len(members)]
        return (one,) if one else ()

    return recurring.Rule(
        first,
        last - first,
        recurring.played(event["recurrence"], first, there),
        who,
        _repeats(event["recurrence"], each * len(members)),
        since=_at(event["effective_since"]) if event.get("effective_since") else None,
        until=_at(event["effective_until"]) if event.get("effective_until") else None,
    )


def _repeats(lines: Sequence[str], cycle: int) -> int:
    """Of one rule by days or weeks; of others no pattern of days is known."""
    said = dict(part.split("=", 1) for part in lines[0].upper().removeprefix("RRULE:").split(";"))
    interval, weekdays = int(said.get("INTERVAL", 1)), len(said["BYDAY"].split(",")) if "BYDAY" in said else 0
    if len(lines) > 1 or set(said) - {"FREQ", "INTERVAL", "BYDAY", "WKST", "UNTIL", "COUNT"}:
        return 0
    if said["FREQ"] == "WEEKLY":
        return recurring.repeats(7 * interval, weekdays or 1, cycle)
    if said["FREQ"] == "DAILY" and (not weekdays or interval == 1):
        return recurring.repeats(7 if weekdays else interval, weekdays or 1, cycle)
    return 0


def _member(raw: Raw) -> str | None:
    return str(raw["user_id"]) if raw.get("type") == "user_member" else None


def _parts(span: Span, who: str | None, overrides: list[Raw]) -> list[tuple[Span, str | None]]:
    """The shift of one member, with those who stand in for them where an override says so; the later one wins."""
    left, found = [span], []
    for one in reversed(overrides if who is not None else []):
        if one["overridden_member"].get("user_id") != who:
            continue
        taken = Span(_at(one["start_time"]), _at(one["end_time"]))
        stands = _member(one["overriding_member"])
        found += [(part, stands) for free in left if (part := _both(free, taken)) is not None]
        left = [part for free in left for part in outside(free, [taken])]
    return sorted([*found, *((part, who) for part in left)], key=lambda part: part[0])


def _both(one: Span, other: Span) -> Span | None:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Span(start, end) if start < end else None
