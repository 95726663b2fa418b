"""A clock that can be made to jump, for every Python process of a storm on SQLite.

Python loads this before anything else where the folder is on its path. ``CHAOS_CLOCK`` names a file with the
seconds that the wall clock is ahead; monotonic clocks stay as they are. PostgreSQL's processes have
libfaketime instead; under that, Python's own waiting goes wrong (its ``time.sleep`` is refused, its threads spin).
"""

import datetime
import os
import time
from pathlib import Path

_file, _truly, _real = Path(os.environ["CHAOS_CLOCK"]), time.time, datetime.datetime


def ahead() -> float:
    return float(_file.read_text() or 0)


class _Kind(type):
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, _real)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _real)


class Jumping(_real, metaclass=_Kind):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return cls.fromtimestamp(time.time(), tz)


Jumping.__name__ = Jumping.__qualname__ = "datetime"
Jumping.__module__ = "datetime"
datetime.datetime = Jumping  # type: ignore[misc]
time.time = lambda: _truly() + ahead()
time.time_ns = lambda: int(time.time() * 1_000_000_000)
