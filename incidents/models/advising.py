"""Answers to the advice to escalate: taken, which escalates, or declined, which says why. Both stay on record.

What the advice rests on comes from above, which is asked for it under the lock: nobody here judges it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db import transaction

from escalation.engine import moves
from escalation.engine.work import Work
from escalation.people.models import User
from escalation.trail.models import Entry

from .advice import AdviceAnswer
from .passing import Reason
from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident


@dataclass(frozen=True)
class Advised:
    """An advice as it goes on record."""

    verdict: str  # "soon" or "now"
    signs: list[dict[str, int | str]]  # the strongest first
    tier: str  # whose the baton is,
    to: str  # and the tier that it is advised to go to
    preset: str
    usual: int | None = None  # what similar ones took, in minutes, if that is known

    @property
    def data(self) -> dict:
        said = {"verdict": self.verdict, "signs": self.signs, "tier": self.tier, "to": self.to, "preset": self.preset}
        return said if self.usual is None else {**said, "usual": self.usual}


@dataclass(frozen=True)
class Advice:
    """An advice as it is carried out: to which position of the path, for which reason, in which words."""

    advised: Advised
    to: tuple[int, int]
    reason: str
    text: str


class Advising(Verb):
    @transaction.atomic
    def take_advice(self, *, by: User, judge: Callable[[], Advice], seen: str | None = None) -> None:
        """Escalate as advised; the signs are the reason and the text.

        ``judge`` is asked under the lock: what it rests on cannot change between the judgement and the step.
        """
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        run = incident.run
        assert run is not None
        advice = judge()
        decision = incident._step_by_hand(work, run, advice.to)
        work.entry(incident.trail_id, "advice_taken", advice.advised.data, run=run)
        self._brief_along(work, run)
        moves.carry_out(work, run, decision, reason=Reason(advice.reason).value, text=_some(advice.text))
        incident._wake_authority(work)
        self._answered(work, by, taken=True)

    @transaction.atomic
    def decline_advice(self, *, by: User, judge: Callable[[], Advice], text: str, seen: str | None = None) -> None:
        """Not now, and why. The path and its clocks go on as they would."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        work.entry(incident.trail_id, "advice_declined", judge().advised.data, text=_some(text), run=incident.run)
        self._answered(work, by, taken=False)

    def _answered(self, work: Work, by: User, *, taken: bool) -> None:
        incident = cast("Incident", self)
        work.write()
        kind = "advice_taken" if taken else "advice_declined"
        entry = Entry.objects.filter(trail=incident.trail_id, kind=kind).only("pk").latest("seq")
        AdviceAnswer.objects.create(incident=incident, entry=entry, person=by, taken=taken, at=work.now)
