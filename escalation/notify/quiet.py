"""Quiet hours, and waiting that takes no account of them. Pure: plain values in, plain values out.

Quiet hours are a stretch of every night (or day) on somebody's own clock, from ``begins`` until before ``ends``.
Where a clock is put forward over one of the two, it falls on the first instant after the gap; where
it is put back, on the first of the two.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_MOST = 24 * 60 + 1  # stretches that are waited for: more than the longest delay needs if each leaves a minute


@dataclass(frozen=True)
class Quiet:
    begins: time
    ends: time


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def later(now: datetime, delay: timedelta, quiet: Quiet | None, zone: ZoneInfo) -> datetime:
    """``delay`` after ``now``, where quiet hours do not count: never within them.

    Hours that leave hardly a moment of the day are none: a call must not be lost in them.
    """
    if quiet is None or quiet.begins == quiet.ends:
        return now + delay
    at, left = now, delay
    for _waited in range(_MOST):
        start, end = _next_stretch(at, quiet, zone)
        if at < start and at + left < start:
            return at + left
        left -= max(start - at, timedelta(0))
        at = end
    return now + delay


def is_quiet(at: datetime, quiet: Quiet, zone: ZoneInfo) -> bool:
    return _next_stretch(at, quiet, zone)[0] <= at


def _next_stretch(at: datetime, quiet: Quiet, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The quiet stretch that ``at`` is in, else the next one."""
    day = at.astimezone(zone).date() - timedelta(days=1)  # it may have begun the evening before
    while True:
        start, end = _stretch(day, quiet, zone)
        if start < end and at < end:
            return start, end
        day += timedelta(days=1)


def _stretch(day: date, quiet: Quiet, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if quiet.begins < quiet.ends else day + timedelta(days=1)
    return _instant(day, quiet.begins, zone), _instant(last, quiet.ends, zone)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When a clock in ``zone`` first shows that time of that day, or, if it never does, when it has gone past it."""
    wanted = datetime.combine(day, clock)
    early, late = sorted(wanted.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == wanted:
        return early
    while late - early > _SECOND:  # in a gap: between the two is the instant at which the clock was put forward
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wanted:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
