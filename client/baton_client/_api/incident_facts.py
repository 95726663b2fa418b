"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .incidents_shapes import IncidentWholeOut
from .shared import Grade, Named, Outcome

_list = list  # some nouns have a verb of that name


class FittingOut(TypedDict):
    id: int
    title: str
    steps: list[StepOut]


class FittingPage(TypedDict):
    items: list[FittingOut]


class StepOut(TypedDict):
    id: int
    number: int
    words: str
    tick: TickOut | None


class TickOut(TypedDict):
    id: int
    worked: bool
    by: Named
    at: str
    settled_at: str | None


class IncidentFactsNoun(Noun):
    def attempt(
        self,
        number: int,
        *,
        text: str,
        outcome: Outcome,
        hypothesis: str | Unset = UNSET,
        minutes: int | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Record an attempt."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/attempts",
            body=said({"text": text, "outcome": outcome, "hypothesis": hypothesis, "minutes": minutes}),
            if_match=if_match,
            key=key,
        )
        return found

    def begin_work(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """I work on it: your hands-on time runs."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/work",
            if_match=if_match,
            key=key,
        )
        return found

    def leave_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Leave a role."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/leaving",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def note(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Write a note.

        Also on what is resolved. Whoever is named with an @ may see the incident, and is told.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/notes",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def pass_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        was: str | None | Unset = UNSET,
        to: int | str,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Ask somebody to take a role."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/passing",
            body=said({"was": was, "to": to, "text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def refuse_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline a role you are asked to take, or keep yours."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/refusal",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def runbooks(self, number: int) -> FittingPage:
        """Which runbooks fit, and what their steps did here."""
        found: FittingPage = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/runbooks")
        return found

    def set_severity(
        self,
        number: int,
        *,
        text: str,
        severity: int | None,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Overrule the severity, or give it back to the table."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/severity",
            body=said({"text": text, "severity": severity}),
            if_match=if_match,
            key=key,
        )
        return found

    def settle(
        self,
        number: int,
        tick: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A step that did not work is right as it is.

        For whoever keeps the runbook: they need not work on the incident, but have to see it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/ticks/{part(tick)}/settlement",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def state(
        self,
        number: int,
        *,
        people_affected: int | None | Unset = UNSET,
        impact: Grade | None | Unset = UNSET,
        urgency: Grade | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """State what is known; severity follows."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/facts",
            body=said({"people_affected": people_affected, "impact": impact, "urgency": urgency}),
            if_match=if_match,
            key=key,
        )
        return found

    def state_needs(
        self,
        number: int,
        *,
        skills: _list[int],
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """State which skills it needs."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/needs",
            body=said({"skills": skills}),
            if_match=if_match,
            key=key,
        )
        return found

    def stop_work(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """I stopped: your hands-on time stands still."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/work",
            if_match=if_match,
            key=key,
        )
        return found

    def take_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Take a role, or take it over."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def tick(
        self,
        number: int,
        step: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A runbook's step worked here."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/success",
            if_match=if_match,
            key=key,
        )
        return found

    def tick_failed(
        self,
        number: int,
        step: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A runbook's step did not work here.

        Its owner is asked to look at it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/failure",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def untick(
        self,
        number: int,
        step: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """It was not so: take a tick back."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/retraction",
            if_match=if_match,
            key=key,
        )
        return found
