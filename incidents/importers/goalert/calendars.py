"""GoAlert's schedules and rotations as layers and covers of ours. Pure.

Every target of a schedule is a layer, and all are on call together. A rotation counts its turns from its own start, as
there, with the order turned so that whoever is on call now is: two exports of the same rotation say the same.

GoAlert's hours are the wall's, ours are elapsed time. So a rotation whose turns divide the day is as many layers, one
for each of the day's turns, which change daily. What divides no day is counted in elapsed hours, and said to be.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from math import gcd
from zoneinfo import ZoneInfo

from ..records import Cover, Layer, Level, Note, Schedule
from ..windows import Window, daily
from . import hours, shapes
from .shapes import Unreadable
from .theirs import Grid, OnCall, Piece, instant

UNITS = {"daily": "days", "weekly": "weeks", "monthly": "months"}
MOST = 366  # units that a turn of ours may last
FIRST = datetime(2001, 1, 1)  # a Monday: since when somebody who takes no turns has been there
EARLIEST = 2000
DAY = timedelta(days=1)
FAR = 400 * DAY  # what is so far away is not looked at: nobody knows today who will be on call then


@dataclass
class Calendar:
    """What one export says of who is on call."""

    now: datetime
    rotations: dict[str, shapes.Rotation] = field(default_factory=dict)
    overrides: list[shapes.Override] = field(default_factory=list)

    def on_call(self, schedule: shapes.Schedule, since: datetime, until: datetime) -> OnCall:
        return OnCall(schedule, self.rotations, self.overrides, now=self.now, since=since, until=until)


def of_schedule(theirs: shapes.Schedule, calendar: Calendar, notes: list[Note]) -> Schedule:
    """Raises ``Unreadable`` if it cannot come over at all."""
    layers: list[Layer] = []
    mine: list[tuple[str, ...]] = []  # the layers of each target
    zone = _zone(theirs, calendar)
    for target in theirs.targets:
        found = list(_of_target(target, zone, theirs, calendar, notes)) if target.rules else []
        layers += found
        mine.append(tuple(layer.id for layer in found))
    if len(theirs.targets) == 1:  # never on at once: one below the other is one schedule here
        layers = [replace(layer, level=level) for level, layer in enumerate(layers)]
    return Schedule(theirs.id, theirs.name, zone, tuple(layers), tuple(_covers(theirs, mine, calendar)))


def of_rotation(theirs: shapes.Rotation, calendar: Calendar, notes: list[Note]) -> Schedule:
    """One that a policy calls by itself: whoever has its turn."""
    layers = _turns(theirs, theirs.zone, (), calendar.now, notes, ("schedule", theirs.id, theirs.name))
    levels = [replace(layer, level=level) for level, layer in enumerate(layers)]
    return Schedule(theirs.id, f"{theirs.name} (rotation)", theirs.zone, tuple(levels))


# --- layers -------------------------------------------------------------------------------------------------------


def _zone(theirs: shapes.Schedule, calendar: Calendar) -> str:
    """The schedule's own; that of its rotations where nothing else goes by a wall."""
    if all(rule.always for target in theirs.targets for rule in target.rules):
        zones = {calendar.rotations[one.id].zone for one in theirs.targets if one.id in calendar.rotations}
        if len(zones) == 1:
            return zones.pop()
    return theirs.zone


