"""What running climbs ask of one person, before anything is loaded for showing it.

Whoever is on call early was called to much that has long moved on. What was said to them there is looked
at, and its climb is not read at all: pages count the asks each time something happens, and show only some of them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast

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
# What an ask rests on. Not the paths: long, shared, and kept once they are known; nor the briefs.
_OF_RUN = (
    "acted",
    *("trail", "track", "frozen_path", "severity", "ended_at", "epoch", "tier__name", "holder", "offered_to"),
    *("offered_by__name", "offer_returned_at", "lap", "place", "reach", "reach_at", "acknowledged_at", "clock_from"),
    *("clock_limit_s", "held_at", "held_until", "quiet_until", "offer_until", "awaits_until", "unreached_at"),
    *("unreached_why", "finished"),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run wants of the person. ``told``: the message that told them, as JSON."""

    kind: str
    run: EscalationRun
    told: str

    @property
    def due(self) -> datetime | None:
        match self.kind:
            case "offer":
                return self.run.offer_ends
            case "decision":
                return self.run.thawed(self.run.standing.deadline)
            case "wakes":
                return self.run.held_until
        return getattr(self.run, "timer_due", None)

    @property
    def when(self) -> When:
        return When(self.due, self.kind in WAITING, severity=self.run.severity, since=self.run.trail_id)

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told)
        return found


class _Said(NamedTuple):
    """A message to the person, which is read when it is shown."""

    pk: int
    told: str
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
    runs = EscalationRun.objects.running().filter(mine, Exists(seen))
    armed = Timer.objects.filter(run=OuterRef("pk"), state=Timer.State.ARMED)
    runs = runs.select_related("tier", "offered_by").only(*_OF_RUN)
    runs = runs.annotate(timer_due=Subquery(armed.values("due_at")[:1]))
    said: dict[int, list[_Said]] = {}
    for one, stand in messages:
        said.setdefault(stand.pk, []).append(one)
    asks = (_ask(run, user, said.get(run.pk, ()), run.pk in called, now) for run in runs)
    return _one_each(filter(None, asks))


def _messages(user: User) -> list[tuple[_Said, _Stand]]:
    """What was said to this person on a climb that waits for an answer, newest first."""
    waiting = EscalationRun.objects.running().filter(Q(acknowledged_at__isnull=True) | Q(offered_to=user))
    waiting = waiting.exclude(track=Tier.Track.HIERARCHICAL, place=-1).values("pk")  # not begun: nobody was told
    said = Delivery.objects.filter(person=user, channel="desk", kind__in=(*ASKING, "offer"), run__in=waiting)
    of_run = ("run_id", "run__epoch", "run__lap", "run__place", "run__tier_id", "run__frozen_path_id")
    said = said.annotate(told=Cast("message", TextField()))
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


def _ask(run: EscalationRun, user: User, said: Iterable[_Said], called: bool, now: datetime) -> Ask | None:
    if run.is_functional:
        kind = _functional(run, user, called, now)
    else:
        asked = run.acknowledged_at is None and not run.held_until and run.place >= 0
        kind = "decision" if asked and called and run.policy_path.asked(run.lap, run.place) else ""
    wanted = (one.told for one in said if (one.kind == "offer") == (kind == "offer"))
    return Ask(kind, run, next(wanted, "{}")) if kind else None


def _functional(run: EscalationRun, user: User, called: bool, now: datetime) -> str:
    if run.offered_to_id == user.pk:
        return "offer"
    if run.held_until is not None:
        return "wakes" if run.holder_id == user.pk and run.held_until - now <= SOON else ""
    if run.holder_id == user.pk and run.acknowledged_at is None:
        return "assigned"
    if run.holder_id == user.pk:
        return "returned" if run.offer_returned_at else "holding"
    return "call" if run.acknowledged_at is None and called else ""


def _one_each(asks: Iterable[Ask]) -> list[Ask]:
    """One cue per incident: the most pressing of its asks."""
    best: dict[int, Ask] = {}
    for ask in sorted(asks, key=lambda ask: ORDER.index(ask.kind)):
        best.setdefault(ask.run.trail_id, ask)
    return list(best.values())
