"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import part
from .shared import Named


class HeartbeatOut(TypedDict):
    """What is to beat regularly, and opens an incident when it stops."""
    id: int
    name: str
    service: Named | None
    state: Literal['silent', 'late', 'waits', 'maintenance', 'beats', 'not_watched']
    every_minutes: int
    grace_minutes: int
    severity: int
    last_beat: str | None
    due: str | None
    silent_since: str | None
    incident: int | None


class HeartbeatsOut(TypedDict):
    items: list[HeartbeatOut]


class FindingOut(TypedDict):
    name: str
    sentence: str


class FindingsOut(TypedDict):
    """Findings of one kind."""
    title: str
    advice: str
    red: bool
    findings: list[FindingOut]


class ReadinessOut(TypedDict):
    checked: str
    items: list[FindingsOut]


class AskedOut(TypedDict):
    person: Named
    asked_at: str


class NoticeOut(TypedDict):
    code: str
    text: str
    since: str
    urgent: bool


class NoticesOut(TypedDict):
    items: list[NoticeOut]


class WatchingNoun(Noun):
    def ask(self, who: int, *, key: str | None = None) -> AskedOut:
        """Ask somebody to test.

        To send themselves a test: a message is on its way, and a cue waits. Once a day is enough.
        """
        found: AskedOut = self._transport.call("POST", f"/api/v1/readiness/people/{part(who)}/test-request", key=key)
        return found

    def heartbeats(self) -> HeartbeatsOut:
        """Heartbeats.

        Those whose incident you would see.
        """
        found: HeartbeatsOut = self._transport.call("GET", "/api/v1/heartbeats")
        return found

    def notices(self) -> NoticesOut:
        """What everybody must know now.

        What stands above every page: escalations or messages that are late, a storm, an installation that is held.
        """
        found: NoticesOut = self._transport.call("GET", "/api/v1/notices")
        return found

    def readiness(self) -> ReadinessOut:
        """What would go wrong with the next call.

        Of the teams that you supervise; of all, for admins and auditors.
        """
        found: ReadinessOut = self._transport.call("GET", "/api/v1/readiness")
        return found
