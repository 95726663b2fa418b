"""What one person must do next, for every door. The desk knows it, and no door may ask another: so the desk's way of
gathering it is registered here, when Baton starts, and brought in when somebody first asks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from escalation.people.models import User


class Act(Protocol):
    """A button, and where it leads."""

    @property
    def label(self) -> str: ...
    @property
    def url(self) -> str: ...


class Cue(Protocol):
    """One row of My cues."""

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def then(self) -> str: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def severity(self) -> int | None: ...
    @property
    def acts(self) -> Sequence[Act]: ...


Gather = Callable[[User, datetime, int], tuple[Sequence[Cue], int]]
_gather: list[Gather] = []


def register(gather: Gather) -> None:
    """``gather(person, now, most)``: the first of their cues, and how many there are."""
    _gather[:] = [gather]


def of(person: User, now: datetime, most: int) -> tuple[Sequence[Cue], int]:
    [gather] = _gather
    return gather(person, now, most)
