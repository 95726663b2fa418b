"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, TypedDict

from .._noun import Noun
from ..transport import part, said
from .shared import ActionOut, Named

_list = list  # some nouns have a verb of that name


class MeasuredOut(TypedDict):
    """Whether it came back less often: as many days before as after the fix, 90 at most."""
    verdict: Verdict
    before: int
    after: int
    days: int
    words: str


class ProblemRow(TypedDict):
    """A problem in a list."""
    id: int
    ref: str
    url: str
    title: str
    state: str
    owner: Named
    team: Named
    begun_at: str
    fixed_at: str | None
    closed_at: str | None
    lately: int
    measured: MeasuredOut | None
    cut: bool


class ProblemsOut(TypedDict):
    items: list[ProblemRow]
    next: str | None


Verdict: TypeAlias = "Literal['helped', 'not', 'early', 'unclear']"


class ProblemIncidentOut(TypedDict):
    number: int
    ref: str
    title: str
    severity: int
    opened_at: str
    open: bool
    why: str


class ProblemWhole(TypedDict):
    id: int
    ref: str
    url: str
    title: str
    state: str
    owner: Named
    team: Named
    begun_at: str
    fixed_at: str | None
    closed_at: str | None
    lately: int
    measured: MeasuredOut | None
    cut: bool
    cause: str
    why_closed: str
    begun_by: Named
    incidents: list[ProblemIncidentOut]
    proposed: list[ProblemIncidentOut]
    apart: list[ProblemIncidentOut]
    actions: list[ActionOut]
    may_write: bool


class ProblemProposalOut(TypedDict):
    """Incidents that look alike and are of no problem, the newest first."""
    incidents: list[ProblemIncidentOut]


class ProblemProposalsOut(TypedDict):
    items: list[ProblemProposalOut]


class ProblemsNoun(Noun):
    def add_action(
        self,
        problem: int,
        *,
        owner: int | str,
        due: str,
        what: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Add an action against a problem.

        It is among the cues of whoever does it, until it is done or dropped.
        """
        found: ProblemWhole = self._transport.call(
            "POST",
            f"/api/v1/problems/{part(problem)}/actions",
            body=said({"owner": owner, "due": due, "what": what}),
            if_match=if_match,
            key=key,
        )
        return found

    def begin(
        self,
        *,
        title: str,
        owner: int | str,
        team: int,
        cause: str,
        incident: int,
        also: _list[int],
        apart: _list[int],
        key: str | None = None,
    ) -> ProblemWhole:
        """Begin a problem.

        With the incidents that are the same trouble: you have to be able to work on each.
        """
        found: ProblemWhole = self._transport.call(
            "POST",
            "/api/v1/problems",
            body=said({
                "title": title, "owner": owner, "team": team, "cause": cause, "incident": incident, "also": also,
                "apart": apart,
            }),
            key=key,
        )
        return found

    def change_action(
        self,
        problem: int,
        action: int,
        *,
        owner: int | str,
        due: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Say who does an action, and by when."""
        found: ProblemWhole = self._transport.call(
            "PUT",
            f"/api/v1/problems/{part(problem)}/actions/{part(action)}",
            body=said({"owner": owner, "due": due}),
            if_match=if_match,
            key=key,
        )
        return found

    def close(self, problem: int, *, text: str, if_match: str | None = None, key: str | None = None) -> ProblemWhole:
        """Close a problem, and say why."""
        found: ProblemWhole = self._transport.call(
            "POST",
            f"/api/v1/problems/{part(problem)}/closing",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def complete_action(
        self,
        problem: int,
        action: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Say that an action is done."""
        found: ProblemWhole = self._transport.call(
            "POST",
            f"/api/v1/problems/{part(problem)}/actions/{part(action)}/completion",
            if_match=if_match,
            key=key,
        )
        return found

    def drop_action(
        self,
        problem: int,
        action: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Drop an action, and say why."""
        found: ProblemWhole = self._transport.call(
            "POST",
            f"/api/v1/problems/{part(problem)}/actions/{part(action)}/refusal",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def fix(self, problem: int, *, at: str, if_match: str | None = None, key: str | None = None) -> ProblemWhole:
        """Say since when a problem is fixed.

        Also said again, of another instant. From then on it is counted whether it comes back.
        """
        found: ProblemWhole = self._transport.call(
            "PUT",
            f"/api/v1/problems/{part(problem)}/fix",
            body=said({"at": at}),
            if_match=if_match,
            key=key,
        )
        return found

    def link(self, problem: int, number: int, *, if_match: str | None = None, key: str | None = None) -> ProblemWhole:
        """Say that an incident is one of a problem."""
        found: ProblemWhole = self._transport.call(
            "PUT",
            f"/api/v1/problems/{part(problem)}/incidents/{part(number)}",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> ProblemsOut:
        """Problems that you may see.

        The newest first.
        """
        found: ProblemsOut = self._transport.call("GET", "/api/v1/problems", query={"limit": limit, "cursor": cursor})
        return found

    def each(self, *, limit: int | None = None) -> Iterator[ProblemRow]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, cursor=cursor))

    def proposals(self) -> ProblemProposalsOut:
        """What may be a problem.

        Three incidents at least that look alike, in 30 days, and are of none; those that came most often first.
        """
        found: ProblemProposalsOut = self._transport.call("GET", "/api/v1/problems/proposals")
        return found

    def reopen(self, problem: int, *, if_match: str | None = None, key: str | None = None) -> ProblemWhole:
        """Open a problem again: it is neither fixed nor closed."""
        found: ProblemWhole = self._transport.call(
            "POST",
            f"/api/v1/problems/{part(problem)}/reopening",
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, problem: int) -> ProblemWhole:
        """One problem."""
        found: ProblemWhole = self._transport.call("GET", f"/api/v1/problems/{part(problem)}")
        return found

    def unlink(
        self,
        problem: int,
        number: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Say that an incident is none of a problem.

        Of one that looks like it too: it is not proposed again.
        """
        found: ProblemWhole = self._transport.call(
            "DELETE",
            f"/api/v1/problems/{part(problem)}/incidents/{part(number)}",
            if_match=if_match,
            key=key,
        )
        return found

    def write(
        self,
        problem: int,
        *,
        title: str,
        owner: int | str,
        team: int,
        cause: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ProblemWhole:
        """Write a problem: its title, owner, team and what is believed."""
        found: ProblemWhole = self._transport.call(
            "PUT",
            f"/api/v1/problems/{part(problem)}/words",
            body=said({"title": title, "owner": owner, "team": team, "cause": cause}),
            if_match=if_match,
            key=key,
        )
        return found
