"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .shared import Named


class CaseRow(TypedDict):
    """A case to play, or one that is no longer offered and that you have begun."""
    key: str
    title: str
    own: bool
    steps: int
    best: int | None
    play: int | None
    offered: bool


class DueOut(TypedDict):
    """By when a team wants a play that counts."""
    team: str
    at: str
    late: bool


class PlayRow(TypedDict):
    id: int
    case: str
    title: str
    score: int
    ended_at: str


class TrainedOut(TypedDict):
    """Whether somebody has trained, by the plays that count."""
    person: Named
    plays: int
    cases: int
    last_play: int | None
    last_at: str | None
    due: DueOut | None


class TrainingOut(TypedDict):
    """The cases, your latest plays, and those of whom you answer for."""
    good: int
    cases: list[CaseRow]
    plays: list[PlayRow]
    due: DueOut | None
    people: list[TrainedOut] | None


class PlayOut(TypedDict):
    """One play of a case, as far as it has come."""
    id: int
    url: str
    case: str
    title: str
    person: Named
    service: str
    role: str
    targets: list[PlayTargetOut]
    of: int
    steps: list[PlayStepOut]
    began_at: str
    ended_at: str | None
    score: int | None
    outcome: str | None
    lesson: str | None


class PlaySignOut(TypedDict):
    words: str
    strong: bool


class PlayStepOut(TypedDict):
    """What is told at a step. What was right is said once the play has ended."""
    number: int
    minute: int
    text: str
    answer: str | None
    mark: str | None
    points: int | None
    right: str | None
    signs: list[PlaySignOut] | None
    comment: str | None


class PlayTargetOut(TypedDict):
    key: str
    name: str


class TrainingNoun(Noun):
    def answer(
        self,
        play: int,
        *,
        step: int,
        when: Literal['not-yet', 'now'],
        to: str | Unset = UNSET,
        why: str | Unset = UNSET,
        key: str | None = None,
    ) -> PlayOut:
        """Answer the step that has come.

        Once: another answer to the same step is refused. With the last step it ends, and what was right is said.
        """
        found: PlayOut = self._transport.call(
            "POST",
            f"/api/v1/training/plays/{part(play)}/answers",
            body=said({"step": step, "when": when, "to": to, "why": why}),
            key=key,
        )
        return found

    def begin(self, case: str, *, key: str | None = None) -> PlayOut:
        """Play a case.

        Begin, or go on with yours that has begun.
        """
        found: PlayOut = self._transport.call("POST", f"/api/v1/training/cases/{part(case)}/plays", key=key)
        return found

    def play(self, play: int) -> PlayOut:
        """One play.

        Yours, or one of those for whom you answer.
        """
        found: PlayOut = self._transport.call("GET", f"/api/v1/training/plays/{part(play)}")
        return found

    def show(self) -> TrainingOut:
        """Cases, your plays, and who has trained."""
        found: TrainingOut = self._transport.call("GET", "/api/v1/training")
        return found
