"""Clocks that stand still, and go on with what they had left. Pure, like ``path``.

Two things stop them: a hold by somebody, until ``held_until``, and maintenance, until ``quiet_until``.
``held_at`` is when they stopped, for whichever came first. Maintenance is looked at first: when it is
over, a hold that lasts longer goes on, and one that has ended meanwhile is over too.

While maintenance is on people still work: what they begin has its whole time from the end of it.
So every instant of a standing is as of ``held_at`` then, and moves on by the length of the sleep.
"""

from dataclasses import replace
from datetime import datetime

from .rungs import Standing


def held(standing: Standing, now: datetime, *, until: datetime) -> Standing:
    """Freeze the clocks at ``now``; if they are frozen already, only the end moves."""
    return replace(standing, held_at=standing.held_at or now, held_until=until)


def quieted(standing: Standing, now: datetime, *, until: datetime) -> Standing:
    """The same for maintenance, whether somebody holds it or not."""
    return replace(standing, held_at=standing.held_at or now, quiet_until=until)


def woken(standing: Standing, now: datetime) -> Standing:
    """The hold is over. In maintenance the clocks stand still none the less."""
    if standing.quiet_until is not None:
        return replace(standing, held_until=None)
    return _thawed(standing, now)


def spoken(standing: Standing, now: datetime) -> Standing:
    """The maintenance is over. A hold that lasts longer goes on.

    Whom nothing had reached is told anew. An offer is not made anew: one that reached nobody goes back.
    """
    if standing.held_until is not None and standing.held_until > now:
        return replace(standing, quiet_until=None)
    standing = _thawed(standing, now)
    return standing if standing.offer_until is not None else replace(standing, unreached_at=None, unreached_why="")


def present(standing: Standing, now: datetime) -> datetime:
    """The instant from which a clock that is started at ``now`` counts."""
    return standing.held_at if standing.quiet_until is not None and standing.held_at is not None else now


def _thawed(standing: Standing, now: datetime) -> Standing:
    """Let frozen clocks go on with what they had left."""
    assert standing.stopped_at is not None
    frozen = now - standing.stopped_at

    def later(instant: datetime | None) -> datetime | None:
        return None if instant is None else instant + frozen

    return replace(
        standing,
        held_at=None,
        held_until=None,
        quiet_until=None,
        clock_from=later(standing.clock_from),
        reach_at=later(standing.reach_at),
        offer_until=later(standing.offer_until),
        awaits_until=standing.awaits_until and max(standing.awaits_until, now),  # shifts begin when they begin
        unreached_at=None if standing.unreached_at is None else min(later(standing.unreached_at) or now, now),
    )
