"""How much work one event of a calendar file may be. Pure.

A rule can be written that comes every second since the year 1, or for a day that there never is, and keeps whoever
works it out busy for days. Such work is measured in calls of functions, not in seconds: so the same event is left out
everywhere and each time it is read, or nowhere. What calls nothing and lasts all the same is up to the limits of the
process that reads (see ``reading``).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

MOST = 1_000_000  # calls: an event three times a day for two years takes less, one every hour more


class TooMuch(Exception):
    """It was given up."""


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """End with ``TooMuch`` what makes more calls of functions than that, in this thread."""
    left, before = calls, sys.getprofile()

    def count(_frame: FrameType, happens: str, _about: Any) -> None:
        nonlocal left
        if happens in ("call", "c_call"):
            left -= 1
            if left < 0:
                raise TooMuch

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
