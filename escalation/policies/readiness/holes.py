"""When a step, or all steps of a policy, has nobody to call. Pure.

A gap counts once: for a policy if it leaves all its steps without anybody, else for a step that nobody is there for
now, else for the schedule or the step that it comes from. So what is red can be counted: each is a thing to mend.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from itertools import chain

from escalation.oncall.spans import Span, common, outside, union

from .facts import Facts, Ids, Policy, Rota, Step

AHEAD = timedelta(days=60)
SOON = timedelta(days=7)  # within so long a shift may be waited for


def climbed(facts: Facts, policy: Policy | None) -> Iterator[Step]:
    """The steps of a policy and of those it goes on with."""
    seen = set()
    while policy is not None and policy.id not in seen:
        seen.add(policy.id)
        yield from (step for step in facts.steps if policy and step.policy == policy.id)
        policy = facts.policies.get(policy.then) if policy.then is not None else None


def rotas_of(facts: Facts, step: Step) -> list[Rota]:
    return [facts.rotas[one] for one in step.rotas if one in facts.rotas]


def ever(facts: Facts, step: Step) -> set[int]:
    """Everybody a step may call in the coming time."""
    found = set(step.people).union(*(rota.people for rota in rotas_of(facts, step)))
    return found | {one for one in [step.fallback] if one is not None}


def empty(facts: Facts, step: Step, *, forgiving: bool) -> list[Span]:
    """When a step has nobody to call. ``forgiving``: not if it has a fallback, or waits for a shift that is near."""
    rotas = rotas_of(facts, step)
    if step.people or (forgiving and step.fallback is not None):
        return []
    if not rotas:
        return [Span(facts.at, facts.at + AHEAD)]
    gaps = reduce(common, [union(rota.gaps) for rota in rotas])
    return [gap for gap in gaps if _long(gap)] if forgiving and step.awaits else gaps


def _long(gap: Span) -> bool:
    """Whether no shift begins within a week: to wait for one is no answer."""
    return gap.end - gap.start >= SOON


def ends(facts: Facts) -> Ids:
    """The first step of each path, which is to answer at once, and the last one, after which nobody is called."""
    paths = ([step.id for step in climbed(facts, one) if step.functional] for one in facts.policies.values())
    return frozenset(chain.from_iterable((path[0], path[-1]) for path in paths if path))


def shift_is_near(facts: Facts, step: Step) -> bool:
    """Whether the step waits for a shift, and one begins soon enough."""
    gaps = empty(facts, step, forgiving=False)
    return step.awaits and bool(step.rotas) and not (gaps and _long(gaps[0]))


def called_now(facts: Facts, step: Step) -> set[int]:
    there = set(step.people).union(*(rota.now for rota in rotas_of(facts, step)))
    return there or {one for one in [step.fallback] if one is not None}


def nobody_now(facts: Facts, step: Step) -> Span | None:
    """The time from now on in which the step calls nobody and waits for nobody; none if it does not."""
    if called_now(facts, step) or shift_is_near(facts, step):
        return None
    return next(iter(empty(facts, step, forgiving=False)), None)


def said_of_policies(facts: Facts) -> dict[int, list[Span]]:
    """For each step when it is said of a policy of its that all steps are empty."""
    said: dict[int, list[Span]] = {step.id: [] for step in facts.steps}
    for policy in facts.policies.values():
        steps = [step for step in climbed(facts, policy) if step.functional]
        empty_at_once = all_empty(facts, steps)
        for step in steps:
            said[step.id] = union([*said[step.id], *empty_at_once])
    return said


def told(facts: Facts, step: Step, said: Mapping[int, list[Span]]) -> list[Span]:
    """When its emptiness is said elsewhere."""
    now = nobody_now(facts, step)
    return union([*said[step.id], *([now] if now is not None else [])])


def hurts(facts: Facts, step: Step, told: list[Span]) -> bool:
    """Whether it has nobody at times that are said nowhere else, and nothing is done then instead."""
    return not all(covers(told, gap) for gap in empty(facts, step, forgiving=True))


def covers(spans: list[Span], gap: Span) -> bool:
    return not outside(gap, spans)


def all_empty(facts: Facts, steps: Sequence[Step]) -> list[Span]:
    """When none of them has anybody to call."""
    return reduce(common, [empty(facts, step, forgiving=True) for step in steps]) if steps else []
