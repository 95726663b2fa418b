"""How many red findings there are, for the menu of every page: known to each process, and never asked for by a page.

What was found is kept too, for pages that say a part of it (``lately``).
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.cache import cache

from escalation.kit import clock

from .facts import Ids
from .gathering import Report, report

EVERY = 600.0  # seconds between two looks of a process
KEPT = "readiness:found"

_red: tuple[Ids, ...] = ()  # the teams that each red finding concerns
_looked = False


def keep(found: Report) -> None:
    """Somebody has just looked at everything."""
    global _red, _looked
    _looked = True
    _red = tuple(one.teams for one in found.findings if one.red)
    cache.set(KEPT, found, EVERY)


def forget() -> None:
    """As in a process that has not looked yet."""
    global _red, _looked
    _red, _looked = (), False
    cache.delete(KEPT)


def refresh() -> None:
    keep(report(clock.now()))


def lately(record: int, now: datetime) -> Report:
    """What was found within these ten minutes, if the installation's record is as long (``record``) as it was then:
    whoever has changed a schedule or a policy is not told what was before. Else it is looked at now."""
    found: Report | None = cache.get(KEPT)
    if found is None or found.record != record or not timedelta() <= now - found.at < timedelta(seconds=EVERY):
        found = report(now)
        keep(found)
    return found


def counted() -> int:
    """All, for whoever watches from outside: a process that has not looked yet looks now."""
    if not _looked:
        refresh()
    return red()


def red(teams: Collection[int] | None = None) -> int:
    """All, or those that concern these teams."""
    return len(_red) if teams is None else sum(not concerned.isdisjoint(teams) for concerned in _red)