def _of_target(
    target: shapes.Target, zone: str, theirs: shapes.Schedule, calendar: Calendar, notes: list[Note]
) -> Iterator[Layer]:
    windows = hours.of_rules(target.rules)
    about = ("schedule", theirs.id, theirs.name)
    if twice := _ends_twice(target.rules, theirs.zone, calendar.now):
        text = (
            f"On {twice:%Y-%m-%d} the clocks show {twice:%H:%M} twice: hours end the first time here, there the last."
        )
        notes.append(Note(*about, Level.CHANGED, text))
    if target.kind == "user":
        yield Layer(target.id, target.name, "weeks", 1, FIRST, ((target.id,),), windows)
        return
    rotation = calendar.rotations.get(target.id)
    if rotation is None:
        raise Unreadable(f"it calls a rotation that does not come over ({target.id})")
    if not _same_clock(rotation, zone, calendar.now):
        text = (
            f"Rotation {rotation.name} changes on the wall of {rotation.zone}, its hours here are of {zone}: while the"
            " two clocks differ by another hour than usual, it changes an hour earlier or later."
        )
        notes.append(Note(*about, Level.CHANGED, text))
    yield from _turns(rotation, zone, windows, calendar.now, notes, about)


def _ends_twice(rules: Iterable[shapes.Rule], zone: str, now: datetime) -> datetime | None:
    """When hours end at a time that the wall shows twice, within a year."""
    wall = ZoneInfo(zone)
    today = datetime.combine(now.astimezone(wall).date(), time())
    ends = {rule.end for rule in rules if not rule.always}
    times = (datetime.combine(today + DAY * number, end) for number in range(366) for end in sorted(ends))
    return next((at for at in times if instant(at, wall) != instant(at, wall, last=True)), None)


