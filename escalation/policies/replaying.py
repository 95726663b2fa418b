"""What would have happened up another path: who knows the past lives upstairs, and registers here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from escalation.people.models import Tier, User

from .freezing import Frozen

Paths = Mapping[str, Frozen]  # by track, as ``freezing.freeze`` gives it


@dataclass(frozen=True)
class Wanted:
    """``policy``: whose services' incidents; so many of the latest, or those of so many ``days``."""

    user: User
    policy: int
    name: str
    before: Paths
    after: Paths
    most: int
    days: int | None = None
    page: int = 1


Player = Callable[[Wanted], Any]  # what the page ``admin/policies/policy/whatif.html`` shows

MOST = 10_000
CHOICES = {
    "100": (_("the last 100 incidents"), 100, None),
    "1000": (_("the last 1,000 incidents"), 1_000, None),
    "10000": (_("the last 10,000 incidents"), MOST, None),
    "30d": (_("the last 30 days"), MOST, 30),
    "90d": (_("the last 90 days"), MOST, 90),
    "365d": (_("the last year"), MOST, 365),
}
USUAL = "100"

_players: list[Player] = []


def register(player: Player) -> None:
    _players[:] = [player]


def played(wanted: Wanted) -> Any:
    """None if nobody knows the past."""
    return _players[0](wanted) if _players else None


def functional(paths: Paths) -> Frozen:
    return paths[Tier.Track.FUNCTIONAL]
