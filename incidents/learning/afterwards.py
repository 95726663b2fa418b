"""Whether a problem came back less often after it was fixed: the same number of days before and after. Pure.

What is rare cannot be judged soon. If nothing had changed, each of the incidents would be as likely after the fix as
before it; a fix has helped if chance alone would bring so few after it in one of ten cases at most: 0 after 4 before,
1 after 6, 2 after 7. It has not helped if as many came after it, and more than one. Until one of the two is so it is
too early to tell; and once as many days have passed as are looked at, it is not clear, and stays so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import comb

DAYS = 90  # that are looked at, at most
SOON = 7  # days before which nothing is said
CHANCE = 0.1


class Verdict(StrEnum):
    HELPED = "helped"
    NOT = "not"
    EARLY = "early"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Measured:
    """``days``: whole days on each side of the fix."""

    before: int
    after: int
    days: int

    @property
    def verdict(self) -> Verdict:
        if self.days < SOON:
            return Verdict.EARLY
        if self.after >= max(2, self.before):
            return Verdict.NOT
        if self.after < self.before and _by_chance(self.after, self.before + self.after) <= CHANCE:
            return Verdict.HELPED
        return Verdict.EARLY if self.days < DAYS else Verdict.UNCLEAR


def span(fixed_at: datetime, now: datetime) -> timedelta:
    """How long before and after the fix is looked at."""
    return min(max(now - fixed_at, timedelta()), timedelta(days=DAYS))


def measured(fixed_at: datetime, opened: Iterable[datetime], now: datetime) -> Measured:
    """``opened``: when each of its incidents was opened."""
    length = span(fixed_at, now)
    found = [at for at in opened if fixed_at - length <= at < fixed_at + length]
    before = sum(at < fixed_at for at in found)
    return Measured(before, len(found) - before, length.days)


def _by_chance(after: int, both: int) -> float:
    """How likely it is that so few or fewer of ``both`` fall into the second of two equal halves."""
    return sum(comb(both, n) for n in range(after + 1)) / 2**both
