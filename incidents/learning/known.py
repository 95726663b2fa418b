"""What rules go by, heard from an incident's record: counts, beginnings and hands. Pure.

It is the signs' own story, with the instant since when each count is what it is. What lasts stands still while its
clocks do: in a hold, and in maintenance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from escalation.policies.rules import Fact, Hands, Known
from incidents.models import effort
from incidents.models.effort import Told

from .signs import LATELY, LEAST_PEOPLE
from .story import KINDS as TOLD
from .story import Facts, Story

_MOVES = {"opened", "reopened", "called", "acknowledged", "accepted", "reassigned", "woken", "maintenance_ended"}
_MOVES |= {"exhausted", "offered", "declined", "offer_returned", "taken_back", "put_back"}
_ASKS = {"called", "exhausted", "reassigned"}
_BEGINS = {"opened", "reopened"}
_SILENCED = ("maintenance_began", "maintenance_moved")
KINDS = tuple(dict.fromkeys([*TOLD, *sorted(_MOVES | _ASKS)]))  # whoever lets a learner hear leaves none out


class Learner:
    """Hears entries in their order."""

    def __init__(self) -> None:
        self.story = Story()
        self.acts = False  # a rule can: it is open, and its clocks go on
        self._counts: dict[str, tuple[int, datetime]] = {}
        self._since: dict[str, datetime] = {}
        self._asked = False  # somebody was, since it was opened or re-opened
        self._stopped_at: datetime | None = None
        self._moved_at: datetime | None = None

    def hear(self, told: Told) -> None:
        if told.data.get("track") == "hierarchical" and told.kind in _SILENCED:
            return  # the work's own clocks go on for a moment more
        story, taken = self.story, self.story.taken
        story.hear(told)
        if told.kind in _BEGINS:
            self._counts, self._stopped_at = {}, None
            self._since = {Fact.OPEN: told.at, Fact.UNANSWERED: told.at}
            self._asked = False
        if told.kind in _ASKS and told.data.get("track") != "hierarchical":
            if not self._asked and Fact.UNANSWERED in self._since:  # nobody could have answered before
                self._since[Fact.UNANSWERED] = told.at
            self._asked = True
        if story.taken:
            self._since.pop(Fact.UNANSWERED, None)
        elif taken:
            self._since[Fact.UNANSWERED] = told.at
        self._stand_still(told.at)
        for fact, number in _numbers(story.stated).items():
            if self._counts.get(fact, (None,))[0] != number:
                self._counts[fact] = (number, told.at)
        if told.kind in _MOVES:
            self._moved_at = told.at
        self.acts = story.running

    def _stand_still(self, at: datetime) -> None:
        if self.story.stands_still:
            self._stopped_at = self._stopped_at or at
        elif self._stopped_at is not None:
            if Fact.UNANSWERED in self._since:
                self._since[Fact.UNANSWERED] += at - max(self._stopped_at, self._since[Fact.UNANSWERED])
            self._stopped_at = None

    def known(self, now: datetime) -> Known:
        facts, since = self.story.facts(now), dict(self._since)
        if facts.taken and facts.heard_at is not None:
            since[Fact.SILENCE] = facts.heard_at
        clock = self.story.clock
        number, spent = len(clock.running), effort.total(clock.intervals, now)
        hands = [(Fact.HANDS_ON, facts.hands_on), (Fact.EFFORT, spent)]
        worked: dict[str, Hands] = {fact: Hands(time, now, number) for fact, time in hands}
        return Known(dict(self._counts), since, worked, self._moved_at)

    @property
    def limit_at(self) -> datetime | None:
        """When the time to work on it is over, as the record says."""
        facts = self.story.stated if self._moved_at else Facts()
        return facts.limit_at if facts.taken else None


def _numbers(facts: Facts) -> dict[str, int]:
    return {
        Fact.SEVERITY: facts.severity,
        Fact.PEOPLE: facts.people[-1][1] if facts.people else 0,
        Fact.GROWTH: _growth(facts),
        Fact.FAILED: facts.failed,
        Fact.PASSES: facts.passes,
        Fact.REOPENED: facts.reopened,
    }


def _growth(facts: Facts) -> int:
    """So many times as many people as an hour before it was last stated, or as when the baton came here."""
    stated = [(at, number) for at, number in facts.people if number > 0]
    if len(stated) < 2 or stated[-1][1] < LEAST_PEOPLE:
        return 0
    at, number = stated[-1]
    begins = max(filter(None, [facts.here_since, at - LATELY]))
    earlier = [one for one in stated if one[0] <= begins]
    return number // (earlier[-1] if earlier else stated[0])[1]


def learnt(entries: Iterable[Told]) -> Learner:
    learner = Learner()
    for told in entries:
        learner.hear(told)
    return learner


def added(known: Known, counts: Mapping[str, int], before: Known, now: datetime) -> Known:
    """The same with counts that are in no entry; since when they are so is as it was before, if they are the same."""
    more = {}
    for fact, number in counts.items():
        was, at = before.counts.get(fact, (None, now))
        more[fact] = (number, at if was == number else now)
    return replace(known, counts={**known.counts, **more})
