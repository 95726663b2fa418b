"""The panel of warning signs: what it rests on, what it comes to, to whom, and what people answered.

It reads the lines that the page has read already. What it asks of other incidents is kept for some minutes. Everybody
who sees the incident sees it; what counts the same trouble before counts what the viewer may see.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, TypeVar

from django.core.cache import cache
from django.utils.translation import gettext as _

from escalation.people.models import Skill, User
from escalation.policies.freezing import Roster
from incidents.learning import advice, judging, signs, story
from incidents.models import Incident, SignSettings, similar
from incidents.models.advising import Advised
from incidents.models.effort import Told

from . import rules, signwords
from .cards import clock_time
from .record import Line
from .versions import TURN, rules_of
from .words import names

# What it hears of the record. Notes only of the newest page: they say that somebody is there, and no more.
HEARD = tuple(kind for kind in story.KINDS if kind != "note")


T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """Where an escalation would go now."""

    lap: int
    place: int
    tier: str
    who: str

    @property
    def value(self) -> str:
        return f"step:{self.lap}:{self.place}"


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


class Around(NamedTuple):
    """What does not lie in the incident itself, and is the same for all of its service."""

    preset: str
    off: frozenset[str]
    took: list[similar.Took]


def around(service: int | None, viewer: User, now: datetime) -> Around:
    settings = SignSettings.current()
    return Around(settings.preset, settings.off, similar.took(Incident.objects.visible_to(viewer), service, now))


class Panel:
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
        """``lines``: what moved it, oldest first; ``newest``: the latest page of the record, whatever its kind;
        ``missing``: what is needed and its holder lacks."""
        self.incident, self.user, self.now = incident, user, now
        self._lines, self._newest, self._roster, self._missing = lines, newest, roster, missing

    # --- facts ----------------------------------------------------------------------------

    @cached_property
    def _story(self) -> story.Story:
        heard = {line.seq: line for line in (*self._lines, *self._newest)}
        return story.story_of(told(heard[seq]) for seq in sorted(heard))

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

    @property
    def _preset(self) -> signs.Preset:
        return signs.PRESETS[self._around.preset]

    @cached_property
    def _facts(self) -> story.Facts:
        run = self.incident.run
        facts = story.limited(self._story.facts(self.now), run.standing.deadline if run else None)
        names_of, kinds = tuple(skill.name for skill in self._missing), [skill.kind for skill in self._missing]
        facts = replace(facts, missing=names_of, missing_kind=kinds[0] if kinds else "")
        usual = story.usual_of(self._around.took, self.incident.severity, signs.ENOUGH)
        return story.compared(facts, before=self._before, usual=usual)

    # --- signs and verdict ----------------------------------------------------------------

    @cached_property
    def _seen(self) -> list[signs.Sign]:
        run = self.incident.run
        if self.incident.resolved_at or run is None or run.ended_at or not self._story.open:
            return []
        return rules.signs_of(run) + signs.seen(self._facts, self.now, self._preset, off=self._around.off)

    @cached_property
    def _warnings(self) -> list[signs.Sign]:
        return [sign for sign in self._seen if sign.level > signs.Level.UNKNOWN]

    @property
    def signs(self) -> list[Shown]:
        level = signs.Level
        return [Shown(signwords.of_sign(s), s.level == level.STRONG, s.level > level.UNKNOWN) for s in self._seen]

    @cached_property
    def verdict(self) -> advice.Verdict:
        return advice.verdict(self._warnings, self._preset)

    @property
    def headline(self) -> str:
        return signwords.headline(self.verdict)

    @property
    def advises(self) -> bool:
        return self.verdict > advice.Verdict.NOT_YET

    @cached_property
    def target(self) -> Target | None:
        """The next tier of the path at which somebody is there now."""
        run, roster = self.incident.run, self._roster
        if run is None or roster is None:
            return None
        seats = roster.seats(run.frozen)
        for lap, place, step in self.incident.onward():
            seat = seats[step.number]
            people = seat.people or (seat.fallback if step.use_fallback else ())
            if people:
                until = roster.until(run.frozen["steps"][step.number], self.now) if seat.people else None
                return Target(lap, place, step.tier, self._crew(people, until))
        return None

    def _crew(self, people: Sequence[User], until: datetime | None) -> str:
        who = names(person.name for person in people)
        return _("%(who)s, on call until %(at)s") % {"who": who, "at": clock_time(until, self.now)} if until else who

    # --- answers --------------------------------------------------------------------------

    @cached_property
    def declined(self) -> Line | None:
        """Why the advice is silent: somebody said *not now*, the baton is where it was, and it has got no worse."""
        if self._story.declined is None or advice.worse(self._warnings, _kept(self._story.declined)):
            return None
        return next(line for line in reversed(self._lines) if line.kind == "advice_declined")

    @property
    def may_answer(self) -> bool:
        return self.advises and self.target is not None and self.declined is None

    @property
    def lead(self) -> str:
        """What one press would do."""
        if self.target is None or not self._warnings:
            return ""
        words = _("To %(tier)s: %(who)s. Why: %(why)s")
        return words % {"tier": self.target.tier, "who": self.target.who, "why": self.text}

    @property
    def reason(self) -> str:
        return advice.reason(self._warnings)

    @property
    def text(self) -> str:
        return signwords.text_of(signwords.of_sign(sign) for sign in self._warnings)

    @property
    def advised(self) -> Advised:
        """As it goes on record."""
        assert self.target is not None
        kept: list[dict[str, int | str]] = [
            {"key": sign.key, "level": int(sign.level), "amount": sign.amount, **sign.evidence}
            for sign in self._warnings
        ]
        usual = self._facts.usual
        known = usual.minutes if usual.count >= signs.ENOUGH else None
        tier = self._facts.tier
        return Advised(self.verdict.key, kept, tier, self.target.tier, self._preset.key, known)

    @cached_property
    def fates(self) -> list[Fate]:
        """Each answer, judged by what happened after it; once the incident is over."""
        if self.incident.resolved_at is None:
            return []
        answers = [line for line in self._lines if line.kind in ("advice_taken", "advice_declined")]
        found = ((line, self._judged(line)) for line in answers)
        return [
            Fate(line.at, line.actor, line.kind == "advice_taken", signwords.of_fate(judged), judged.advice_was_right)
            for line, judged in found
            if judged is not None
        ]

    def _judged(self, line: Line) -> judging.Judged | None:
        heard = self._story
        return judging.judge(judging.answer_of(told(line)), heard.arrivals, heard.ends, heard.clock.intervals)

    @property
    def any(self) -> bool:
        return bool(self._seen or self.fates)


def told(line: Line) -> Told:
    return Told(line.at, line.kind, line.entry.actor_id if line.by_person else None, line.actor, line.data)


def _kept(entry: Told) -> dict[str, list[int]]:
    rows = entry.data.get("signs") or []
    return {one["key"]: [one["level"], one["amount"]] for one in rows if isinstance(one, dict) and "amount" in one}
