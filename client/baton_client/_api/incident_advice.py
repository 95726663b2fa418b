"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .incidents_shapes import IncidentWholeOut, StepTo
from .shared import Named


class AdviceOut(TypedDict):
    """What the signs come to now."""
    verdict: Literal['not_yet', 'soon', 'now']
    signs: list[SignOut]
    to: TargetOut | None
    declined: DeclinedOut | None
    may_answer: bool


class DeclinedOut(TypedDict):
    by: str
    at: str


class SignOut(TypedDict):
    """A fact that says that it is time to escalate."""
    key: str
    level: Literal['unknown', 'mild', 'strong']
    text: str
    evidence: dict[str, int | str]


class TargetOut(TypedDict):
    """The next tier of its path at which somebody is there."""
    lap: int
    place: int
    tier: str
    people: list[Named]
    until: str | None


class IncidentAdviceNoun(Noun):
    def advice(self, number: int) -> AdviceOut:
        """What the warning signs advise.

        For the token's person: what compares with other incidents counts those that they may see.
        """
        found: AdviceOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/advice")
        return found

    def decline_advice(
        self,
        number: int,
        *,
        text: str,
        to: StepTo | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline the advice: not now.

        The path and its clocks go on as they would. The advice comes up again if it gets worse.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/advice/refusal",
            body=said({"text": text, "to": to}),
            if_match=if_match,
            key=key,
        )
        return found

    def take_advice(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take the advice: escalate, with the signs as the reason."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/advice/taking",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found
