"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypedDict

from .._noun import Noun


class ChangeOut(TypedDict):
    """One change of how the installation works."""
    number: int
    at: str
    by: str
    by_kind: Literal['person', 'source', 'engine']
    by_id: int | None
    kind: str
    what: str
    id: int | None
    name: str
    of: str
    differences: list[DifferenceOut]
    text: str


class ChangePage(TypedDict):
    items: list[ChangeOut]
    next: str | None


class DifferenceOut(TypedDict):
    """One field. Of a secret it is on record that it changed, and not to what."""
    field: str
    before: str
    after: str


class ConfigurationNoun(Noun):
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        what: str | None = None,
        id: int | None = None,
        who: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> ChangePage:
        """The configuration record.

        Every change, the latest first. For admins and auditors. `id` is that of the thing, and goes with `what`.
        """
        found: ChangePage = self._transport.call(
            "GET",
            "/api/v1/configuration",
            query={
                "limit": limit, "cursor": cursor, "q": q, "what": what, "id": id, "who": who, "since": since,
                "until": until,
            },
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        what: str | None = None,
        id: int | None = None,
        who: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[ChangeOut]:
        """``list``, page after page."""
        return self._transport.pages(
            lambda cursor: self.list(
                limit=limit,
                q=q,
                what=what,
                id=id,
                who=who,
                since=since,
                until=until,
                cursor=cursor,
            )
        )
