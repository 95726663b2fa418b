"""Warning signs: which facts say that it is time to escalate. Pure; one small function each.

A sign has a level (mild or strong), an amount that grows with the trouble, and its evidence as numbers and names;
others make the sentence. ``UNKNOWN`` says that there is too little history to compare with, and counts for nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from .story import Facts

ENOUGH = 10  # incidents, to say what is usual
LATELY = timedelta(hours=1)  # in which growth is growth
LEAST_PEOPLE = 20
LEAST_MINUTES = 10  # of hands-on time, before it is compared
_SILENT = {1: 15, 2: 30, 3: 60, 4: 240, 5: 480}  # minutes without a word, by severity


class Level(IntEnum):
    UNKNOWN = 0
    MILD = 1
    STRONG = 2


@dataclass(frozen=True)
class Sign:
    key: str
    level: Level
    amount: int = 0
    evidence: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """From where on each sign is mild, and strong; how long a silence may be, in per cent; and what it takes to say
    *soon* and *now*: a mild sign counts one, a strong one two."""

    key: str
    growth: tuple[int, int]  # so many times as many people
    hands_on: tuple[int, int]  # per cent of what is usual
    attempts: tuple[int, int]
    passes: tuple[int, int]
    reopened: tuple[int, int]
    silence: int
    limit: tuple[int, int]  # per cent of the limit that is left, at most
    again: tuple[int, int]
    soon: int
    now: int


CAREFUL = Preset("careful", (2, 3), (80, 150), (1, 2), (2, 3), (1, 2), 50, (30, 15), (1, 3), soon=1, now=2)
BALANCED = Preset("balanced", (2, 5), (100, 200), (2, 3), (2, 4), (1, 2), 100, (20, 10), (2, 4), soon=2, now=3)
PATIENT = Preset("patient", (3, 10), (150, 300), (3, 5), (3, 5), (2, 3), 200, (10, 5), (3, 6), soon=2, now=4)
PRESETS = {preset.key: preset for preset in (CAREFUL, BALANCED, PATIENT)}


def growth(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """The number of people affected grows: within the last hour, and since the baton came here."""
    stated = [(at, number) for at, number in facts.people if number > 0]
    if not stated or stated[-1][1] < LEAST_PEOPLE:
        return None
    from_here = max(filter(None, [facts.here_since, now - LATELY]))
    earlier = [one for one in stated if one[0] <= from_here]
    since, first = earlier[-1] if earlier else stated[0]
    number = stated[-1][1]
    level = _level(number // first, preset.growth)
    minutes = _minutes(now - max(since, from_here))
    return _sign("growth", level, number, people=number, first=first, times=number // first, minutes=minutes)


def missing(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """Something is needed that its holder cannot, may not, or has no access to: no trying makes up for it."""
    if not facts.missing:
        return None
    level = Level.STRONG
    return _sign("missing", level, len(facts.missing), what=", ".join(facts.missing), kind=facts.missing_kind)


def hands_on(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """More hands-on minutes went into it here than similar incidents took in all."""
    minutes, usual = _minutes(facts.hands_on), facts.usual
    if minutes < LEAST_MINUTES:
        return None
    if usual.count < ENOUGH:
        return Sign("hands_on", Level.UNKNOWN, 0, {"minutes": minutes, "count": usual.count})
    level = _level(100 * minutes // max(usual.minutes, 1), preset.hands_on)
    return _sign("hands_on", level, minutes, minutes=minutes, usual=usual.minutes, count=usual.count)


def attempts(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """Attempts here did not help, one after the other. One that made it worse counts twice."""
    level = _level(facts.failed + facts.worse, preset.attempts)
    return _sign("attempts", level, facts.failed + facts.worse, failed=facts.failed, worse=facts.worse)


def passes(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """It goes from hand to hand. Coming back to somebody who has had it counts twice."""
    level = _level(facts.passes + facts.returns, preset.passes)
    return _sign("passes", level, facts.passes + facts.returns, passes=facts.passes, returns=facts.returns)


def reopened(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """It was over and came back, and nobody further up has seen it since."""
    level = None if facts.climbed else _level(facts.reopened, preset.reopened)
    return _sign("reopened", level, facts.reopened, times=facts.reopened)


def silence(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """Somebody has it, and nothing was heard of them for a while; how long depends on the severity."""
    if not facts.taken or facts.heard_at is None:
        return None
    minutes, least = _minutes(now - facts.heard_at), _SILENT[facts.severity] * preset.silence // 100
    return _sign("silence", _level(minutes, (least, 2 * least)), minutes, minutes=minutes)


def limit(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """The time to work on it is nearly over: then the next step is taken anyway."""
    if facts.limit_at is None or not facts.limit or now >= facts.limit_at:
        return None
    left = facts.limit_at - now
    percent = -(-left * 100 // facts.limit)
    mild, strong = preset.limit
    level = Level.STRONG if percent <= strong else Level.MILD if percent <= mild else None
    return _sign("limit", level, 100 - percent, seconds=int(left.total_seconds()))


def again(facts: Facts, now: datetime, preset: Preset) -> Sign | None:
    """The same trouble lately, more than once, and nobody further up has seen it this time."""
    level = None if facts.climbed else _level(facts.before, preset.again)
    return _sign("again", level, facts.before, times=facts.before)


Look = Callable[[Facts, datetime, Preset], Sign | None]
# In the order of their weight: of equally strong ones the first says why.
SIGNS: dict[str, Look] = {
    "missing": missing,
    "growth": growth,
    "attempts": attempts,
    "hands_on": hands_on,
    "passes": passes,
    "reopened": reopened,
    "again": again,
    "limit": limit,
    "silence": silence,
}


def seen(facts: Facts, now: datetime, preset: Preset, *, off: Collection[str] = ()) -> list[Sign]:
    """All that show, the strongest first; those without history last."""
    found = [look(facts, now, preset) for key, look in SIGNS.items() if key not in off]
    return sorted((sign for sign in found if sign is not None), key=lambda sign: -sign.level)


def _level(amount: int, steps: tuple[int, int]) -> Level | None:
    mild, strong = steps
    return Level.STRONG if amount >= strong else Level.MILD if amount >= mild else None


def _sign(key: str, level: Level | None, amount: int, **evidence: int | str) -> Sign | None:
    return None if level is None else Sign(key, level, amount, evidence)


def _minutes(span: timedelta) -> int:
    return max(0, int(span.total_seconds()) // 60)
