"""Loaded by every Python whose time is faked: Debian's libfaketime 0.9.10 breaks ``time.sleep``.

With FAKETIME_DONT_FAKE_MONOTONIC it passes on an instant in the past to ``clock_nanosleep``, which
refuses it. ``select`` waits for a span instead, by the clock that never jumps.
"""

import select
import time


def sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
