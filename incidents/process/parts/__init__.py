"""The parts of the picture, each a function of a ``Look`` (None: it is not for this reader); and what to do first.

A new part is a file here and a line in both tables.
"""

from collections.abc import Callable, Iterable

from ..part import Look, Part, Standing
from . import actions, coverage, drills, hesitation, problems, readiness, training

ALL: tuple[Callable[[Look], Part | None], ...] = (
    coverage.part,
    readiness.part,
    drills.part,
    training.part,
    problems.part,
    actions.part,
    hesitation.part,
)
# Of two that stand alike, what may lose the next call goes before what makes the next month better.
URGENCY = ("coverage", "readiness", "drills", "actions", "problems", "hesitation", "training")


def most_urgent_first(found: Iterable[Part]) -> list[Part]:
    standings = list(Standing)
    return sorted(found, key=lambda one: (standings.index(one.standing), URGENCY.index(one.key)))
