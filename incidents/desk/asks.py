"""What running climbs ask of one person, before anything is loaded for showing it.

Whoever is on call early was called to much that has long moved on. What was said to them there is read without its
texts, and its climb not at all: pages count the asks each time something happens, and show only some of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from escalation.engine.models import Delivery, EscalationRun
from escalation.people.models import User
from escalation.policies import freezing
from incidents.models import Incident

from .cards import ASKING, is_current
from .queries import team_ids

SOON = timedelta(hours=1)  # a hold of mine that ends within this is a cue again
ORDER = ("offer", "decision", "call", "assigned", "returned", "wakes", "holding")
# What an ask rests on. Not the paths: long, shared, and kept once they are known; nor the briefs.
_OF_RUN = (
    *("trail", "track", "frozen_path", "severity", "ended_at", "epoch", "tier__name", "holder", "offered_to"),
    *("offered_by__name", "offer_returned_at", "lap", "place", "reach", "reach_at", "acknowledged_at", "clock_from"),
    *("clock_limit_s", "held_at", "held_until", "quiet_until", "offer_until", "awaits_until", "unreached_at"),
    *("unreached_why", "finished"),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run wants of the person. ``said``: the message that told them."""

    kind: str
    run: EscalationRun
    said: int | None


class _Said(NamedTuple):
    """A message to the person."""

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
    messages = _messages(user)
    called = {stand.pk for one, stand in messages if one.kind != "offer" and _is_meant(one, stand, user)}
    mine = Q(holder=user) | Q(offered_to=user) | Q(pk__in=called)
    runs = EscalationRun.objects.running().filter(mine, trail__incident__in=Incident.objects.visible_to(user).open())
    runs = runs.select_related("tier", "offered_by").only(*_OF_RUN)
    said: dict[int, list[_Said]] = {}
    for one, stand in messages:
        said.setdefault(stand.pk, []).append(one)
    asks = (_ask(run, user, said.get(run.pk, ()), run.pk in called, now) for run in runs)
    return _one_each(filter(None, asks))


def messages_of(asks: Sequence[Ask]) -> dict[int, dict]:
    """What each of these was told with: one query."""
    ids = [ask.said for ask in asks if ask.said is not None]
    return dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "message")) if ids else {}


def _messages(user: User) -> list[tuple[_Said, _Stand]]:
    """What was said to this person on a climb that waits for an answer, newest first."""
    waiting = EscalationRun.objects.running().filter(Q(acknowledged_at__isnull=True) | Q(offered_to=user)).values("pk")
    said = Delivery.objects.filter(person=user, channel="desk", kind__in=(*ASKING, "offer"), run__in=waiting)
    of_run = ("run_id", "run__epoch", "run__lap", "run__place", "run__tier_id", "run__frozen_path_id")
    rows = list(said.order_by("-id").values_list(*_Said._fields, *of_run))
    freezing.learn(row[-1] for row in rows)
    width = len(_Said._fields)
    return [(_Said(*row[:width]), _Stand(*row[width:])) for row in rows]


def _is_meant(one: _Said, stand: _Stand, user: User) -> bool:
    """Called, and still meant: by the step the climb stands on, or as one of its people all along."""
    if one.state == Delivery.State.CANCELLED:
        return False
    if is_current(stand, one.cause, one.epoch, one.state):
        return True
    if stand.place < 0:
        return False
    frozen = freezing.known_by(stand.path).frozen
    step = frozen["steps"][frozen["laps"][stand.lap][stand.place]]
    among = user.pk in step["people"] or bool(set(step["teams"]) & set(team_ids(user)))
    return among and stand.tier_id == step["tier"]["id"]


def _ask(run: EscalationRun, user: User, said: Iterable[_Said], called: bool, now: datetime) -> Ask | None:
    if run.is_functional:
        kind = _functional(run, user, called, now)
    else:
        asked = run.acknowledged_at is None and not run.held_until and run.place >= 0
        kind = "decision" if asked and called and run.policy_path.asked(run.lap, run.place) else ""
    wanted = (one.pk for one in said if (one.kind == "offer") == (kind == "offer"))
    return Ask(kind, run, next(wanted, None)) if kind else None


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
