"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from .._noun import Noun
from ..transport import part, said
from .shared import Named


class RunbookRow(TypedDict):
    id: int
    title: str
    team: Named
    owner: Named | None
    review_at: str | None
    archived_at: str | None


class RunbooksOut(TypedDict):
    items: list[RunbookRow]
    next: str | None


class RunbookOut(TypedDict):
    id: int
    title: str
    team: Named
    owner: Named | None
    review_at: str | None
    archived_at: str | None
    body: str
    steps: list[RunbookStepOut]
    services: list[Named]
    tiers: list[Named]
    policies: list[Named]
    reviewed_at: str | None
    reviewed_by: Named | None
    may_keep: bool


class RunbookStepOut(TypedDict):
    id: int
    number: int
    words: str


class RunbooksNoun(Noun):
    def list(self, *, limit: int | None = None, cursor: str | None = None, q: str | None = None) -> RunbooksOut:
        """Runbooks.

        Those in use, by title.
        """
        found: RunbooksOut = self._transport.call(
            "GET",
            "/api/v1/runbooks",
            query={"limit": limit, "cursor": cursor, "q": q},
        )
        return found

    def each(self, *, limit: int | None = None, q: str | None = None) -> Iterator[RunbookRow]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, q=q, cursor=cursor))

    def review(self, runbook: int, *, if_match: str | None = None, key: str | None = None) -> RunbookOut:
        """Say that a runbook is still right.

        You have read it.
        """
        found: RunbookOut = self._transport.call(
            "POST",
            f"/api/v1/runbooks/{part(runbook)}/review",
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, runbook: int) -> RunbookOut:
        """One runbook."""
        found: RunbookOut = self._transport.call("GET", f"/api/v1/runbooks/{part(runbook)}")
        return found

    def write(self, runbook: int, *, body: str, if_match: str | None = None, key: str | None = None) -> RunbookOut:
        """Write a runbook anew.

        Steps with other words begin anew; tasks about them are settled by it.
        """
        found: RunbookOut = self._transport.call(
            "PUT",
            f"/api/v1/runbooks/{part(runbook)}/procedure",
            body=said({"body": body}),
            if_match=if_match,
            key=key,
        )
        return found
