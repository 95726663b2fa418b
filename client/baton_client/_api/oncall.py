"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun
from .shared import Named


class StandingOut(TypedDict):
    """One schedule at one instant."""
    schedule: Named
    team: Named
    person: Named | None
    until: str | None
    next: Named | None
    next_at: str | None


class StandingsOut(TypedDict):
    at: str
    items: list[StandingOut]


class OncallNoun(Noun):
    def now(self, *, at: str | None = None, team: int | None = None) -> StandingsOut:
        """Who is on call.

        On each schedule that you may see: now, or at another instant.
        """
        found: StandingsOut = self._transport.call("GET", "/api/v1/oncall", query={"at": at, "team": team})
        return found
