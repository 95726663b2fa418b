"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .shared import Named


class ViewOut(TypedDict):
    id: int
    name: str
    asked: str
    team: Named | None
    author: Named
    first: bool
    may_change: bool


class ViewsOut(TypedDict):
    items: list[ViewOut]


class ViewsNoun(Noun):
    def add(
        self,
        *,
        name: str,
        asked: str | Unset = UNSET,
        team: int | None | Unset = UNSET,
        first: bool | Unset = UNSET,
        key: str | None = None,
    ) -> ViewOut:
        """Save a view.

        What the queue does not know of “asked” is left out.
        """
        found: ViewOut = self._transport.call(
            "POST",
            "/api/v1/views",
            body=said({"name": name, "asked": asked, "team": team, "first": first}),
            key=key,
        )
        return found

    def archive(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewsOut:
        """Archive a view.

        Nobody sees it any more. The answer is those that are left.
        """
        found: ViewsOut = self._transport.call("DELETE", f"/api/v1/views/{part(view)}", if_match=if_match, key=key)
        return found

    def change(
        self,
        view: int,
        *,
        name: str,
        asked: str | Unset = UNSET,
        team: int | None | Unset = UNSET,
        first: bool | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ViewOut:
        """Change a view.

        Your own; as a supervisor, those of your team.
        """
        found: ViewOut = self._transport.call(
            "PUT",
            f"/api/v1/views/{part(view)}",
            body=said({"name": name, "asked": asked, "team": team, "first": first}),
            if_match=if_match,
            key=key,
        )
        return found

    def end_first(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewOut:
        """Begin my queue with it no longer."""
        found: ViewOut = self._transport.call(
            "DELETE",
            f"/api/v1/views/{part(view)}/first",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self) -> ViewsOut:
        """Saved views.

        Your own, and those of your teams.
        """
        found: ViewsOut = self._transport.call("GET", "/api/v1/views")
        return found

    def set_first(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewOut:
        """Begin my queue with a view.

        One that you see, whoever made it.
        """
        found: ViewOut = self._transport.call("PUT", f"/api/v1/views/{part(view)}/first", if_match=if_match, key=key)
        return found

    def show(self, view: int) -> ViewOut:
        """One saved view."""
        found: ViewOut = self._transport.call("GET", f"/api/v1/views/{part(view)}")
        return found
