"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun


class ActOut(TypedDict):
    label: str
    page: str


class CueOut(TypedDict):
    kind: str
    title: str
    why: str
    then: str
    due: str | None
    late: bool
    incident: int | None
    severity: int | None
    page: str
    acts: list[ActOut]


class CuesOut(TypedDict):
    total: int
    items: list[CueOut]


class CuesNoun(Noun):
    def list(self, *, limit: int | None = None) -> CuesOut:
        """My cues.

        What is late first, then what comes, then what has no end.
        """
        found: CuesOut = self._transport.call("GET", "/api/v1/cues", query={"limit": limit})
        return found
