"""Who fills which role, and who is asked next. Pure: plain values in, plain values out."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product


def who_fills(there: Mapping[str, Sequence[int]], busy: Collection[int] = ()) -> dict[str, int | None]:
    """For each role one of those there for it, or None if nobody is.

    ``busy``: who has something else on the incident already, such as the baton. Nobody gets two things while somebody
    else is there; of what is as good, whoever stands first is taken, and earlier roles choose first.
    """
    most = len(there) + len(busy)  # so many could be taken by something else; more need not be looked at
    wanted = {role: list(dict.fromkeys(people))[: most + 1] for role, people in there.items() if people}
    best = min(product(*(range(len(people)) for people in wanted.values())), key=lambda at: _cost(wanted, at, busy))
    chosen = {role: people[place] for (role, people), place in zip(wanted.items(), best, strict=True)}
    return {role: chosen.get(role) for role in there}


def _cost(
    wanted: Mapping[str, Sequence[int]], at: tuple[int, ...], busy: Collection[int]
) -> tuple[int, tuple[int, ...]]:
    chosen = [people[place] for people, place in zip(wanted.values(), at, strict=True)]
    return len(chosen) - len(set(chosen) - set(busy)), at


def who_is_next(
    there: Sequence[int], has: int | None, refused: Collection[int], busy: Collection[int] = ()
) -> int | None:
    """Whom the roster asks to take a role that ``has`` it; None if it stays, or if nobody is left to be asked."""
    if has is not None and has in there:
        return None
    free = [person for person in there if person not in refused]
    return next((person for person in free if person not in busy), free[0] if free else None)
