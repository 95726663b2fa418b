"""Roles on an incident, plainly: who has them, who is asked, and whom the roster leaves in peace."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from .organisation import No

ROLES = ("lead", "communicator", "scribe")


@dataclass
class Part:
    """``by``: the baton, a schedule or a tier. ``asker`` is None where the roster asks."""

    by: str
    has: str | None = None
    since: datetime | None = None
    asked: str | None = None
    asker: str | None = None
    refused: set[str] = field(default_factory=set)


@dataclass
class Parts:
    """Those of one incident."""

    restricted: bool
    held: bool = False
    over: bool = False
    parts: dict[str, Part] = field(default_factory=dict)

    # --- the roster ----------------------------------------------------------------------------

    def fill(self, there: dict[str, list[str]], sources: dict[str, str], holder: str | None, now: datetime) -> None:
        """Of all ways to cast them the first in which the fewest do two things."""
        if self.held:  # and when it goes on they are
            return
        missing = [role for role in ROLES if role in sources and role not in self.parts]
        crews = [[] if self.restricted else there[role] for role in missing]
        busy = {part.has for part in self.parts.values()} | {holder}

        def twice(cast: Iterable[str | None]) -> int:
            people = [person for person in cast if person is not None]
            return len(people) - len(set(people) - busy)

        cast = min(product(*(crew or [None] for crew in crews)), key=twice)  # the first of them, by the crews' order
        self.parts |= {role: Part(sources[role], person, now) for role, person in zip(missing, cast, strict=True)}

    def look(
        self,
        there: dict[str, list[str]],
        active: Iterable[str],
        holder: str | None,
        stayed: Callable[[str, datetime], list[str]],
    ) -> None:
        """Whoever is on call now is asked, unless whoever has it is, or was not when they took it from who still is."""
        if self.over or self.held or self.restricted:
            return
        busy = {name for part in self.parts.values() for name in (part.has, part.asked)} | {holder}
        for role, part in self.parts.items():
            if part.has is not None and part.has not in active:
                part.has = None
            if part.asked is not None and part.asked not in active:
                part.asked = part.asker = None
            if part.by == "baton" or part.asker is not None:
                continue
            crew = there[role]
            if part.has in crew:
                part.asked = None
            elif part.asked not in crew:
                undisturbed = stayed(role, part.since) if part.has and part.since else []
                if part.has in undisturbed:
                    undisturbed = []
                free = [person for person in crew if person not in {*part.refused, *undisturbed}]
                part.asked = next((person for person in free if person not in busy), free[0] if free else None)
                busy.add(part.asked)

    # --- people --------------------------------------------------------------------------------

    def part(self, role: str) -> Part:
        if self.over:
            raise No
        if role not in self.parts:
            raise No("stale")
        return self.parts[role]

    def having(self, part: Part, holder: str | None) -> str | None:
        return part.has or (holder if part.by == "baton" else None)

    def take(self, role: str, by: str, now: datetime) -> None:
        part = self.part(role)
        if part.has == by:
            raise No("stale")
        part.has, part.since, part.asked, part.asker = by, now, None, None

    def ask(self, role: str, by: str, to: str, *, leads: bool, holder: str | None, fit: bool) -> None:
        part = self.part(role)
        has = self.having(part, holder)
        if has not in (None, by) and not leads:
            raise No
        if not fit or to in (has, by):
            raise No("invalid")
        part.asked, part.asker = to, by

    def refuse(self, role: str, by: str, *, leads: bool, holder: str | None) -> None:
        part = self.part(role)
        if part.asked is None:
            raise No("stale")
        if part.asked != by and by not in (self.having(part, holder), part.asker) and not leads:
            raise No("not-allowed")
        part.refused.add(part.asked)
        part.asked = part.asker = None

    def leave(self, role: str, by: str) -> None:
        part = self.part(role)
        if part.has != by:
            raise No("stale")
        part.has = None
        part.refused.add(by)