def _same_clock(rotation: shapes.Rotation, zone: str, now: datetime) -> bool:
    """Whether the two always differ by as much, so that the one's hand-offs can be said on the other's wall."""
    if rotation.zone == zone:
        return True
    here, there = ZoneInfo(rotation.zone), ZoneInfo(zone)
    first = min(rotation.start, now)
    days = (first + DAY * number for number in range((now - first).days + 400))
    return len({_offset(day, here) - _offset(day, there) for day in days}) == 1


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _turns(
    rotation: shapes.Rotation,
    zone: str,
    windows: tuple[Window, ...],
    now: datetime,
    notes: list[Note],
    about: tuple[str, str, str],
) -> Iterator[Layer]:
    users = rotation.users
    if not users:
        notes.append(Note(*about, Level.NOTE, f"Rotation {rotation.name} has nobody in it."))
        return
    if len(set(users)) == 1:
        yield Layer(rotation.id, rotation.name, "weeks", 1, FIRST, ((users[0],),), windows)
        return
    grid, wall = Grid(rotation), ZoneInfo(zone)
    known = grid.known(now)
    goes_on = rotation.start <= now and grid.start.year >= EARLIEST and _same_clock(rotation, zone, now)
    hourly = rotation.unit == "hourly"
    if hourly and 24 % rotation.length == 0:
        first = 0 if goes_on else known - known % (24 // rotation.length * len(users))
        start = _shown(grid.at(first), wall)
        yield from _of_the_day(rotation, start, rotation.active - known + first, windows, notes, about)
        return
    whole_days = hourly and rotation.length % 24 == 0
    unit = "days" if whole_days else UNITS.get(rotation.unit, "hours")
    every = rotation.length // 24 if whole_days else rotation.length
    if every > MOST:
        raise Unreadable(f"a turn of its rotation {rotation.name} lasts {every} {unit}, at most {MOST} are possible")
    first = 0 if goes_on and unit != "hours" else known - known % len(users)
    start = _shown(grid.at(first), wall)
    if unit == "hours":
        text = (
            f"Rotation {rotation.name} changes every {every} hours of elapsed time here, and of the wall's in GoAlert"
        )
        notes.append(
            Note(*about, Level.CHANGED, f"{text}: after the next change of the clocks they are an hour apart.")
        )
    if unit == "months" and grid.start.day > 28:
        text = f"Rotation {rotation.name} changes on a day that not every month has: here on the month's last day then"
        notes.append(Note(*about, Level.CHANGED, f"{text}, in GoAlert some days into the next month."))
    order = _from(users, rotation.active - known + first)
    yield Layer(rotation.id, rotation.name, unit, every, start, tuple((user,) for user in order), windows)


def _of_the_day(
    rotation: shapes.Rotation,
    start: datetime,
    first: int,
    windows: tuple[Window, ...],
    notes: list[Note],
    about: tuple[str, str, str],
) -> Iterator[Layer]:
    """One layer for each turn that a day has, with the order of those who have it on one day after the other.

    The turn that begins at ``start`` is of ``first``.
    """
    a_day = 24 // rotation.length
    if a_day == 24:
        text = (
            f"Rotation {rotation.name}: an hour that the clocks skip is somebody's turn here, and nobody's in GoAlert."
        )
        notes.append(Note(*about, Level.CHANGED, text))
    users, lasts = rotation.users, rotation.length * 60
    days = len(users) // gcd(len(users), a_day)  # until the same people have the same turns
    for place in range(a_day):
        begins = start + timedelta(minutes=lasts * place)
        order = tuple((users[(first + place + day * a_day) % len(users)],) for day in range(days))
        minute = begins.hour * 60 + begins.minute
        slot = daily(minute, minute + lasts)
        own = tuple(slot) if a_day > 1 else ()
        both = hours.common(own, windows) if own and windows else own or windows
        if both or not windows:
            name = f"{rotation.name} {begins:%H:%M}" if a_day > 1 else rotation.name
            yield Layer(f"{rotation.id}/{place}", name, "days", 1, begins, order, both)


def _from(users: Sequence[str], place: int) -> list[str]:
    place %= len(users)
    return [*users[place:], *users[:place]]


def _shown(at: datetime, wall: ZoneInfo) -> datetime:
    return at.astimezone(wall).replace(tzinfo=None, fold=0)


# --- covers -------------------------------------------------------------------------------------------------------


def _covers(theirs: shapes.Schedule, mine: Sequence[tuple[str, ...]], calendar: Calendar) -> Iterator[Cover]:
    """Whoever is replaced or removed is so on each layer, for as long as it is theirs. Past ones stay behind."""
    apart = [one for one in theirs.temporary if one.end > calendar.now]
    ahead = [one for one in calendar.overrides if one.schedule == theirs.id and one.end > calendar.now]
    ahead.sort(key=lambda one: (bool(one.add), one.start, one.id))  # who is replaced is not removed
    if ahead:
        since = max(min(one.start for one in ahead), calendar.now - FAR)
        until = min(max(one.end for one in ahead), calendar.now + FAR)
        lines = calendar.on_call(theirs, since, until).lines
        for one in ahead:
            people = (one.add,) if one.add else ()
            if not one.remove:
                for start, end in _outside(one.start, one.end, apart):
                    yield Cover(people, start, end, beside=True)
                continue
            for layers, pieces in zip(mine, lines, strict=True):
                for piece in _of(one.remove, pieces):
                    start, end = max(piece.start, one.start), min(piece.end, one.end)
                    if start < end and layers:
                        yield from (Cover(people, *span, layers=layers) for span in _outside(start, end, apart))
    for temporary in apart:
        yield from _temporary(temporary)


def _of(user: str, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What follows without a break is one."""
    last: Piece | None = None
    for piece in (one for one in pieces if one.user == user):
        if last is not None and last.end == piece.start:
            last = Piece(last.start, piece.end, user)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _outside(start: datetime, end: datetime, apart: Iterable[shapes.Temporary]) -> Iterator[tuple[datetime, datetime]]:
    """An override does not count within a temporary schedule."""
    for one in sorted(apart, key=lambda one: one.start):
        if one.start < end and start < one.end:
            if start < one.start:
                yield start, one.start
            start = max(start, one.end)
    if start < end:
        yield start, end


def _temporary(theirs: shapes.Temporary) -> Iterator[Cover]:
    """All layers are nobody's, and its shifts come in addition: where it has none, nobody is on call."""
    yield Cover((), theirs.start, theirs.end)
    for shift in theirs.shifts:
        start, end = max(shift.start, theirs.start), min(shift.end, theirs.end)
        if start < end:
            yield Cover((shift.user,), start, end, beside=True)
