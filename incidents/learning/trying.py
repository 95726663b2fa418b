"""A rule played on an incident of the past: when it would have acted, or what never held. Pure.

Between two entries only time passes, and a rule that holds goes on holding: so after each entry it is enough to ask
from when on it does, and whether the next entry came first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation.policies.rules import Condition, Rule, amount, holds_from, turns_true
from incidents.models.effort import Told

from .known import Learner


@dataclass(frozen=True)
class ByHand:
    """Somebody escalated."""

    at: datetime
    name: str


@dataclass(frozen=True)
class Tried:
    at: datetime | None = None  # when it would have acted first,
    facts: tuple[tuple[Condition, int], ...] = ()  # and how it was then
    by_hand: ByHand | None = None  # the escalation nearest to that; without one, the first
    never: tuple[Condition, ...] = ()  # what never held, if anything did not


def play(
    rule: Rule, entries: Sequence[Told], until: datetime, besides: Callable[[datetime], Mapping[str, int]]
) -> Tried:
    """``besides``: counts that are not of the incident's own story, as they were at an instant."""
    learner, held = Learner(), set()
    by_hand = [ByHand(one.at, one.actor_name) for one in entries if _is_by_hand(one)]
    counts: dict[str, tuple[int, datetime]] = {}
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        learner.hear(entry)
        news = {fact: number for fact, number in besides(entry.at).items() if counts.get(fact, (None,))[0] != number}
        counts |= {fact: (number, entry.at) for fact, number in news.items()}
        if not learner.acts:
            continue
        known, limit, ahead = learner.known(entry.at), learner.limit_at, following.at if following else until
        known = replace(known, counts={**known.counts, **counts})
        for condition in rule.conditions:
            since = holds_from(condition, known, limit)
            if since is not None and since < ahead:
                held.add(condition)
        at = turns_true(rule, known, limit)
        if at is not None and max(at, entry.at) < ahead:
            at = max(at, entry.at)
            facts = tuple((one, amount(one.fact, known, limit, at)) for one in rule.conditions)
            return Tried(at, facts, _nearest(by_hand, at))
    never = tuple(condition for condition in rule.conditions if condition not in held)
    return Tried(by_hand=by_hand[0] if by_hand else None, never=never)


def _is_by_hand(entry: Told) -> bool:
    data = entry.data
    return entry.kind == "called" and data.get("track") == "functional" and data.get("why") == "by_hand"


def _nearest(by_hand: Sequence[ByHand], at: datetime) -> ByHand | None:
    """The first after it; else the last before."""
    later = (one for one in by_hand if one.at >= at)
    return next(later, by_hand[-1] if by_hand else None)
