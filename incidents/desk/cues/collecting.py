"""All that one person must do next: every kind, in one order, and how many there are."""

from collections.abc import Sequence
from datetime import datetime

from escalation.people.models import User

from ..asks import Ask, asks_of
from . import incidents, mentions, roles, rota, upkeep, windows
from .cue import Cue, in_order


class Gathered:
    """Collected once; of the incidents only those are loaded that are said."""

    def __init__(self, user: User, now: datetime):
        self._user, self._now = user, now
        asks = asks_of(user, now)
        others = [*roles.cues_of(user, now), *mentions.cues_of(user, now), *upkeep.chores(user, now)]
        others += [*seldom(user, asks, now), *rare(user, now)]
        others += [*upkeep.asked_of(user, now), *upkeep.actions_of(user, now)]
        others += upkeep.training_of(user, now)
        self.all: list[Ask | Cue] = in_order([*asks, *others], now)

    def __len__(self) -> int:
        return len(self.all)

    def said(self, some: Sequence[Ask | Cue], also: Sequence[int] = ()) -> tuple[list[Cue], list[incidents.Found]]:
        """Some of them as cues; and the incidents that were loaded for it, with those of the ids ``also``."""
        asks = [one for one in some if isinstance(one, Ask)]
        found = incidents.loaded(self._user, asks, self._now, also)
        known = {ask.climb.id: cue for ask, cue in incidents.said(asks, found, self._now)}
        cues = [known.get(one.climb.id) if isinstance(one, Ask) else one for one in some]
        return [cue for cue in cues if cue is not None], found


def seldom(user: User, asks: Sequence[Ask], now: datetime) -> list[Cue]:
    """What schedules, maintenance and webhooks say: no query as long as they stay as they are."""
    return [*rota.cues_of(user, now), *windows.cues_of(user, asks, now), *upkeep.webhooks_of(user, now)]


def rare(user: User, now: datetime) -> list[Cue]:
    """What the installation's record does not tell: two queries."""
    return [*rota.calendars_of(user, now), *upkeep.tests_of(user, now)]


def cues_for(user: User, now: datetime) -> list[Cue]:
    """Everything, in order."""
    gathered = Gathered(user, now)
    return gathered.said(gathered.all)[0]


def first_cues(user: User, now: datetime, most: int) -> tuple[list[Cue], int]:
    """The first so many, and how many there are: for other doors (``incidents.cueing``)."""
    gathered = Gathered(user, now)
    return gathered.said(gathered.all[:most])[0], len(gathered)
