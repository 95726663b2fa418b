"""Schedules: rotations as layers of one level, since all of them are on call at once; hours and overrides. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from escalation.kit.zones import time_zones

from .. import records, windows
from ..plain import Odd, at, instant, needed, number, rows, text
from ..records import Level, Note
from .directory import Directory, Raw, words_of

_UNITS = {"hourly": "hours", "daily": "days", "weekly": "weeks"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = 24 * 60

Say = Callable[..., None]


def schedule(one: Raw, known: Directory, now: datetime, notes: list[Note]) -> records.Schedule:
    its = one["schedule"]
    identity, zone = needed(its, "id"), text(its, "timezone")
    if zone not in time_zones():
        raise Odd(f"Its time zone {zone or '(none)'} is not known here.")

    def say(said: str, level: Level = Level.CHANGED) -> None:
        notes.append(Note("schedule", identity, words_of(its), level, said))

    layers = [
        _layer(rotation, ZoneInfo(zone), known, say)
        for rotation in rows(its, "rotations")
        if _lives(rotation, now, say)
    ]
    if not rows(its, "rotations"):
        say("It has no rotations, or they were not asked for: nobody is on call by it.")
    if its.get("enabled") is False:
        say("It is disabled there, and archived here.")
    return records.Schedule(
        id=identity,
        name=words_of(its),
        time_zone=zone,
        layers=tuple(layers),
        covers=tuple(_covers(rows(one, "overrides"), layers, known, now, say)),
        team=known.team(its.get("ownerTeam")),
        enabled=its.get("enabled") is not False,
    )


def _lives(rotation: Raw, now: datetime, say: Say) -> bool:
    if rotation.get("enabled") is False:
        say(f"The rotation {words_of(rotation)} is disabled there.", Level.LEFT)
        return False
    return not rotation.get("endDate") or instant(rotation["endDate"]) > now


def _layer(rotation: Raw, zone: ZoneInfo, known: Directory, say: Say) -> records.Layer:
    unit = _UNITS.get(text(rotation, "type"))
    if unit is None:
        raise Odd(f"The rotation {words_of(rotation)} is of a type that is not known: {text(rotation, 'type')}.")
    return records.Layer(
        id=text(rotation, "id"),
        name=words_of(rotation),
        unit=unit,
        every=number(rotation, "length", default=1),
        starts=instant(rotation.get("startDate")).astimezone(zone).replace(tzinfo=None),
        turns=tuple(_turn(who, rotation, known, say) for who in rows(rotation, "participants")),
        windows=tuple(_hours(rotation.get("timeRestriction"))),
        ends=instant(rotation["endDate"]) if rotation.get("endDate") else None,
    )


def _turn(who: Raw, rotation: Raw, known: Directory, say: Say) -> tuple[str, ...]:
    match text(who, "type") or "user":
        case "none":
            return ()
        case "team":
            team = known.team(who)
            said = (
                f"In the turns of {known.team_name(team)} in {words_of(rotation)} all its members of now are on call."
            )
            say(f"{said} Opsgenie calls by the team's routing.")
            return tuple(person for person, _role in known.members(team))
        case "escalation":
            alone = known.solo(text(who, "id"))
            return (known.user(alone) if alone else f"the escalation {words_of(who)}",)
        case _:
            return (known.user(who),)


# --- hours ----------------------------------------------------------------------------------------


def _hours(rule: Any) -> Iterator[windows.Window]:
    if text(rule, "type") == "time-of-day":
        one = at(rule, "restriction")
        yield from windows.daily(_minute(one, "start"), _minute(one, "end"))
    elif text(rule, "type") == "weekday-and-time-of-day":
        for one in rows(rule, "restrictions"):
            first, last = (_DAYS.index(needed(one, name).lower()) for name in ("startDay", "endDay"))
            start, end = first * _DAY + _minute(one, "start"), last * _DAY + _minute(one, "end")
            yield windows.weekly(start, end + _DAY if start == end else end)  # the same time twice is a whole day


def _minute(one: Any, which: str) -> int:
    return number(one, f"{which}Hour", default=0, most=24) * 60 + number(one, f"{which}Min", default=0, most=59)


# --- overrides ------------------------------------------------------------------------------------


def _covers(
    overrides: list[Raw], layers: list[records.Layer], known: Directory, now: datetime, say: Say
) -> Iterator[records.Cover]:
    there = {layer.id for layer in layers}
    for one in overrides:
        start, end = instant(one.get("startDate")), instant(one.get("endDate"))
        named = [text(rotation, "id") for rotation in rows(one, "rotations")]
        if end <= now or end <= start or (named and not there & set(named)):
            continue
        people = _who(one.get("user"), known)
        if people is None:
            said = f"{start:%Y-%m-%d %H:%M} UTC"
            say(f"The override from {said} is of an escalation, and does not come over.", Level.LEFT)
            continue
        kept = tuple(identity for identity in named if identity in there)
        yield records.Cover(people, start, end, kept, reason="From Opsgenie")


def _who(who: Any, known: Directory) -> tuple[str, ...] | None:
    match text(who, "type") or "user":
        case "none":
            return ()
        case "team":
            return tuple(person for person, _role in known.members(known.team(who)))
        case "escalation":
            alone = known.solo(text(who, "id"))
            return (known.user(alone),) if alone else None
        case _:
            return (known.user(who),)


# --- the next and the previous on call ------------------------------------------------------------


def beside(schedules: list[records.Schedule], wanted: set[str]) -> Iterator[records.Schedule]:
    """``schedule/next`` has in each turn who has the turn after it; holes are passed over."""
    by_id = {one.id: one for one in schedules}
    for name in sorted(wanted):
        identity, _slash, which = name.partition("/")
        if (one := by_id.get(identity)) is not None:
            off = 1 if which == "next" else -1
            layers = tuple(replace(layer, turns=_moved(layer.turns, off)) for layer in one.layers)
            yield replace(one, id=name, name=f"{one.name}, {which}", layers=layers, covers=())


def _moved(turns: tuple[tuple[str, ...], ...], off: int) -> tuple[tuple[str, ...], ...]:
    count = len(turns)
    found = []
    for place in range(count):
        after = (turns[(place + off * more) % count] for more in range(1, count + 1))
        found.append(next((turn for turn in after if turn), ()))
    return tuple(found)
