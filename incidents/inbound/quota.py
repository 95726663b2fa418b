"""How much one source may say. Counted in this process's memory: with several web processes each allows as much.

Within its quota a source may say everything. Beyond it, only what must not be lost: first alerts
and ends. At ``CEILING`` times the quota only the ends of what is known still come in, so
that no sender can fill the disk with new keys.
"""

from dataclasses import dataclass

from escalation.kit import clock
from escalation.kit.allowance import Allowance
from incidents.models import Receipt, Source

CEILING = 5
RETRY_SECONDS = 10


class TooMuch(Exception):
    """Refused for now; ``str()`` says why, in words for the sender's own log."""


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
    rate, now = _rate(source), _now()
    within, below = rate.plain.take(now), rate.ceiling.take(now)
    ends = rank == Receipt.Rank.ENDS
    if within or (below and rank != Receipt.Rank.REPEATS) or (ends and known):
        return
    raise TooMuch(f"More than {source.quota} messages a minute came from this source. Try again later.")


def _now() -> float:
    return clock.nearly().timestamp()


def _rate(source: Source) -> _Rate:
    rate = _rates.get(source.pk)
    if rate is None or rate.plain.a_minute != source.quota:
        if len(_rates) > 10_000:
            _rates.clear()
        rate = _rates[source.pk] = _Rate(Allowance(source.quota, _now()), Allowance(source.quota * CEILING, _now()))
    return rate
