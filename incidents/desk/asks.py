"""What running climbs ask of one person, before anything is loaded for showing it.

Whoever is on call early was called to much that has long moved on. What was said to them there is looked
at, and its climb is not read at all: pages count the asks each time something happens, and show only some of them.
Only for these is it read what they were told, and by whom: see ``cues.incidents``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, Subquery

from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.people.models import Tier, User
from escalation.policies import freezing
from incidents.models import Incident

from .cards import ASKING, is_current
from .cues.cue import When
from .queries import team_ids

SOON = timedelta(hours=1)  # a hold of mine that ends within this is a cue again
ORDER = ("offer", "decision", "call", "assigned", "returned", "wakes", "holding")
WAITING = ("offer", "decision", "call", "assigned")  # for an answer


class Climb(NamedTuple):
    """What an ask rests on, of a run. Not its path: long, shared, and kept once it is known."""

    id: int
    trail_id: int
    track: str
    frozen_path_id: str
    severity: int
    holder_id: int | None
    offered_to_id: int | None
    offer_returned_at: datetime | None
    lap: int
    place: int
    acknowledged_at: datetime | None
    clock_from: datetime | None
    clock_limit_s: int | None
    held_at: datetime | None
    held_until: datetime | None
    quiet_until: datetime | None
    offer_until: datetime | None
    timer_due: datetime | None
    seen: bool

    @property
    def run(self) -> EscalationRun:
        """For what has to be reckoned: with all that this rests on, and nothing else."""
        facts = self._asdict()
        del facts["timer_due"], facts["seen"]
        return EscalationRun(**facts)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run wants of the person. ``told``: the message that told them, by its id."""

    kind: str
    climb: Climb
    due: datetime | None
    told: int | None

    @property
    def when(self) -> When:
        return When(self.due, self.kind in WAITING, severity=self.climb.severity, since=self.climb.trail_id)


def _due(kind: str, climb: Climb) -> datetime | None:
    match kind:
        case "offer":
            return climb.run.offer_ends
        case "decision":
            run = climb.run
            return run.thawed(run.standing.deadline)
        case "wakes":
            return climb.held_until
    return climb.timer_due


class _Said(NamedTuple):
    """A message to the person, which is read when it is shown."""

    pk: int
    kind: str
    cause: str
    epoch: int
    state: str


class _Stand(NamedTuple):
    """Where its climb stands now."""

    pk: int
    epoch: int
    lap: int
    place: int
    tier_id: int | None
    path: str


def asks_of(user: User, now: datetime) -> list[Ask]:
    """Every running climb that wants something of ``user``: two queries."""
    messages, among = _messages(user), _Among(user)
    called = {stand.pk for one, stand in messages if one.kind != "offer" and _is_meant(one, stand, among)}
    mine = Q(holder=user) | Q(offered_to=user) | Q(pk__in=called)
    seen = Incident.objects.visible_to(user).open().filter(trail=OuterRef("trail"))
    armed = Timer.objects.filter(run=OuterRef("pk"), state=Timer.State.ARMED)
    # Whether they see it is told of each: as a condition, PostgreSQL would first find out all that they see.
    runs = EscalationRun.objects.running().filter(mine)
    runs = runs.annotate(timer_due=Subquery(armed.values("due_at")[:1]), seen=Exists(seen))
    said: dict[int, list[_Said]] = {}
    for one, stand in messages:
        said.setdefault(stand.pk, []).append(one)
    climbs = (climb for climb in map(Climb._make, runs.values_list(*Climb._fields)) if climb.seen)
    asks = (_ask(climb, user, said.get(climb.id, ()), climb.id in called, now) for climb in climbs)
    return _one_each(filter(None, asks))


def _messages(user: User) -> list[tuple[_Said, _Stand]]:
    """What was said to this person on a climb that waits for an answer, newest first."""
    waiting = EscalationRun.objects.running().filter(Q(acknowledged_at__isnull=True) | Q(offered_to=user))
    waiting = waiting.exclude(track=Tier.Track.HIERARCHICAL, place=-1).values("pk")  # not begun: nobody was told
    said = Delivery.objects.filter(person=user, channel="desk", kind__in=(*ASKING, "offer"), run__in=waiting)
    of_run = ("run_id", "run__epoch", "run__lap", "run__place", "run__tier_id", "run__frozen_path_id")
    # In no order: a database in doubt would read all that was ever said to them, because it lies in the right one.
    rows = sorted(said.order_by().values_list(*_Said._fields, *of_run), reverse=True)
    freezing.learn(row[-1] for row in rows)
    width = len(_Said._fields)
    return [(_Said(*row[:width]), _Stand(*row[width:])) for row in rows]


class _Among:
    """At which steps this person is one of those who are called: their tiers."""

    def __init__(self, user: User):
        self._user, self._teams = user.pk, set(team_ids(user))
        self._tiers: dict[tuple[str, int, int], int | None] = {}

    def __call__(self, stand: _Stand) -> bool:
        if stand.place < 0:
            return False
        step = (stand.path, stand.lap, stand.place)
        if step not in self._tiers:
            self._tiers[step] = self._tier(*step)
        tier = self._tiers[step]
        return tier is not None and tier == stand.tier_id

    def _tier(self, path: str, lap: int, place: int) -> int | None:
        frozen = freezing.known_by(path).frozen
        step = frozen["steps"][frozen["laps"][lap][place]]
        among = self._user in step["people"] or not self._teams.isdisjoint(step["teams"])
        tier: int | None = step["tier"]["id"] if among else None
        return tier


def _is_meant(one: _Said, stand: _Stand, among: _Among) -> bool:
    """Called, and still meant: by the step the climb stands on, or as one of its people all along."""
    if one.state == Delivery.State.CANCELLED:
        return False
    return is_current(stand, one.cause, one.epoch, one.state) or among(stand)


def _ask(climb: Climb, user: User, said: Iterable[_Said], called: bool, now: datetime) -> Ask | None:
    if climb.track == Tier.Track.FUNCTIONAL:
        kind = _functional(climb, user, called, now)
    else:
        waits = called and climb.acknowledged_at is None and not climb.held_until and climb.place >= 0
        asked = waits and freezing.known_by(climb.frozen_path_id).policy.asked(climb.lap, climb.place)
        kind = "decision" if asked else ""
    wanted = (one.pk for one in said if (one.kind == "offer") == (kind == "offer"))
    return Ask(kind, climb, _due(kind, climb), next(wanted, None)) if kind else None


def _functional(climb: Climb, user: User, called: bool, now: datetime) -> str:
    if climb.offered_to_id == user.pk:
        return "offer"
    if climb.held_until is not None:
        return "wakes" if climb.holder_id == user.pk and climb.held_until - now <= SOON else ""
    if climb.holder_id == user.pk and climb.acknowledged_at is None:
        return "assigned"
    if climb.holder_id == user.pk:
        return "returned" if climb.offer_returned_at else "holding"
    return "call" if climb.acknowledged_at is None and called else ""


def _one_each(asks: Iterable[Ask]) -> list[Ask]:
    """One cue per incident: the most pressing of its asks."""
    best: dict[int, Ask] = {}
    for ask in sorted(asks, key=lambda ask: ORDER.index(ask.kind)):
        best.setdefault(ask.climb.trail_id, ask)
    return list(best.values())
