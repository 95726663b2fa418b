"""What GoAlert's export says, as plain values: the JSON read once, leniently, and what is wrong with it named. Pure.

Both the import and what it is compared with start from these. Instants are aware and in UTC; ids are GoAlert's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ..plain import cleaned, rows, text

Json = dict[str, Any]
UNITS = ("hourly", "daily", "weekly", "monthly")
LONGEST = 9000  # that GoAlert takes
CONNECTIONS = ("users", "rotations", "schedules", "userOverrides", "escalationPolicies", "services")


class Unreadable(ValueError):
    """``str()`` is what is wrong with it, as the report says it."""


@dataclass(frozen=True)
class Rotation:
    id: str
    name: str
    zone: str
    unit: str  # one of ``UNITS``
    length: int
    start: datetime
    users: tuple[str, ...]
    active: int  # of ``users``: who has the turn that ends at ``next``
    next: datetime | None  # hand-off


@dataclass(frozen=True)
class Rule:
    """On from ``start`` to ``end`` on the schedule's wall, on the days that begin it: Sunday is the first."""

    start: time
    end: time
    days: tuple[bool, ...]

    @property
    def always(self) -> bool:
        return self.start == self.end and all(self.days)


@dataclass(frozen=True)
class Target:
    kind: str  # "rotation" or "user"
    id: str
    name: str
    rules: tuple[Rule, ...]  # that are ever on


@dataclass(frozen=True)
class Shift:
    user: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Temporary:
    """Within it the schedule is these shifts, and nothing else."""

    start: datetime
    end: datetime
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class Override:
    id: str
    schedule: str
    start: datetime
    end: datetime
    add: str  # "" where nobody is
    remove: str


@dataclass(frozen=True)
class Schedule:
    id: str
    name: str
    zone: str
    targets: tuple[Target, ...]
    temporary: tuple[Temporary, ...]


# --- values -------------------------------------------------------------------------------------------------------


def number(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def maybe_moment(value: Any) -> datetime | None:
    """None for what is not set, which Go also writes as its year 1, and for what cannot be meant."""
    try:
        found = datetime.fromisoformat(text(value))
        return found.astimezone(UTC) if found.tzinfo is not None and 1970 <= found.year < 2200 else None
    except (ValueError, OverflowError):
        return None


def moment(value: Any, what: str) -> datetime:
    found = maybe_moment(value)
    if found is None:
        raise Unreadable(f"its {what} is not an instant: {text(value) or 'empty'}")
    return found


def zone(value: Any) -> str:
    """A zone's name. Old data may have none, or the server's own, which nobody else can know."""
    name = text(value)
    if name in ("", "Local"):
        raise Unreadable("its time zone is not said (“Local”): set one in GoAlert")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Unreadable(f"its time zone is not known here: {name}") from None
    return name


def clock(value: Any) -> time:
    try:
        found = time.fromisoformat(text(value))
    except ValueError:
        raise Unreadable(f"a rule's time of day is not understood: {text(value) or 'empty'}") from None
    return found.replace(second=0, microsecond=0, tzinfo=None)


# --- objects ------------------------------------------------------------------------------------------------------


def nodes(pages: Iterable[Json], name: str) -> list[Json]:
    """All of one connection, of however many answers, each once."""
    found: dict[str, Json] = {}
    for page in pages:
        for node in rows(page, name, "nodes"):
            if text(node.get("id")):
                found.setdefault(text(node["id"]), node)
    return cleaned(list(found.values()))


def rotation(node: Json) -> Rotation:
    unit = text(node.get("type"))
    if unit not in UNITS:
        raise Unreadable(f"its type is not known: {unit or 'empty'}")
    length = max(1, number(node.get("shiftLength"), 1))
    if length > LONGEST:
        raise Unreadable(f"its turns are too long: {length}, {unit}")
    users = node.get("userIDs")
    handoffs = node.get("nextHandoffTimes")
    return Rotation(
        id=text(node.get("id")),
        name=text(node.get("name")),
        zone=zone(node.get("timeZone")),
        unit=unit,
        length=length,
        start=_to_the_minute(moment(node.get("start"), "start")),
        users=tuple(text(user) for user in users if text(user)) if isinstance(users, list) else (),
        active=max(0, number(node.get("activeUserIndex"))),  # -1: GoAlert has not looked at it yet
        next=maybe_moment(handoffs[0]) if isinstance(handoffs, list) and handoffs else None,
    )


def _to_the_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def rule(node: Json) -> Rule:
    days = node.get("weekdayFilter")
    if not isinstance(days, list) or len(days) != 7:
        raise Unreadable("a rule's days are not seven")
    return Rule(clock(node.get("start")), clock(node.get("end")), tuple(day is True for day in days))


def _targets(found: Sequence[Json]) -> Iterator[Target]:
    for one in found:
        kind, key = text(one, "target", "type"), text(one, "target", "id")
        if kind not in ("rotation", "user") or not key:
            raise Unreadable(f"it calls what is neither a person nor a rotation: {kind or 'nothing'}")
        rules = (rule(each) for each in rows(one.get("rules")))
        yield Target(kind, key, text(one, "target", "name"), tuple(each for each in rules if any(each.days)))


def _temporary(node: Json) -> Temporary:
    shifts = tuple(
        Shift(text(one.get("userID")), moment(one.get("start"), "shift's start"), moment(one.get("end"), "shift's end"))
        for one in rows(node.get("shifts"))
    )
    start, end = moment(node.get("start"), "temporary schedule's start"), moment(node.get("end"), "its end")
    return Temporary(start, end, shifts)


def schedule(node: Json) -> Schedule:
    return Schedule(
        id=text(node.get("id")),
        name=text(node.get("name")),
        zone=zone(node.get("timeZone")),
        targets=tuple(_targets(rows(node.get("targets")))),
        temporary=tuple(_temporary(one) for one in rows(node.get("temporarySchedules"))),
    )


def override(node: Json) -> Override:
    return Override(
        id=text(node.get("id")),
        schedule=text(node, "target", "id"),
        start=moment(node.get("start"), "start"),
        end=moment(node.get("end"), "end"),
        add=text(node.get("addUserID")),
        remove=text(node.get("removeUserID")),
    )
