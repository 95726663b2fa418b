"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from .._noun import Noun
from ..transport import part
from .shared import Named


class DrillOut(TypedDict):
    """A practice incident that is planned: on the real path, to the real people on call."""
    id: int
    url: str
    title: str
    service: Named
    team: Named
    severity: int
    text: str
    first: str
    zone: str
    weeks: int
    limit_minutes: int
    on: bool
    next_at: str | None


class DrillPage(TypedDict):
    items: list[DrillOut]
    next: str | None


class RunOut(TypedDict):
    """One time that a drill was due, or was started."""
    id: int
    url: str
    drill: int
    at: str
    started_by: Named | None
    incident: int | None
    outcome: str
    not_held: str | None
    answered_at: str | None
    answered_by: str | None
    answered_after_s: int | None
    on_call: int | None
    without_call: bool | None
    calls: int
    last_resort: bool
    ended_at: str | None
    ended: str | None


class RunPage(TypedDict):
    items: list[RunOut]
    next: str | None


class CallWayOut(TypedDict):
    """One message of a call."""
    channel: str
    at: str
    arrived: bool


class CalledOut(TypedDict):
    """One person, as they were called once."""
    call: int
    at: str
    person: Named
    tier: str
    last_resort: bool
    told_only: bool
    ways: list[CallWayOut]
    answered_at: str | None
    answered_after_s: int | None


class ReportOut(TypedDict):
    """A run with everybody who was called."""
    id: int
    url: str
    drill: int
    at: str
    started_by: Named | None
    incident: int | None
    outcome: str
    not_held: str | None
    answered_at: str | None
    answered_by: str | None
    answered_after_s: int | None
    on_call: int | None
    without_call: bool | None
    calls: int
    last_resort: bool
    ended_at: str | None
    ended: str | None
    tiers: list[str]
    silent: list[str]
    called: list[CalledOut]


class DrillsNoun(Noun):
    def end(self, drill: int, run: int, *, key: str | None = None) -> ReportOut:
        """End a drill.

        It was practised for long enough. Refused if it is over already.
        """
        found: ReportOut = self._transport.call("POST", f"/api/v1/drills/{part(drill)}/runs/{part(run)}/end", key=key)
        return found

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> DrillPage:
        """Drills that are planned.

        Of the services of teams that you supervise, the latest planned first; admins and auditors read all.
        """
        found: DrillPage = self._transport.call("GET", "/api/v1/drills", query={"limit": limit, "cursor": cursor})
        return found

    def each(self, *, limit: int | None = None) -> Iterator[DrillOut]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, cursor=cursor))

    def run(self, drill: int, run: int) -> ReportOut:
        """The report of one time.

        Who was called when and how, who answered, and how far it went.
        """
        found: ReportOut = self._transport.call("GET", f"/api/v1/drills/{part(drill)}/runs/{part(run)}")
        return found

    def runs(self, drill: int, *, limit: int | None = None, cursor: str | None = None) -> RunPage:
        """Each time that a drill was due.

        The latest first.
        """
        found: RunPage = self._transport.call(
            "GET",
            f"/api/v1/drills/{part(drill)}/runs",
            query={"limit": limit, "cursor": cursor},
        )
        return found

    def each_runs(self, drill: int, *, limit: int | None = None) -> Iterator[RunOut]:
        """``runs``, page after page."""
        return self._transport.pages(lambda cursor: self.runs(drill, limit=limit, cursor=cursor))

    def show(self, drill: int) -> DrillOut:
        """One drill."""
        found: DrillOut = self._transport.call("GET", f"/api/v1/drills/{part(drill)}")
        return found

    def start(self, drill: int, *, key: str | None = None) -> ReportOut:
        """Start a drill now.

        The people on call are called at once.
        """
        found: ReportOut = self._transport.call("POST", f"/api/v1/drills/{part(drill)}/runs", key=key)
        return found
