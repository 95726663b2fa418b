"""One transaction: when it is, who acts, and how late that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

BATON = "Baton"
LATE = timedelta(seconds=10)


@dataclass(frozen=True)
class Moment:
    now: datetime
    actor: str = BATON


def late(m: Moment, due: datetime) -> int | None:
    """Seconds, if it is worth a word."""
    behind = m.now - due
    return int(behind.total_seconds()) if behind > LATE else None
