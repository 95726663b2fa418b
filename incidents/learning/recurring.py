"""Which incidents are the same trouble: those of a problem that people know, and those that nobody has named yet. Pure.

What people said goes before what it looks like. An incident that nobody said anything of is of the problem with whose
incidents it has most in common, if it is alike at all, **and not less alike than with what was said to be none of
it**: so each correction teaches, and the sentence why is that of the nearest one. What is of no problem is grouped
around the newest: all of a group look like that one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .likeness import NOT_ALIKE, Likeness, Looks, compare

MOST_COMPARED = 40  # of what is of a problem, the latest different ones: the others look like them


@dataclass(frozen=True)
class Case:
    """An incident, as far as it is compared. ``keys``: by which sources report it. ``at``: when it was opened."""

    pk: int
    at: datetime
    looks: Looks
    keys: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True)
class Known:
    """What people said of a problem: which incidents are of it, and which are not. The newest first."""

    problem: int
    ours: Sequence[Case]
    theirs: Sequence[Case] = ()


class _Compared(NamedTuple):
    """A problem as it is compared on one service: with few of many that look the same; ``said``: of all, the keys of
    those that are none of it."""

    problem: int
    ours: Sequence[Case]
    theirs: Sequence[Case]
    said: frozenset[int]


@dataclass(frozen=True)
class Found:
    """An incident that is taken for one of others, and why: what it has in common with the nearest."""

    case: Case
    why: Likeness


@dataclass(frozen=True)
class Group:
    """Incidents that look like ``first``, the newest of them."""

    first: Case
    others: Sequence[Found]

    def __len__(self) -> int:
        return 1 + len(self.others)


@dataclass(frozen=True)
class Sorted:
    """``of_problem``: what nobody said anything of, by the problem that it looks like. ``groups``: of no problem."""

    of_problem: Mapping[int, Sequence[Found]] = field(default_factory=dict)
    groups: Sequence[Group] = ()


def sort_out(cases: Iterable[Case], known: Sequence[Known]) -> Sorted:
    """``cases``: those of no problem by what people said, the newest first."""
    of_problem: dict[int, list[Found]] = {}
    groups: list[tuple[Case, list[Found]]] = []
    leaders: dict[int | None, list[tuple[Case, list[Found]]]] = {}  # those of each service: only these are compared
    of_service = _by_service(known)
    for case in cases:
        problem, why = _of(case, of_service.get(case.looks.service, ()))
        if problem is not None:
            of_problem.setdefault(problem, []).append(Found(case, why))
            continue
        near = leaders.setdefault(case.looks.service, [])
        for first, others in near:
            why = _alike(case, first)
            if why.is_alike:
                others.append(Found(case, why))
                break
        else:
            near.append((case, []))
            groups.append(near[-1])
    return Sorted(of_problem, [Group(first, others) for first, others in groups])


def _of(case: Case, known: Iterable[_Compared]) -> tuple[int | None, Likeness]:
    best, found = NOT_ALIKE, None
    for one in known:
        if case.pk in one.said:
            continue
        near = _nearest(case, one.ours)
        if near.is_alike and near.score > best.score and near.score >= _nearest(case, one.theirs).score:
            best, found = near, one.problem
    return found, best


def _nearest(case: Case, others: Iterable[Case]) -> Likeness:
    best = NOT_ALIKE
    for other in others:
        if (near := _alike(case, other)).score > best.score:
            best = near
        if best.score >= 1:
            break
    return best


def _alike(one: Case, other: Case) -> Likeness:
    same_alert = not one.keys.isdisjoint(other.keys)
    if not same_alert and one.looks.beginnings.isdisjoint(other.looks.beginnings):
        return NOT_ALIKE  # words that begin otherwise are never the same
    return compare(one.looks, other.looks, same_alert=same_alert)


def _by_service(known: Iterable[Known]) -> dict[int | None, list[_Compared]]:
    """Each problem once for each service that it concerns, with what is compared there."""
    found: dict[int | None, list[_Compared]] = {}
    for one in known:
        said = frozenset(case.pk for case in one.theirs)
        for service in {case.looks.service for case in one.ours}:
            ours, theirs = ([case for case in some if case.looks.service == service] for some in (one.ours, one.theirs))
            found.setdefault(service, []).append(_Compared(one.problem, _different(ours), _different(theirs), said))
    return found


def _different(cases: Iterable[Case]) -> list[Case]:
    found = {(case.looks, case.keys): case for case in reversed(list(cases))}
    return list(reversed(found.values()))[:MOST_COMPARED]
