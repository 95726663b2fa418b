"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun


class MeOut(TypedDict):
    """Whoever the token acts for."""
    id: int
    name: str
    email: str
    time_zone: str
    admin: bool
    auditor: bool
    teams: list[MyTeam]
    scopes: list[str]
    token_ends_at: str | None


class MyTeam(TypedDict):
    id: int
    name: str
    role: str


class MeNoun(Noun):
    def show(self) -> MeOut:
        """Who the token acts for, and what it may."""
        found: MeOut = self._transport.call("GET", "/api/v1/me")
        return found
