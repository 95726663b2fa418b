"""Schedules for tests: plans in a line, and a reckoning so plain that it can be wrong in no interesting way."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from escalation.oncall.shifts import Layer, Plan, Seat, Unit

A, B, C, D = 1, 2, 3, 4
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(start: str, *people, id: int = 1, **fields) -> Layer:
    seats = tuple(one if isinstance(one, Seat) else Seat(one) for one in people)
    return Layer(id=id, start=datetime.fromisoformat(start), seats=seats, **fields)


def daily(start: str, *people, **fields) -> Layer:
    return layer(start, *people, unit=Unit.DAYS, **fields)


def plan(*layers: Layer, zone: str = "Europe/Berlin", overrides=()) -> Plan:
    return Plan(zone, tuple(layers), tuple(overrides))


# --- the plain reckoning: minute by minute, turn by turn, from the very beginning -----------------


@lru_cache(100_000)
def when(local: datetime, zone: str) -> datetime:
    """The first minute at which the wall shows that time or a later one."""
    there = ZoneInfo(zone)
    at = local.replace(tzinfo=UTC) - timedelta(hours=40)
    for step in (timedelta(hours=1), MINUTE):  # by hours to just before it, then by minutes
        while (at + step).astimezone(there).replace(tzinfo=None) < local:
            at += step
    return at + MINUTE


def _later(start: datetime, unit: Unit, count: int) -> datetime:
    if unit is Unit.MONTHS:
        month = start.month - 1 + count
        for day in range(start.day, 0, -1):
            try:
                return start.replace(year=start.year + month // 12, month=month % 12 + 1, day=day)
            except ValueError:
                continue
    return start + timedelta(days=count * (7 if unit is Unit.WEEKS else 1))


def _begins(layer: Layer, turn: int, zone: str) -> datetime:
    if layer.unit is Unit.HOURS:
        return when(layer.start, zone) + timedelta(hours=turn * layer.every)
    return when(_later(layer.start, layer.unit, turn * layer.every), zone)


def _of_layer(layer: Layer, at: datetime, zone: str) -> int | None:
    if (layer.ends is not None and at >= layer.ends) or at < _begins(layer, 0, zone):
        return None
    if layer.windows and not any(_within(window, at, zone) for window in layer.windows):
        return None
    holiday = any(day.start <= at < day.end for day in layer.holidays)
    if layer.on_holidays and holiday != (layer.on_holidays == "only"):
        return None
    person, last, turn = None, -1, 0
    while (begins := _begins(layer, turn, zone)) <= at:
        person = None
        for step in range(1, len(layer.seats) + 1):
            number = (last + step) % len(layer.seats)
            seat = layer.seats[number]
            if (seat.since is None or begins >= seat.since) and (seat.until is None or begins < seat.until):
                person, last = seat.person, number
                break
        turn += 1
    return person


def _within(window, at: datetime, zone: str) -> bool:
    today = at.astimezone(ZoneInfo(zone)).date()
    for back in range(-1, 10):
        day = today - timedelta(days=back)
        if day.weekday() == window.weekday:
            start = datetime.combine(day, window.start)
            end = datetime.combine(day + timedelta(days=window.days), window.end)
            if when(start, zone) <= at < when(end, zone):
                return True
    return False


def plainly(plan: Plan, at: datetime) -> tuple[int, ...]:
    """Who is on call then."""
    for override in reversed(plan.overrides):
        if override.start <= at < override.end:
            return () if override.person is None else (override.person,)
    for layer in plan.layers:
        person = _of_layer(layer, at, plan.zone)
        if person is not None:
            return (person,)
    return ()
