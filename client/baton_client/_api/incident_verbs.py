"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .incidents_shapes import IncidentWholeOut, StepTo
from .shared import Cause


class BriefIn(TypedDict):
    """What a receiver has to know; each part may be missing."""
    state: NotRequired[str]
    symptoms: NotRequired[str]
    tried: NotRequired[str]
    question: NotRequired[str]
    next: NotRequired[str]
    risk: NotRequired[str]


Reason: TypeAlias = "Literal['expertise', 'authority', 'access', 'impact', 'time', 'capacity']"


class IncidentVerbsNoun(Noun):
    def accept(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Accept the baton that is held out to you.

        As an acknowledgement, but refused if nothing is offered to you any more.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/acceptance",
            if_match=if_match,
            key=key,
        )
        return found

    def acknowledge(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Acknowledge: take it.

        A call to you, an offer to you, or a baton that your tier holds. The clock of the call stops, and that of
        the work begins.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/acknowledgement",
            if_match=if_match,
            key=key,
        )
        return found

    def answer(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Answer: I am on it, and decide.

        For a manager who was asked for a decision.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/answer",
            if_match=if_match,
            key=key,
        )
        return found

    def decide(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decide.

        A manager's decision; whoever works on it is told.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/decision",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def decline(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline the baton that is held out to you."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/refusal",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def escalate(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        reason: Reason,
        to: StepTo | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Escalate to the next step, or a later one."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/escalation",
            body=said({"text": text, "brief": brief, "reason": reason, "to": to}),
            if_match=if_match,
            key=key,
        )
        return found

    def hand_over(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        to: int | str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Hand over: offer the baton.

        It stays yours until they take it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/handover",
            body=said({"text": text, "brief": brief, "to": to}),
            if_match=if_match,
            key=key,
        )
        return found

    def hold(
        self,
        number: int,
        *,
        text: str,
        until: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Put on hold: the clocks stand still."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/hold",
            body=said({"text": text, "until": until}),
            if_match=if_match,
            key=key,
        )
        return found

    def reassign(
        self,
        number: int,
        *,
        to: int | str | None | Unset = UNSET,
        tier: int | None | Unset = UNSET,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Reassign; for supervisors.

        It moves at once, and the clocks keep the time they have left.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/reassignment",
            body=said({"to": to, "tier": tier, "text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def reopen(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Re-open: the path begins again at its first step."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/reopening",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def resolve(
        self,
        number: int,
        *,
        text: str,
        cause: Cause,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Resolve.

        `text`: what fixed it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/resolution",
            body=said({"text": text, "cause": cause}),
            if_match=if_match,
            key=key,
        )
        return found

    def resume(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Resume: the clocks go on with what they had left."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/hold",
            if_match=if_match,
            key=key,
        )
        return found

    def take_back(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take the offer back."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/handover",
            if_match=if_match,
            key=key,
        )
        return found

    def tell_authority(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        step: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell who must know, or ask them to decide, before their time."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/authority",
            body=said({"text": text, "brief": brief, "step": step}),
            if_match=if_match,
            key=key,
        )
        return found

    def undo(self, number: int, seq: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take back what you have just done.

        `seq`: the entry; it has to be yours, the last on the record, and not older than a minute.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/undo/{part(seq)}",
            if_match=if_match,
            key=key,
        )
        return found
