"""When a clock on a zone's wall shows a time: the one place where local times become instants. Pure.

A time that the wall skips (summer time begins, a date line moves) is the first instant after the
gap; a time that it shows twice is the first of the two.
"""

from datetime import UTC, datetime, timedelta, tzinfo

_SECOND = timedelta(seconds=1)


def instant(local: datetime, zone: tzinfo) -> datetime:
    """``local`` is naive; the answer is in UTC."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown(first, zone) == local:
        return first
    return _after_the_gap(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def shown(at: datetime, zone: tzinfo) -> datetime:
    """What the wall shows then, naive."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _after_the_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """``before`` still has the old offset and ``after`` the new one: halve what lies between, to the second."""
    new = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
