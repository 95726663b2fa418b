"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict



Cause: TypeAlias = Literal[
    'change',
    'capacity',
    'hardware',
    'software',
    'supplier',
    'network',
    'human',
    'security',
    'false_alarm',
    'unknown',
    'duplicate',
]


Grade: TypeAlias = "Literal['high', 'medium', 'low']"


class Named(TypedDict):
    """Something or somebody, with the name as it is now."""
    id: int
    name: str


Outcome: TypeAlias = "Literal['helped', 'no_effect', 'worse']"


class ActionOut(TypedDict):
    """What somebody does so that it goes better next time."""
    number: int
    what: str
    owner: Named
    due: str
    state: str
    late: bool
    done_at: str | None
    done_by: Named | None
    dropped_at: str | None
    dropped_by: Named | None
    why_dropped: str
