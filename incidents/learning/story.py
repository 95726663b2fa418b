"""An incident's entries, heard one after the other, as the facts that signs are made of. Pure.

An entry's ``actor_id`` is a person's: what the engine or a source does has none.

*Here* is the tier that has the baton now: attempts, hands-on time and growth count from when it came here, so that
whoever gets it begins with a clean sheet. It has *climbed* once a second tier has got it since it was (re-)opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from incidents.models import effort
from incidents.models.effort import Told

from .hands_on import HandsOn


@dataclass(frozen=True)
class Usual:
    """What the hands-on time of similar incidents was: of so many, and their median in minutes."""

    count: int = 0
    minutes: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known of one incident at one instant. Of other incidents: ``before`` and ``usual``."""

    severity: int = 3
    people: tuple[tuple[datetime, int], ...] = ()  # affected, each time it was stated, the latest last
    here_since: datetime | None = None
    tier: str = ""
    taken: bool = False  # somebody works on it
    hands_on: timedelta = timedelta()  # here
    failed: int = 0  # attempts here that did not help,
    worse: int = 0  # so many of which made it worse
    passes: int = 0  # hand-overs and reassignments since a tier was last called
    returns: int = 0  # how many of those brought it back to somebody who had had it
    reopened: int = 0
    climbed: bool = False
    heard_at: datetime | None = None  # when somebody last wrote or did something
    limit_at: datetime | None = None  # when the time to work on it is over
    limit: timedelta | None = None
    missing: tuple[str, ...] = ()  # skills, authority or access that it needs and its holder lacks
    missing_kind: str = ""  # of the first: ability, authority or access
    before: int = 0  # the same trouble on the same service, lately
    usual: Usual = Usual()


class Story:
    """Hears entries in their order. ``open``: advice makes sense, for it is not over and no clock stands still."""

    def __init__(self) -> None:
        self.clock = effort.EffortClock()
        self._hands_on = HandsOn(self.clock)
        self.arrivals: list[tuple[datetime, str]] = []  # each tier that got it, by a call or a hand-over
        self.ends: list[tuple[datetime, str]] = []  # each resolution, and the tier of who resolved it
        self.declined: Told | None = None  # the last "not now", since the baton moved
        self._facts = Facts()
        self._over = self._held = self._quiet = self._offered = False
        self._left: timedelta | None = None  # of the limit, while the clocks stand still
        self._had: set[int] = set()

    @property
    def open(self) -> bool:
        return not (self._over or self._held or self._quiet or self._offered)

    @property
    def stands_still(self) -> bool:
        return self._held or self._quiet

    @property
    def running(self) -> bool:
        """It is open, and its clocks go on."""
        return not (self._over or self.stands_still)

    @property
    def taken(self) -> bool:
        return self._facts.taken

    def hear(self, told: Told) -> None:
        self.clock.hear(told)
        handler = _HEARD.get(told.kind)
        if handler is not None:
            handler(self, told)
        if told.kind in SPOKEN and told.actor_id is not None:
            self._facts = replace(self._facts, heard_at=told.at)

    @property
    def stated(self) -> Facts:
        """The facts without what the hands-on time was, which takes the longest."""
        return self._facts

    def facts(self, now: datetime) -> Facts:
        return replace(self._facts, hands_on=self._hands_on.at(now))

    # --- one for each kind of entry ---------------------------------------------------------

    def _opened(self, told: Told) -> None:
        self._people(told.at, told.data.get("people_affected") or 0)
        self._severity(told.data.get("severity"))

    def _stated(self, told: Told) -> None:
        people = told.data.get("people_affected")
        if isinstance(people, list):
            self._people(told.at, people[1])
        changed = told.data.get("severity")
        if isinstance(changed, dict):
            self._severity(changed.get("to"))

    def _tried(self, told: Told) -> None:
        outcome = told.data.get("outcome")
        if outcome == "helped":
            self._facts = replace(self._facts, failed=0, worse=0)
        else:
            worse = self._facts.worse + (outcome == "worse")
            self._facts = replace(self._facts, failed=self._facts.failed + 1, worse=worse)

    def _called(self, told: Told) -> None:
        if told.data.get("track") != "functional":
            return
        self._offered = self._held = False
        self._had = set()
        self._arrives(told.at, told.data.get("to") or "")
        self._facts = replace(self._facts, taken=False, passes=0, returns=0, limit_at=None, limit=None)

    def _acknowledged(self, told: Told) -> None:
        if told.data.get("track") != "functional":
            return
        self._offered = False
        self._holds(told.actor_id)
        self._limited(told)

    def _accepted(self, told: Told) -> None:
        self._offered = self._held = False
        self._passed(told, told.actor_id)
        self._limited(told)

    def _reassigned(self, told: Told) -> None:
        self._offered = False
        to = told.data.get("to")
        self._passed(told, to["id"] if to else None)
        if to is None:
            self._facts = replace(self._facts, taken=False, limit_at=None, limit=None)

    def _offer(self, told: Told) -> None:
        self._offered = told.kind == "offered"

    def _stands_still(self, told: Told) -> None:
        if not (self._held or self._quiet):
            self._left = self._facts.limit_at - told.at if self._facts.limit_at else None
        self._held, self._quiet = self._held or told.kind == "held", self._quiet or told.kind != "held"

    def _goes_on(self, told: Told) -> None:
        if told.kind == "woken":
            self._held = False
        else:  # the end of maintenance is also the end of a hold whose time came meanwhile
            self._quiet, self._held = False, self._held and bool(told.data.get("held_until"))
        if self._held or self._quiet:
            return
        relieved = self.clock.holder is None
        limit_at = told.at + self._left if self._left is not None and not relieved else None
        taken = self._facts.taken and not relieved
        self._facts = replace(self._facts, taken=taken, limit_at=limit_at, heard_at=told.at)

    def _resolved(self, told: Told) -> None:
        self._over = True
        self._held = self._quiet = self._offered = False
        if told.data.get("merged_into"):  # it goes on elsewhere: its end says nothing
            return
        by_somebody = told.actor_id is not None
        self.ends.append((told.at, (told.data.get("tier") or "") if by_somebody else ""))

    def _reopened(self, told: Told) -> None:
        self._over = False
        self._had = set()
        again = self._facts.reopened + 1
        self._facts = Facts(severity=self._facts.severity, people=self._facts.people[-1:], reopened=again)
        self._hands_on.count_from(None)

    def _not_now(self, told: Told) -> None:
        self.declined = told

    # --- what they change -------------------------------------------------------------------

    def _people(self, at: datetime, number: int) -> None:
        self._facts = replace(self._facts, people=(*self._facts.people, (at, number)))

    def _severity(self, severity: Any) -> None:
        if isinstance(severity, int):
            self._facts = replace(self._facts, severity=severity)

    def _limited(self, told: Told) -> None:
        seconds = told.data.get("limit_s")
        limit = timedelta(seconds=seconds) if seconds else None
        self._facts = replace(self._facts, taken=True, limit=limit, limit_at=told.at + limit if limit else None)

    def _passed(self, told: Told, person: int | None) -> None:
        returns = self._facts.returns + (person is not None and person in self._had)
        self._facts = replace(self._facts, passes=self._facts.passes + 1, returns=returns)
        self._holds(person)
        self.declined = None
        tier = told.data.get("tier") or ""
        if tier and tier != self._facts.tier:
            self._arrives(told.at, tier)

    def _holds(self, person: int | None) -> None:
        if person is not None:
            self._had.add(person)

    def _arrives(self, at: datetime, tier: str) -> None:
        self.arrivals.append((at, tier))
        self._hands_on.count_from(at)
        self.declined = None
        climbed = self._facts.climbed or self._facts.tier not in ("", tier)
        here = replace(self._facts, here_since=at, tier=tier, climbed=climbed)
        self._facts = replace(here, failed=0, worse=0, heard_at=at)


