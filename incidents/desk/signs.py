"""The panel of warning signs: what it rests on, what it comes to, to whom, and what people answered.

It reads the lines that the page has read already. What it asks of other incidents is kept for some minutes. Everybody
who sees the incident sees it; what counts the same trouble before counts what the viewer may see.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from django.core.cache import cache
from django.utils.translation import gettext as _

from escalation.people.models import Skill, User
from escalation.policies.freezing import Roster
from incidents.advising import words
from incidents.advising.judgement import ANSWERS, Around, Judgement, around
from incidents.learning import story
from incidents.learning.signs import Level
from incidents.models import Incident, similar
from incidents.models.effort import Told

from .cards import clock_time
from .record import Line
from .versions import TURN, rules_of
from .words import names

# What it hears of the record. Notes only of the newest page: they say that somebody is there, and no more.
HEARD = tuple(kind for kind in story.KINDS if kind != "note")


T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    text: str
    strong: bool
    known: bool


@dataclass(frozen=True)
class Fate:
    """What became of one answer, told when it is over."""

    at: datetime
    name: str
    taken: bool
    text: str
    good: bool


class Panel(Judgement):
    def __init__(
        self,
        incident: Incident,
        user: User,
        lines: Sequence[Line],
        newest: Sequence[Line],
        roster: Roster | None,
        now: datetime,
        missing: Sequence[Skill] = (),
    ) -> None:
        """``lines``: what moved it, oldest first; ``newest``: the latest page of the record, whatever its kind."""
        heard = {line.seq: line for line in (*lines, *newest)}
        super().__init__(incident, user, (told(heard[seq]) for seq in sorted(heard)), roster, now, missing)
        self._lines = lines

    # Kept for some minutes, and until the installation's configuration or the viewer's teams change.

    @cached_property
    def _around(self) -> Around:
        service = self.incident.service_id
        return self._kept(f"service-{service}", lambda: around(service, self.user, self.now))

    @cached_property
    def _before(self) -> int:
        return self._kept(f"{self.incident.pk}", lambda: similar.times_before(self.incident, self.user))

    def _kept(self, what: str, ask: Callable[[], T]) -> T:
        key = f"signs:{rules_of(self.user, self.now)}:{what}"
        found: T | None = cache.get(key)
        if found is None:
            found = ask()
            cache.set(key, found, TURN)
        return found

    # --- in words -------------------------------------------------------------------------

    @property
    def signs(self) -> list[Shown]:
        return [Shown(words.of_sign(s), s.level == Level.STRONG, s.level > Level.UNKNOWN) for s in self.seen]

    @property
    def headline(self) -> str:
        return words.headline(self.verdict)

    @property
    def crew(self) -> str:
        """Who is there, where it would go."""
        if self.target is None:
            return ""
        who, until = names(person.name for person in self.target.people), self.target.until
        return _("%(who)s, on call until %(at)s") % {"who": who, "at": clock_time(until, self.now)} if until else who

    @property
    def declined(self) -> Line | None:
        """Why the advice is silent, if it is."""
        if not self.silenced:
            return None
        return next(line for line in reversed(self._lines) if line.kind == "advice_declined")

    @property
    def lead(self) -> str:
        """What one press would do."""
        if self.target is None or not self.reason:
            return ""
        said = _("To %(tier)s: %(who)s. Why: %(why)s")
        return said % {"tier": self.target.tier, "who": self.crew, "why": self.text}

    @cached_property
    def fates(self) -> list[Fate]:
        """Each answer, judged by what happened after it; once the incident is over."""
        if self.incident.resolved_at is None:
            return []
        found = ((line, self.judged(told(line))) for line in self._lines if line.kind in ANSWERS)
        return [
            Fate(line.at, line.actor, line.kind == "advice_taken", words.of_fate(judged), judged.advice_was_right)
            for line, judged in found
            if judged is not None
        ]

    @property
    def any(self) -> bool:
        return bool(self.seen or self.fates)


def told(line: Line) -> Told:
    return Told(line.at, line.kind, line.entry.actor_id if line.by_person else None, line.actor, line.data)
