"""What a play comes to, in words: each step with its answer, what was right, and each sign that was there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from escalation.kit.words import spelt
from incidents.advising.words import of_sign
from incidents.learning import training
from incidents.learning.advice import Verdict
from incidents.learning.signs import Level
from incidents.learning.training import Answer, Case, Judged, Mark, Way
from incidents.models import TrainingPlay
from incidents.models.passing import Reason
from incidents.models.training import Said

_TONES = {Mark.RIGHT: "ok", Mark.REASON: "ok", Mark.DIRECTION: "warn", Mark.EARLY: "bad", Mark.MISSED: "bad"}


@dataclass(frozen=True)
class Told:
    """One step that was answered. ``mark``, its ``key`` and what follows: only once the play has ended."""

    minute: str
    text: str
    answer: str
    key: str = ""  # of a ``Mark``
    mark: str = ""
    tone: str = ""
    points: int = 0
    right: str = ""
    signs: Sequence[tuple[str, bool]] = ()  # each sentence, and whether it is a strong one
    comment: str = ""


def score(told: Mapping[str, Any], answers: Sequence[Said]) -> int:
    case = training.read(told)
    return training.score(training.result(case, map(_answer, answers)))


def steps_so_far(play: TrainingPlay, case: Case) -> list[Told]:
    ended = play.ended_at is not None
    judged = training.result(case, map(_answer, play.answers))
    return [_ended(case, one) if ended else _answered(case, one) for one in judged]


def previewed(case: Case) -> list[Told]:
    """Each step as somebody sees it afterwards who has said what is right."""
    return [_ended(case, training.judge(case, step, training.best(case, step))) for step in case.steps]


def minute(minutes: int) -> str:
    return _("After %(time)s") % {"time": spelt(60 * minutes)}


def _answer(said: Said) -> Answer:
    return Answer(said["now"], said.get("to", ""), said.get("why", ""))


def _answered(case: Case, one: Judged) -> Told:
    return Told(minute(one.step.minute), one.step.text, _said(case, one.answer))


def _ended(case: Case, one: Judged) -> Told:
    step = one.step
    signs = [(of_sign(sign), sign.level == Level.STRONG) for sign in step.signs]
    return Told(
        minute(step.minute),
        step.text,
        _said(case, one.answer),
        one.mark.value,
        _mark(one),
        _TONES[one.mark],
        one.points,
        _right(case, one),
        signs,
        step.comment,
    )


def _said(case: Case, answer: Answer) -> str:
    if not answer.now:
        return _("Not yet.")
    target = case.target(answer.to)
    words = {"to": target.name if target else "", "why": _reason(answer.why)}
    return _("Escalate now, to: %(to)s. Why: %(why)s.") % words


def _reason(key: str) -> str:
    return str(Reason(key).label) if key in Reason.values else key


def _mark(one: Judged) -> str:
    return {
        Mark.RIGHT: _("right"),
        Mark.REASON: _("right, for another reason"),
        Mark.DIRECTION: _("in time, the wrong direction"),
        Mark.EARLY: _("too early"),
        Mark.MISSED: _("missed"),
    }[one.mark]


def _right(case: Case, one: Judged) -> str:
    step = one.step
    if step.verdict is Verdict.NOT_YET:
        return _("Not yet was right.")
    names = _(" or ").join(target.name for target in case.fitting(step)) or _WAYS[step.way]()
    words = {"to": names, "why": _reason(step.reason)}
    if step.verdict is Verdict.SOON:
        return _("Both were right: to wait a little longer, or to escalate, to: %(to)s. Why: %(why)s.") % words
    return _("It was time to escalate, to: %(to)s. Why: %(why)s.") % words


_WAYS = {
    Way.EXPERTISE: lambda: _("whoever knows more about it"),
    Way.AUTHORITY: lambda: _("whoever may decide"),
    Way.ACCESS: lambda: _("whoever has the access"),
}
