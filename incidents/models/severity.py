"""How severe an incident is, from plain values. Pure.

Severity is 1 (worst) to 5. An override wins; else the worst of the impact × urgency table,
the band of people affected, and what a source reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST = 5


@dataclass(frozen=True)
class Table:
    """The admin's table: ``cells[(impact, urgency)]`` and ``bands`` as (least people, severity)."""

    cells: Mapping[tuple[int, int], int]
    bands: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Judged:
    """A severity and what decided it: ``override``, ``table``, ``people`` or ``source``."""

    severity: int
    because: str
    people_from: int | None = None  # the band's least number, when people decided


def judge(
    table: Table, *, impact: int, urgency: int, people: int, reported: int | None = None, override: int | None = None
) -> Judged:
    if override is not None:
        return Judged(override, "override")
    verdicts = [Judged(table.cells.get((impact, urgency), LEAST), "table")]
    reached = [(severity, least) for least, severity in table.bands if people >= least]
    if reached:
        severity, least = min(reached, key=lambda band: (band[0], -band[1]))
        verdicts.append(Judged(severity, "people", least))
    if reported is not None:
        verdicts.append(Judged(reported, "source"))
    return min(verdicts, key=lambda verdict: verdict.severity)
