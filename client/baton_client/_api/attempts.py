"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from .._noun import Noun
from .shared import Named, Outcome


class AttemptOut(TypedDict):
    """A step that somebody took on an incident."""
    id: int
    incident: int
    service: Named | None
    by: str
    at: str
    hypothesis: str
    action: str
    outcome: Outcome
    minutes: int | None


class AttemptsOut(TypedDict):
    items: list[AttemptOut]
    next: str | None
    tally: TallyOut
    looked_at: int | None


class TallyOut(TypedDict):
    tried: int
    helped: int


class AttemptsNoun(Noun):
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        service: int | None = None,
        outcome: Outcome | None = None,
    ) -> AttemptsOut:
        """What was tried before.

        The latest first; on one service, or on all.
        """
        found: AttemptsOut = self._transport.call(
            "GET",
            "/api/v1/attempts",
            query={"limit": limit, "cursor": cursor, "q": q, "service": service, "outcome": outcome},
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        service: int | None = None,
        outcome: Outcome | None = None,
    ) -> Iterator[AttemptOut]:
        """``list``, page after page."""
        return self._transport.pages(
            lambda cursor: self.list(
                limit=limit,
                q=q,
                service=service,
                outcome=outcome,
                cursor=cursor,
            )
        )
