"""What one incident that is over comes to, in numbers: the row that measures are made of. Pure.

It hears the incident's entries and nothing else, so that the row can be made again at any time from the record, which
is the truth. Instants of the record in, whole seconds out; a begun second does not count.

An incident that goes on elsewhere (merged) or that is open comes to nothing yet. What is told of a tier is its name
as it was then: tiers may be renamed, and the record keeps what people read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidents.models import effort
from incidents.models.effort import Told

from . import hesitation, nights, story
from .calls import CALLS, called_by
from .climbs import by_hand, climbs
from .story import Story

KINDS = tuple(dict.fromkeys([*story.KINDS, *CALLS]))


@dataclass(frozen=True)
class Share:
    """What one person had of it: seconds of work, and when they were called for it. ``must``: not only told."""

    hands_on_s: int = 0
    calls: int = 0
    must: tuple[datetime, ...] = ()

    def at_night(self, zone: str) -> int:
        """How many of the calls that wanted an answer came in the night of somebody who lives there."""
        return sum(nights.at_night(at, zone) for at in self.must)


@dataclass(frozen=True)
class Figures:
    """Seconds count from the opening, on the wall: nights, holds and maintenance are in them. None: it never was."""

    opened_at: datetime
    resolved_at: datetime  # the last time
    resolve_s: int
    acknowledge_s: int | None  # somebody took it for the first time
    escalate_s: int | None  # a second tier got it for the first time, by hand or by the clock
    expert_s: int | None  # the tier that resolved it had it for the first time
    hands_on_s: int
    furthest: str  # the tier that got it last of those that had not had it before
    solver: str  # the tier that resolved it; empty: nobody did, it ended by itself
    tiers: int
    handovers: int  # accepted offers, and reassignments to a person
    reopened: int
    alone: bool  # nobody resolved it: whatever watches said that it is over
    by_clock: int  # escalations that nobody asked for
    warned_s: int | None  # the signs said for the first time that it is time to escalate
    hesitated: bool  # and once when they did, nobody escalated it or said why not
    reasons: dict[str, int] = field(default_factory=dict)  # escalations by hand: those of ``REASONS`` there were
    people: dict[int, Share] = field(default_factory=dict)

    @property
    def misrouted(self) -> bool:
        """After the tier that resolved it, a further one had it: that was not needed, or did not help. Whoever
        resolves it for a tier that never had it was not passed over: it simply went no further than it went."""
        return self.expert_s is not None and self.solver != self.furthest


def figures_of(entries: Iterable[Told], last_tier: str = "") -> Figures | None:
    """None while it is open, and if it goes on in another incident. ``entries``: of the ``KINDS``, in their order;
    ``last_tier``: of its path, where nobody can escalate any more."""
    teller, heard = _Teller(), list(entries)
    for told in heard:
        teller.hear(told)
    return teller.figures(hesitation.of(heard, last_tier)) if teller.over else None


class _Teller:
    def __init__(self) -> None:
        self.story = Story()
        self.opened_at: datetime | None = None
        self.resolved: Told | None = None
        self.taken_at: datetime | None = None
        self.climbed_at: datetime | None = None
        self.tiers: dict[str, datetime] = {}  # each that had it, since when first, in that order
        self._new = ""  # the one that had not had it before the last reassignment
        self.calls: dict[int, list[Told]] = {}
        self.reasons: dict[str, int] = {}
        self.by_clock = self.handovers = self.reopened = 0

    def hear(self, told: Told) -> None:
        before = set(self.tiers)
        self.story.hear(told)
        for at, tier in self.story.arrivals[-1:]:
            self.tiers.setdefault(tier, at)
        for person in called_by(told):
            self.calls.setdefault(person, []).append(told)
        match told.kind:
            case "opened":
                self.opened_at = told.at
            case "acknowledged":
                self._taken(told, told.data.get("track") == "functional")
            case "reassigned" if (told.data.get("undoes") or {}).get("kind") == "reassigned":
                self._slipped()
            case "reassigned":
                self._new = "".join(self.tiers.keys() - before)
                self._passed(told)
            case "accepted":
                self._passed(told)
            case "called":
                self._climbed(told)
            case "resolved":
                self.resolved = told
            case "reopened":
                self.resolved = None
                self.reopened += 1

    def _taken(self, told: Told, somebody: bool) -> None:
        if somebody and self.taken_at is None:
            self.taken_at = told.at

    def _passed(self, told: Told) -> None:
        self.handovers += told.kind == "accepted" or bool(told.data.get("to"))
        self._taken(told, told.kind == "accepted")

    def _slipped(self) -> None:
        """A slip of the hand, taken back: it changed hands no more than that, and was nowhere else."""
        self.handovers -= 1
        self.tiers.pop(self._new, None)

    def _climbed(self, told: Told) -> None:
        if not climbs(told):
            return
        self.climbed_at = self.climbed_at or told.at
        if by_hand(told):
            reason = told.data["reason"]
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        else:
            self.by_clock += 1

    @property
    def over(self) -> bool:
        known = self.opened_at is not None and self.resolved is not None
        return known and not self.resolved.data.get("merged_into")  # type: ignore[union-attr]

    def figures(self, hesitated: hesitation.Hesitation) -> Figures:
        assert self.opened_at is not None
        assert self.resolved is not None
        at, solver = self.story.ends[-1]
        people = self._people(at)
        return Figures(
            opened_at=self.opened_at,
            resolved_at=at,
            resolve_s=self._since(at) or 0,
            acknowledge_s=self._since(self.taken_at),
            escalate_s=self._since(self.climbed_at),
            expert_s=self._since(self.tiers.get(solver)),
            hands_on_s=sum(share.hands_on_s for share in people.values()),
            furthest=next(reversed(self.tiers), ""),
            solver=solver,
            tiers=len(self.tiers),
            handovers=self.handovers,
            reopened=self.reopened,
            alone=self.resolved.actor_id is None,
            by_clock=self.by_clock,
            warned_s=self._since(hesitated.warned_at),
            hesitated=hesitated.hesitated,
            reasons=self.reasons,
            people=people,
        )

    def _people(self, until: datetime) -> dict[int, Share]:
        spent: dict[int, timedelta] = {}
        for one in effort.sums(self.story.clock.intervals, until):
            spent[one.person] = spent.get(one.person, timedelta()) + one.spent
        both = sorted(spent.keys() | self.calls.keys())
        return {pk: _share(spent.get(pk, timedelta()), self.calls.get(pk, ())) for pk in both}

    def _since(self, at: datetime | None) -> int | None:
        """A clock that was put back makes nothing shorter than nothing."""
        assert self.opened_at is not None
        return None if at is None else max(0, _seconds(at - self.opened_at))


def _share(spent: timedelta, calls: Sequence[Told]) -> Share:
    must = tuple(told.at for told in calls if told.data.get("mode") != "inform")
    return Share(_seconds(spent), len(calls), must)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
