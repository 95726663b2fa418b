"""How many red findings there are, for the menu of every page: known to each process, and never asked for by a page."""

from collections.abc import Collection

from escalation.kit import clock

from .facts import Ids
from .gathering import Report, report

EVERY = 600.0  # seconds between two looks of a process

_red: tuple[Ids, ...] = ()  # the teams that each red finding concerns
_looked = False


def keep(found: Report) -> None:
    """Somebody has just looked at everything."""
    global _red, _looked
    _looked = True
    _red = tuple(one.teams for one in found.findings if one.red)


def refresh() -> None:
    keep(report(clock.now()))


def counted() -> int:
    """All, for whoever watches from outside: a process that has not looked yet looks now."""
    if not _looked:
        refresh()
    return red()


def red(teams: Collection[int] | None = None) -> int:
    """All, or those that concern these teams."""
    return len(_red) if teams is None else sum(not concerned.isdisjoint(teams) for concerned in _red)
