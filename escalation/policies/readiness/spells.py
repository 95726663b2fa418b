"""Gaps as people say them: what comes again every week is said once. Pure: plain values in, plain values out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from escalation.oncall.spans import Span

_Like = tuple[time, time, int]  # begins, ends, so many days later


@dataclass(frozen=True)
class Spell:
    """One gap, or several alike. Times as the wall shows them; ``weekdays`` only of what comes again."""

    start: datetime
    end: datetime
    weekdays: tuple[int, ...] = ()  # on which it begins, Monday is 0
    under_way: bool = False
    endless: bool = False  # it is not over where the look ahead ends

    @property
    def days(self) -> int:
        """How many midnights it passes."""
        return (self.end.date() - self.start.date()).days

    @property
    def again(self) -> bool:
        return bool(self.weekdays)


def spells(gaps: Iterable[Span], zone: str, since: datetime, until: datetime) -> list[Spell]:
    """In the order of their next time. What is under way or goes on beyond ``until`` stands by itself."""
    wall = ZoneInfo(zone)
    found: list[Spell] = []
    alike: dict[_Like, list[Spell]] = {}
    begun: set[tuple[int, time]] = set()
    for gap in gaps:
        one = Spell(gap.start.astimezone(wall), gap.end.astimezone(wall), under_way=gap.start <= since)
        begins = one.start.weekday(), one.start.time()
        if gap.end >= until:
            if begins not in begun:  # else it is one more of those, cut by where the look ahead ends
                found.append(replace(one, endless=True))
        elif one.under_way or one.days > 6:
            found.append(one)
        else:
            begun.add(begins)
            alike.setdefault((one.start.time(), one.end.time(), one.days), []).append(one)
    for some in alike.values():
        found += _weekly(some)
    return sorted(found, key=lambda one: one.start)


def _weekly(some: list[Spell]) -> list[Spell]:
    """Of gaps at the same time of day: those of weekdays that come again as one, the others each by itself."""
    by_day: dict[int, list[Spell]] = {}
    for one in some:
        by_day.setdefault(one.start.weekday(), []).append(one)
    weekly = {day: theirs[0] for day, theirs in by_day.items() if _every_week(theirs)}
    singles = [one for day, theirs in by_day.items() if day not in weekly for one in theirs]
    if not weekly:
        return singles
    first = min(weekly.values(), key=lambda one: one.start)
    return [*singles, Spell(first.start, first.end, tuple(sorted(weekly)))]


def _every_week(some: list[Spell]) -> bool:
    """More than once, and each a week after the one before."""
    apart = [(later.start.date() - earlier.start.date()).days for earlier, later in pairwise(some)]
    return bool(apart) and all(days == 7 for days in apart)
