"""Hands-on time, as the incident's page shows it: the sum, by whom and at which tier, and who works on it now."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.models import Incident, effort

from .cards import Card
from .record import Line
from .words import names, spelt


@dataclass(frozen=True)
class Spent:
    """One row of the table. ``since``: an instant from which a clock that runs would have counted as much."""

    name: str
    tier: str
    spent: str
    since: datetime | None


class HandsOn:
    def __init__(self, clock: effort.EffortClock, user: User, now: datetime) -> None:
        self._clock, self._user, self._now = clock, user, now

    @cached_property
    def _sums(self) -> list[effort.Sum]:
        return [one for one in effort.sums(self._clock.intervals, self._now) if one.spent or one.runs]

    @property
    def any(self) -> bool:
        return bool(self._sums)

    @property
    def rows(self) -> list[Spent]:
        return [
            Spent(one.name, one.tier, spelt(one.spent), self._now - one.spent if one.runs else None)
            for one in self._sums
        ]

    @property
    def _total(self) -> timedelta:
        return sum((one.spent for one in self._sums), timedelta())

    @property
    def total(self) -> str:
        return spelt(self._total)

    @property
    def hands(self) -> int:
        """So many clocks run at once, and the sum as much faster."""
        return len(self._clock.running)

    @property
    def since(self) -> datetime | None:
        return self._now - self._total / self.hands if self.hands else None

    @property
    def who(self) -> str:
        """Whose hands are on it now."""
        return names(one.name for one in self._clock.running.values())

    @property
    def mine(self) -> bool:
        return self._user.pk in self._clock.running

    def since_attempt(self, lines: Iterable[Line]) -> int | None:
        """How many minutes this person worked since the last attempt of theirs among these lines."""
        mine = (line.at for line in lines if line.kind == "attempt" and line.entry.actor_id == self._user.pk)
        return effort.minutes_since(self._user.pk, self._clock.intervals, self._now, max(mine, default=None))


def of_lines(lines: Iterable[Line], user: User, now: datetime) -> HandsOn:
    """``lines``: the record's, oldest first; those that have nothing to do with it are passed over."""
    heard = (effort.Told(line.at, line.kind, line.entry.actor_id, line.actor, line.data) for line in lines)
    return HandsOn(effort.clock_of(heard), user, now)


def on_cards(cards: Iterable[Card], incidents: Iterable[Incident], user: User, now: datetime) -> list[Card]:
    """Each card with its hands-on time: one query for all. ``incidents``: those of the cards."""
    trails = {incident.trail_id: incident.pk for incident in incidents}
    clocks: dict[int, effort.EffortClock] = {pk: effort.EffortClock() for pk in trails.values()}
    entries = Entry.objects.filter(trail__in=trails, kind__in=effort.KINDS).order_by("trail", "seq")
    for trail, at, kind, who, name, data in entries.values_list(
        "trail", "at", "kind", "actor_id", "actor_name", "data"
    ):
        clocks[trails[trail]].hear(effort.Told(at, kind, who, name, json.loads(data)))
    return [replace(card, hands=HandsOn(clocks[card.id], user, now)) for card in cards]


def total_of(clock: effort.EffortClock, now: datetime) -> str:
    """Empty if nobody worked on it."""
    spent = effort.total(clock.intervals, now)
    return spelt(spent) if spent else ""
