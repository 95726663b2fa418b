"""A training case: an incident told step by step, and how well somebody saw at each step when, to whom and why. Pure.

A case is plain data. Each of its steps says what has changed since the one before, so that a person can read it;
``read`` adds that up to the facts that signs are made of. What was right at a step nobody writes down: the signs and
the advice of the desk say it, balanced and with every sign on, for everybody alike. So a case cannot teach other than
the desk advises, and no setting changes what somebody has reached.

The points are in ``docs/training.md``: it is right to wait while nothing says otherwise; where the advice is *soon*
both answers are right; where it is *now*, half is for the moment, then comes the direction, then the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from . import advice
from .signs import BALANCED, Level, Sign, seen
from .story import Facts, Usual

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)  # minute 0 of every case: only differences matter
WHEN, WHERE, WHY, MILDER = 5, 3, 2, 1  # points of one step
FULL = WHEN + WHERE + WHY
GOOD = 70  # per cent from which a play counts


class Way(StrEnum):
    """What somebody to whom it could go has more of than whoever has it."""

    EXPERTISE = "expertise"
    AUTHORITY = "authority"
    ACCESS = "access"
    NONE = "none"  # of nothing: they had it before, or know no more


REASONS = ("expertise", "authority", "access", "impact", "time")


@dataclass(frozen=True)
class Target:
    key: str
    name: str
    way: Way


@dataclass(frozen=True)
class Step:
    minute: int
    text: str
    facts: Facts
    comment: str = ""  # what the author has to say of it, afterwards

    @cached_property
    def signs(self) -> list[Sign]:
        return [sign for sign in seen(self.facts, at(self.minute), BALANCED) if sign.level > Level.UNKNOWN]

    @property
    def verdict(self) -> advice.Verdict:
        return advice.verdict(self.signs, BALANCED)

    @property
    def reason(self) -> str:
        return advice.reason(self.signs) if self.signs else ""

    @property
    def way(self) -> Way:
        """What is missing, if something is; else more expertise."""
        return Way(self.reason) if self.reason in ("authority", "access") else Way.EXPERTISE

    def reasons(self, *, strongest: bool) -> set[str]:
        """Those of the strongest signs, or of the others."""
        top = self.signs[0].level if self.signs else Level.UNKNOWN
        return {advice.reason([sign]) for sign in self.signs if (sign.level == top) is strongest}


@dataclass(frozen=True)
class Case:
    title: str
    service: str  # what it is, in a sentence
    role: str  # who one is in it
    targets: tuple[Target, ...]
    steps: tuple[Step, ...]
    outcome: str  # what happened in the end
    lesson: str

    def target(self, key: str) -> Target | None:
        return next((one for one in self.targets if one.key == key), None)

    def fitting(self, step: Step) -> list[Target]:
        return [one for one in self.targets if one.way == step.way]


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


# --- reading ----------------------------------------------------------------------------------


def read(data: Mapping[str, Any]) -> Case:
    """A case of plain data, as ``incidents/practising/cases`` have it. ``ValueError`` or ``KeyError`` if it is none."""
    targets = tuple(Target(str(n), one["name"], Way(one["way"])) for n, one in enumerate(data["targets"], start=1))
    facts, steps = Facts(here_since=BEGIN, heard_at=BEGIN, taken=True), []
    for one in data["steps"]:
        facts = _told(facts, one.get("facts") or {}, one["minute"])
        steps.append(Step(one["minute"], one["text"].strip(), facts, one.get("comment", "").strip()))
    minutes = [step.minute for step in steps]
    if not steps or minutes != sorted(set(minutes)):
        raise ValueError("a case has steps, each later than the one before")
    words = {name: data[name].strip() for name in ("title", "service", "role", "outcome", "lesson")}
    return Case(**words, targets=targets, steps=tuple(steps))


def _told(facts: Facts, said: Mapping[str, Any], minute: int) -> Facts:
    """The facts with what a step says of them. Instants are minutes of the case, lengths are minutes; ``people`` is a
    number, or each that was stated since the step before, with its minute."""
    for name, value in said.items():
        if name in _AS_IT_IS:
            facts = replace(facts, **{name: value})
        elif name in _INSTANTS:
            instant: Any = at(value)
            facts = replace(facts, **{_INSTANTS[name]: instant})
        elif name == "people":
            stated = value if isinstance(value, list) else [[minute, value]]
            facts = replace(facts, people=(*facts.people, *((at(when), number) for when, number in stated)))
        elif name == "hands_on":
            facts = replace(facts, hands_on=timedelta(minutes=value))
        elif name == "limit":
            facts = replace(facts, limit=timedelta(minutes=value) if value else None)
        elif name == "missing":
            facts = replace(facts, missing=tuple(value))
        elif name == "usual":
            facts = replace(facts, usual=Usual(**value))
        else:
            raise ValueError(f"“{name}” is no fact that a sign is made of")
    return facts


_AS_IT_IS = {"severity", "taken", "failed", "worse", "passes", "returns", "reopened", "climbed"}
_AS_IT_IS |= {"missing_kind", "before", "tier"}
_INSTANTS = {"here": "here_since", "heard": "heard_at", "limit_at": "limit_at"}


# --- judging ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What somebody said at a step. ``to`` is the key of a target."""

    now: bool
    to: str = ""
    why: str = ""


class Mark(StrEnum):
    RIGHT = "right"
    REASON = "reason"  # in time and to the right ones, for another reason
    DIRECTION = "direction"  # in time, to the wrong ones
    MISSED = "missed"
    EARLY = "early"


@dataclass(frozen=True)
class Judged:
    step: Step
    answer: Answer
    mark: Mark
    points: int


def judge(case: Case, step: Step, answer: Answer) -> Judged:
    if not answer.now:
        missed = step.verdict is advice.Verdict.NOW
        return Judged(step, answer, Mark.MISSED if missed else Mark.RIGHT, 0 if missed else FULL)
    if step.verdict is advice.Verdict.NOT_YET:
        return Judged(step, answer, Mark.EARLY, 0)
    target, why = case.target(answer.to), _why(step, answer.why)
    if target is None or target.way is not step.way:
        return Judged(step, answer, Mark.DIRECTION, WHEN + why)
    return Judged(step, answer, Mark.RIGHT if why == WHY else Mark.REASON, WHEN + WHERE + why)


def best(case: Case, step: Step) -> Answer:
    """What has all points. Where both answers are right, to wait."""
    if step.verdict is not advice.Verdict.NOW:
        return Answer(False)
    fitting = case.fitting(step)
    return Answer(True, fitting[0].key if fitting else "", step.reason)


def _why(step: Step, reason: str) -> int:
    if reason in step.reasons(strongest=True):
        return WHY
    return MILDER if reason in step.reasons(strongest=False) else 0


def result(case: Case, answers: Iterable[Answer]) -> list[Judged]:
    return [judge(case, step, answer) for step, answer in zip(case.steps, answers, strict=False)]


def score(judged: Sequence[Judged]) -> int:
    """In per cent, rounded down."""
    return 100 * sum(one.points for one in judged) // (FULL * len(judged)) if judged else 0
