"""How much one source may say. Counted in this process's memory: with several web processes each allows as much.

Within its quota a source may say everything. Beyond it, only what must not be lost: first alerts
and ends. At ``CEILING`` times the quota only the ends of what is known still come in, so
that no sender can fill the disk with new keys.
"""

import time
from dataclasses import dataclass, field

from incidents.models import Receipt, Source

CEILING = 5
RETRY_SECONDS = 10


class TooMuch(Exception):
    """Refused for now; ``str()`` says why, in words for the sender's own log."""


@dataclass
class Allowance:
    """So many a minute, and a minute's worth at once."""

    a_minute: int
    left: float = -1.0
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = float(self.a_minute)

    def take(self, now: float) -> bool:
        self.left = min(float(self.a_minute), self.left + (now - self.at) * self.a_minute / 60)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def has(self, number: int) -> bool:
        return self.left >= number


@dataclass
class _Rate:
    plain: Allowance
    ceiling: Allowance


_rates: dict[int, _Rate] = {}


def is_short(source: Source, number: int) -> bool:
    """Whether ``number`` messages more may be too many, so that it matters what they say."""
    return not _rate(source).plain.has(number)


def admit(source: Source, rank: int, *, known: bool) -> None:
    """Count one message; ``known``: it is about something that lives or waits. Raises ``TooMuch``."""
    rate, now = _rate(source), time.monotonic()
    within, below = rate.plain.take(now), rate.ceiling.take(now)
    ends = rank == Receipt.Rank.ENDS
    if within or (below and rank != Receipt.Rank.REPEATS) or (ends and known):
        return
    raise TooMuch(f"More than {source.quota} messages a minute came from this source. Try again later.")


def _rate(source: Source) -> _Rate:
    rate = _rates.get(source.pk)
    if rate is None or rate.plain.a_minute != source.quota:
        if len(_rates) > 10_000:
            _rates.clear()
        rate = _rates[source.pk] = _Rate(Allowance(source.quota), Allowance(source.quota * CEILING))
    return rate
