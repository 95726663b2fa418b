"""One incident's warning signs as one person may know them, and the advice that they come to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.people.models import Skill, User
from escalation.policies.freezing import Roster
from incidents.learning import advice, judging, signs, story
from incidents.models import Incident, SignSettings, needing, similar
from incidents.models.advising import Advice, Advised
from incidents.models.effort import Told

from . import rules, words

ANSWERS = ("advice_taken", "advice_declined")


@dataclass(frozen=True)
class Target:
    """Where an escalation would go now, who is there, and until when by their schedule."""

    lap: int
    place: int
    tier: str
    people: Collection[User]
    until: datetime | None

    @property
    def value(self) -> str:
        """As a form sends it back."""
        return f"step:{self.lap}:{self.place}"


class Around(NamedTuple):
    """What does not lie in the incident itself, and is the same for all of its service."""

    preset: str
    off: frozenset[str]
    took: list[similar.Took]


def around(service: int | None, viewer: User, now: datetime) -> Around:
    settings = SignSettings.current()
    return Around(settings.preset, settings.off, similar.took(Incident.objects.visible_to(viewer), service, now))


class Judgement:
    """Each part is asked for when it is read. What counts other incidents counts those that ``user`` may see."""

    def __init__(
        self,
        incident: Incident,
        user: User,
        told: Iterable[Told],
        roster: Roster | None,
        now: datetime,
        missing: Sequence[Skill] = (),
    ) -> None:
        """``told``: its entries of ``story.KINDS`` in their order; ``roster``: who is there for the steps of its path;
        ``missing``: what is needed and its holder lacks."""
        self.incident, self.user, self.now = incident, user, now
        self._told, self._roster, self._missing = told, roster, missing

    @classmethod
    def of(cls, incident: Incident, user: User, now: datetime) -> "Judgement":
        """As the record and the schedules have it now: all of it is read."""
        run = incident.run
        climbs = run is not None and run.ended_at is None
        roster = Roster([run.frozen], now) if run is not None and climbs else None
        holder = run.holder if run is not None and not incident.resolved_at else None
        missing = needing.missing_skills(incident, holder) if holder is not None else []
        told = similar.told_of([incident.trail_id], story.KINDS).get(incident.trail_id, [])
        return cls(incident, user, told, roster, now, missing)

    # --- facts ----------------------------------------------------------------------------

    @cached_property
    def heard(self) -> story.Story:
        return story.story_of(self._told)

    @cached_property
    def _around(self) -> Around:
        return around(self.incident.service_id, self.user, self.now)

    @cached_property
    def _before(self) -> int:
        return similar.times_before(self.incident, self.user)

    @property
    def _preset(self) -> signs.Preset:
        return signs.PRESETS[self._around.preset]

    @cached_property
    def _facts(self) -> story.Facts:
        run = self.incident.run
        facts = story.limited(self.heard.facts(self.now), run.standing.deadline if run else None)
        names_of, kinds = tuple(skill.name for skill in self._missing), [skill.kind for skill in self._missing]
        facts = replace(facts, missing=names_of, missing_kind=kinds[0] if kinds else "")
        usual = story.usual_of(self._around.took, self.incident.severity, signs.ENOUGH)
        return story.compared(facts, before=self._before, usual=usual)

    # --- signs and verdict ----------------------------------------------------------------

    @cached_property
    def seen(self) -> list[signs.Sign]:
        """The strongest first; those with too little history to compare with count for nothing."""
        run = self.incident.run
        if self.incident.resolved_at or run is None or run.ended_at or not self.heard.open:
            return []
        return rules.signs_of(run) + signs.seen(self._facts, self.now, self._preset, off=self._around.off)

    @cached_property
    def _warnings(self) -> list[signs.Sign]:
        return [sign for sign in self.seen if sign.level > signs.Level.UNKNOWN]

    @cached_property
    def verdict(self) -> advice.Verdict:
        return advice.verdict(self._warnings, self._preset)

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
                return Target(lap, place, step.tier, people, until)
        return None

    # --- answers --------------------------------------------------------------------------

    @cached_property
    def silenced(self) -> bool:
        """Somebody said *not now*, the baton is where it was, and it has got no worse."""
        declined = self.heard.declined
        return declined is not None and not advice.worse(self._warnings, _kept(declined))

    @property
    def may_answer(self) -> bool:
        return self.advises and self.target is not None and not self.silenced

    @property
    def reason(self) -> str:
        """The strongest sign's, for an escalation; empty without signs."""
        return advice.reason(self._warnings) if self._warnings else ""

    @property
    def text(self) -> str:
        """The signs as one text for those who are called."""
        return words.text_of(words.of_sign(sign) for sign in self._warnings)

    def answered(self, to: str | None) -> Advice:
        """The advice as it is carried out, or goes on record. ``to``: where it led when somebody looked, if they say.

        Raises ``Refused``: nothing advises it any more, or it leads elsewhere.
        """
        target = self.target
        if not self.may_answer or target is None:
            raise Refused(_("Nothing advises it any more. Look at the page again."), code="stale")
        if to not in (None, target.value):
            raise Refused(_("It would go to %(tier)s now. Look again.") % {"tier": target.tier}, code="stale")
        return Advice(self._advised(target), (target.lap, target.place), self.reason, self.text)

    def _advised(self, target: Target) -> Advised:
        kept: list[dict[str, int | str]] = [
            {"key": sign.key, "level": int(sign.level), "amount": sign.amount, **sign.evidence}
            for sign in self._warnings
        ]
        usual = self._facts.usual
        known = usual.minutes if usual.count >= signs.ENOUGH else None
        return Advised(self.verdict.key, kept, self._facts.tier, target.tier, self._preset.key, known)

    def judged(self, answer: Told) -> judging.Judged | None:
        """What became of an answer; None while that is open."""
        heard = self.heard
        return judging.judge(judging.answer_of(answer), heard.arrivals, heard.ends, heard.clock.intervals)


def _kept(entry: Told) -> dict[str, list[int]]:
    rows = entry.data.get("signs") or []
    return {one["key"]: [one["level"], one["amount"]] for one in rows if isinstance(one, dict) and "amount" in one}
