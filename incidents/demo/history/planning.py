"""Which incident happens when, and how it goes. Pure: the same for the same instant, number and seed."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .words import CACHE, CACHE_TITLES, TROUBLE, Words

DAYS = 182
REST = timedelta(hours=30)  # before the present, which has stories of its own
COUNT = 250
SEED = 75
OFTEN = timedelta(days=31)  # the same twice in so long is chance: three times would be a truth that nobody planted
_WEEKDAYS = (1.4, 1.2, 1.1, 1.1, 1.0, 0.5, 0.4)
_SHARES = {"Payments": 15, "Orders": 19, "Catalogue": 14, "Identity": 17, "Network": 16, "Workplace": 12}
_SHARES |= {"Ticket portal": 7}

FIXED = 63.0  # days ago
_BEFORE = (120.2, 116.4, 113.1, 109.8, 104.3, 99.9, 97.2, 92.6, 88.1, 84.7, 80.5, 75.3)
_AFTER = (31.4,)
PROBLEM_BEGINS = 8  # days after the last of them: all of them are closed by then

# How an incident goes, by the service's path. What each is: ``acting``.
_BUSINESS = {"desk": 45, "second": 17, "third": 6, "unanswered": 6, "slow": 5, "warned": 5, "handover": 5}
_BUSINESS |= {"sent_back": 3, "reopened": 3, "alone": 9, "merged": 3, "restricted": 2, "hesitant": 1}
_INFRASTRUCTURE = {"through": 48, "hesitant": 27, "desk": 4, "unanswered": 6, "alone": 12, "reopened": 3}
_WORKPLACE = {"desk": 88, "alone": 6, "reopened": 6}
_FLOWS = dict.fromkeys(("Payments", "Orders", "Catalogue", "Ticket portal"), _BUSINESS)
_FLOWS |= dict.fromkeys(("Identity", "Network"), _INFRASTRUCTURE) | {"Workplace": _WORKPLACE}


@dataclass(frozen=True)
class Plan:
    """``place``: the first is 0; its number follows. ``twin``: the place of the one that is merged into it."""

    place: int
    at: datetime
    service: str
    words: Words
    flow: str
    twin: int | None = None
    dice: str = ""

    @property
    def places(self) -> tuple[int, ...]:
        return (self.place,) if self.twin is None else (self.place, self.twin)


def plans(until: datetime, *, count: int = COUNT, seed: int = SEED) -> list[Plan]:
    """So many incidents, merged ones among them, in the half year before ``until``; in their order."""
    dice = random.Random(seed)  # noqa: S311 (a play)
    planted = [(until - timedelta(days=ago), "Catalogue", "cached") for ago in _BEFORE[:-1]]
    planted += [(until - timedelta(days=_BEFORE[-1]), "Catalogue", "mended")]
    planted += [(until - timedelta(days=ago), "Catalogue", "back") for ago in _AFTER]
    rest, left = [], count - len(planted)
    while left > 0:
        service = dice.choices(list(_SHARES), list(_SHARES.values()))[0]
        flows = _FLOWS[service]
        flow = dice.choices(list(flows), list(flows.values()))[0]
        flow = "desk" if flow == "merged" and left == 1 else flow
        left -= 2 if flow == "merged" else 1
        rest.append((_instant(until, dice), service, flow))
    return _numbered(sorted([*planted, *rest]), dice)


def _instant(until: datetime, dice: random.Random) -> datetime:
    """More on Mondays than on Sundays, by day than by night, and in the weeks of the sales."""
    days = [until - REST - timedelta(days=ago) for ago in range(1, DAYS)]
    day = dice.choices(days, [_WEEKDAYS[day.weekday()] * _season(ago) for ago, day in enumerate(days)])[0]
    hour = dice.choices(range(24), [0.25 + max(0.0, math.sin((hour - 5) * math.pi / 15)) for hour in range(24)])[0]
    return day.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(seconds=dice.randrange(3600))


def _season(ago: int) -> float:
    return 1.8 if ago // 7 in (5, 6, 18) else 0.6 if 11 <= ago // 7 <= 13 else 1.0


def _numbered(drawn: Iterable[tuple[datetime, str, str]], dice: random.Random) -> list[Plan]:
    found: list[Plan] = []
    told: list[tuple[datetime, Words]] = []
    place = 0
    for at, service, flow in drawn:
        if flow in ("cached", "mended", "back"):
            words = CACHE._replace(title=CACHE_TITLES[place % len(CACHE_TITLES)])
        else:
            words = _something(TROUBLE[service], [one for when, one in told if at - when < OFTEN], dice)
            told.append((at, words))
        twin = place + 1 if flow == "merged" else None
        found.append(Plan(place, at, service, words, flow, twin, dice=f"{place}/{dice.random()}"))
        place += 1 if twin is None else 2
    return found


def _something(known: Sequence[Words], lately: Iterable[Words], dice: random.Random) -> Words:
    """One of those that were heard least of late."""
    heard = Counter(lately)
    least = min(heard[one] for one in known)
    return dice.choice([one for one in known if heard[one] == least])
