"""What each step adds to the one before: somebody new to call, and time for what people's own rules send. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise

from escalation.notify.fitness import Fault
from escalation.oncall.spans import Span, common, outside, union

from .facts import Facts, Person, Policy, Step
from .holes import AHEAD, climbed, empty, ever, rotas_of

There = Mapping[int, Sequence[Span]]  # who is called, and when in the coming time


def pairs(facts: Facts) -> list[tuple[Step, Step]]:
    """Each step that works on it, with the one after it on some path. A path that rests on one person is said so."""
    paths = ([step for step in climbed(facts, one) if step.functional] for one in facts.policies.values())
    several = (path for path in paths if len(set(chain.from_iterable(ever(facts, step) for step in path))) > 1)
    return list(dict.fromkeys(chain.from_iterable(pairwise(path) for path in several)))


def last_steps(facts: Facts) -> Iterator[Step]:
    """The last step of each path that more than one person is on."""
    for policy in facts.policies.values():
        path = [step for step in climbed(facts, policy) if step.functional]
        if policy.then is None and len(set(chain.from_iterable(ever(facts, step) for step in path))) > 1:
            yield path[-1]


def nobody_new(facts: Facts, before: Step, after: Step) -> tuple[list[Span], list[Person]]:
    """When all that ``after`` calls have just been called by ``before``, and who they are."""
    if not after.people <= ever(facts, before):  # somebody is always new
        return [], []
    had, has = there(facts, before), there(facts, after)
    new = union(chain.from_iterable(_without(facts, spans, had.get(one, ())) for one, spans in has.items()))
    again = _without(facts, union(chain.from_iterable(has.values())), new)
    who = [facts.people[one] for one, spans in sorted(has.items()) if one in facts.people and common(spans, again)]
    return again, who


def last_alone(facts: Facts, step: Step, person: int) -> list[Span]:
    """When a step calls nobody but this person."""
    found = there(facts, step)
    others = union(chain.from_iterable(spans for one, spans in found.items() if one != person))
    return _without(facts, found.get(person, ()), others)


def never_sent(facts: Facts, step: Step, following: Step) -> list[Person]:
    """Whose rules for SEV1 and SEV2 send something so late that the step has gone on by then, without them.

    Whoever the following step calls too, at that time, stays called. That somebody's first message is late is said of
    themselves.
    """
    had, has = there(facts, step), there(facts, following)
    called = [one for one, spans in had.items() if _without(facts, spans, has.get(one, ()))]
    people = (facts.people[one] for one in sorted(called) if one in facts.people)
    return [one for one in people if max(one.loud, default=0) > step.ack_minutes and not _late(one)]


def never_sent_again(facts: Facts, policy: Policy) -> tuple[Step, list[Person]] | None:
    """The last step of a policy of several rounds, and whose later messages wait in vain for its last round.

    A new round calls anew. Whoever another step of the round calls too may have been told by that, and is left out. The
    last step of all cancels nothing: what it has begun goes on while the last resort is called.
    """
    mine = [step for step in facts.steps if step.policy == policy.id and step.functional]
    if policy.rounds < 2 or not mine:
        return None
    last, others = mine[-1], set(chain.from_iterable(ever(facts, step) for step in mine[:-1]))
    people = (facts.people[one] for one in sorted(there(facts, last).keys() - others) if one in facts.people)
    late = [one for one in people if max(one.loud, default=0) > last.ack_minutes and not _late(one)]
    return (last, late) if late else None


def there(facts: Facts, step: Step) -> There:
    """A fallback is there when nobody else is."""
    found: dict[int, list[Span]] = {one: [_whole(facts)] for one in step.people}
    for rota in rotas_of(facts, step):
        for one, spans in rota.turns:
            found[one] = union([*found.get(one, ()), *spans])
    if step.fallback is not None:
        found[step.fallback] = union([*found.get(step.fallback, ()), *empty(facts, step, forgiving=False)])
    return {one: spans for one, spans in found.items() if spans}


def _late(person: Person) -> bool:
    return any(flaw.fault is Fault.LATE for flaw in person.flaws)


def _whole(facts: Facts) -> Span:
    return Span(facts.at, facts.at + AHEAD)


def _without(facts: Facts, spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    return common(spans, outside(_whole(facts), others))
