"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, TypedDict

from .._noun import Noun
from ..transport import part, said
from .shared import ActionOut, Named

_list = list  # some nouns have a verb of that name


class ReviewRow(TypedDict):
    """A review in a list."""
    incident: ReviewedOut
    url: str
    state: str
    begun_at: str
    begun_by: Named
    shared_at: str | None


class ReviewedOut(TypedDict):
    number: int
    ref: str
    title: str


class ReviewsOut(TypedDict):
    items: list[ReviewRow]
    next: str | None


class FactOut(TypedDict):
    label: str
    words: str


Factor: TypeAlias = Literal[
    'change',
    'configuration',
    'capacity',
    'dependency',
    'design',
    'detection',
    'knowledge',
    'access',
    'handover',
    'staffing',
    'other',
]


class FactorOut(TypedDict):
    kind: Factor
    text: str


class MomentOut(TypedDict):
    """A line of the timeline."""
    seq: int
    at: str
    kind: str
    tier: str
    words: str
    text: str
    remark: RemarkOut | None


class RemarkOut(TypedDict):
    text: str
    by: Named
    at: str


class ReviewOut(TypedDict):
    """What people wrote, and what the record says."""
    incident: ReviewedOut
    url: str
    state: str
    begun_at: str
    begun_by: Named
    shared_at: str | None
    shared_by: Named | None
    summary: str
    helped: str
    hindered: str
    factors: list[FactorOut]
    actions: list[ActionOut]
    facts: list[FactOut]
    signs: list[SignShownOut]
    timeline: list[MomentOut]
    cut: bool
    may_write: bool


class SignShownOut(TypedDict):
    """A warning sign: when it showed first, and what came of it."""
    key: str
    words: str
    at: str
    heeded_at: str | None
    how: str
    heeded: str


class ActionRow(TypedDict):
    """An action in a list of several reviews' actions."""
    incident: ReviewedOut
    number: int
    what: str
    owner: Named
    due: str
    late: bool


class ActionsOut(TypedDict):
    items: list[ActionRow]
    next: str | None


class FactorIn(TypedDict):
    kind: Factor
    text: str


class ReviewsNoun(Noun):
    def actions(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        owner: int | Literal['me'] | None = None,
        late: bool | None = None,
    ) -> ActionsOut:
        """Actions of reviews that are not done.

        The earliest day first.
        """
        found: ActionsOut = self._transport.call(
            "GET",
            "/api/v1/reviews/actions",
            query={"limit": limit, "cursor": cursor, "owner": owner, "late": late},
        )
        return found

    def each_actions(
        self,
        *,
        limit: int | None = None,
        owner: int | Literal['me'] | None = None,
        late: bool | None = None,
    ) -> Iterator[ActionRow]:
        """``actions``, page after page."""
        return self._transport.pages(lambda cursor: self.actions(limit=limit, owner=owner, late=late, cursor=cursor))

    def add_action(
        self,
        number: int,
        *,
        owner: int | str,
        due: str,
        what: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Add an action.

        It is among the cues of whoever does it, until it is done or dropped.
        """
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions",
            body=said({"owner": owner, "due": due, "what": what}),
            if_match=if_match,
            key=key,
        )
        return found

    def as_markdown(self, number: int, *, names: bool | None = None) -> bytes:
        """A review as one Markdown file.

        By tiers, unless `names` are asked for. What people wrote is escaped: it is text there, never markup.
        """
        found: bytes = self._transport.call("GET", f"/api/v1/reviews/{part(number)}/markdown", query={"names": names})
        return found

    def begin(self, *, incident: int, key: str | None = None) -> ReviewOut:
        """Begin a review.

        Of a resolved incident: a draft from its record, to be corrected and shared.
        """
        found: ReviewOut = self._transport.call("POST", "/api/v1/reviews", body=said({"incident": incident}), key=key)
        return found

    def change_action(
        self,
        number: int,
        action: int,
        *,
        owner: int | str,
        due: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Say who does an action, and by when."""
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}",
            body=said({"owner": owner, "due": due}),
            if_match=if_match,
            key=key,
        )
        return found

    def complete_action(
        self,
        number: int,
        action: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Say that an action is done."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}/completion",
            if_match=if_match,
            key=key,
        )
        return found

    def drop_action(
        self,
        number: int,
        action: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Drop an action, and say why."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}/refusal",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal['draft', 'shared', 'done'] | None = None,
    ) -> ReviewsOut:
        """Reviews of incidents that you may see.

        The newest first.
        """
        found: ReviewsOut = self._transport.call(
            "GET",
            "/api/v1/reviews",
            query={"limit": limit, "cursor": cursor, "state": state},
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        state: Literal['draft', 'shared', 'done'] | None = None,
    ) -> Iterator[ReviewRow]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, state=state, cursor=cursor))

    def remark(
        self,
        number: int,
        seq: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Remark on a line of the timeline.

        Instead of the remark that was there.
        """
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/timeline/{part(seq)}/remark",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def share(self, number: int, *, if_match: str | None = None, key: str | None = None) -> ReviewOut:
        """Share a review: it is no draft any more."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/sharing",
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, number: int, *, names: bool | None = None) -> ReviewOut:
        """One review.

        What people wrote, and what the record says: by tiers, with `names` by the names that are on it.
        """
        found: ReviewOut = self._transport.call("GET", f"/api/v1/reviews/{part(number)}", query={"names": names})
        return found

    def take_remark_away(
        self,
        number: int,
        seq: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Take a remark away."""
        found: ReviewOut = self._transport.call(
            "DELETE",
            f"/api/v1/reviews/{part(number)}/timeline/{part(seq)}/remark",
            if_match=if_match,
            key=key,
        )
        return found

    def write(
        self,
        number: int,
        *,
        summary: str,
        helped: str,
        hindered: str,
        factors: _list[FactorIn],
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Write a review: what happened, helped, made it harder, contributed.

        Instead of what was written there. The timeline is the record's, and nobody's to write.
        """
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/words",
            body=said({"summary": summary, "helped": helped, "hindered": hindered, "factors": factors}),
            if_match=if_match,
            key=key,
        )
        return found