_HEARD = {
    "opened": Story._opened,
    "facts": Story._stated,
    "alert": Story._stated,
    "absorbed": Story._stated,
    "attempt": Story._tried,
    "called": Story._called,
    "acknowledged": Story._acknowledged,
    "accepted": Story._accepted,
    "reassigned": Story._reassigned,
    "offered": Story._offer,
    "declined": Story._offer,
    "offer_returned": Story._offer,
    "taken_back": Story._offer,
    "held": Story._stands_still,
    "maintenance_began": Story._stands_still,
    "woken": Story._goes_on,
    "maintenance_ended": Story._goes_on,
    "resolved": Story._resolved,
    "reopened": Story._reopened,
    "advice_declined": Story._not_now,
}
# What a person does on an incident, and what breaks its silence: not what the engine or a source does.
SPOKEN = {"note", "attempt", "facts", "acknowledged", "accepted", "began_work", "stopped_work", "advice_declined"}
SPOKEN |= {"offered", "declined", "taken_back", "reassigned", "decided", "needs", "update_published"}
SPOKEN |= {"runbook_ticked", "runbook_unticked", "absorbed", "linked", "unlinked"}
SPOKEN |= {"restricted", "unrestricted", "let_in", "attached", "detached"}
KINDS = tuple(dict.fromkeys([*effort.KINDS, *_HEARD, *sorted(SPOKEN), "advice_taken"]))


def story_of(entries: Iterable[Told]) -> Story:
    story = Story()
    for told in entries:
        story.hear(told)
    return story


def limited(facts: Facts, limit_at: datetime | None) -> Facts:
    """The same with the end of the limit as the run has it, which is the truth of the moment."""
    return replace(facts, limit_at=limit_at) if facts.taken else facts


def compared(facts: Facts, *, before: int, usual: Usual) -> Facts:
    """The same with what is known of other incidents."""
    return replace(facts, before=before, usual=usual)


def usual_of(minutes: Iterable[tuple[int, int]], severity: int, least: int) -> Usual:
    """The median of (severity, minutes): of those about as severe if they are enough, else of all."""
    rows = list(minutes)
    near = [spent for other, spent in rows if _band(other) == _band(severity)]
    chosen = sorted(near if len(near) >= least else [spent for _other, spent in rows])
    if not chosen:
        return Usual()
    middle = len(chosen) // 2
    median = chosen[middle] if len(chosen) % 2 else (chosen[middle - 1] + chosen[middle]) // 2
    return Usual(len(chosen), median)


def _band(severity: int) -> int:
    return {1: 1, 2: 1, 3: 2}.get(severity, 3)
