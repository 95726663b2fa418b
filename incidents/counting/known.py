"""Days that this process has read, so that it need not read them again: a year of a large desk is some megabytes.

A day is known by its stamp, which is another each time it is packed. So whoever asks the database which stamps hold now
knows which days need not be read; nothing here is ever older than that.
"""

import threading
from collections.abc import Mapping
from datetime import date

from .packed import Day

ROOM = 32_000_000  # bytes of packed days

_lock = threading.Lock()
_days: dict[date, tuple[str, Day]] = {}  # those that were read last at the end
_size = 0


def known(stamps: Mapping[date, str]) -> dict[date, Day]:
    """Of these days those that were read since they were packed so."""
    with _lock:
        return {day: one[1] for day, stamp in stamps.items() if (one := _days.get(day)) and one[0] == stamp}


def keep(day: date, stamp: str, read: Day) -> Day:
    """Know it from now on, instead of what was read the longest ago if there is no room. Returns it."""
    global _size
    with _lock:
        _drop(day)
        _days[day] = stamp, read
        _size += len(read.body)
        while _size > ROOM:
            _drop(next(iter(_days)))
    return read


def forget() -> None:
    """All of them."""
    with _lock:
        for day in list(_days):
            _drop(day)


def _drop(day: date) -> None:
    global _size
    if day in _days:
        _size -= len(_days.pop(day)[1].body)
