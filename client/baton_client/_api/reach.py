"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said


class AccountOut(TypedDict):
    """An account of a chat whose buttons answer for you."""
    id: int
    name: str


class ChainOut(TypedDict):
    """What happens when you are called, in words."""
    urgency: Literal['loud', 'quiet']
    severities: str
    sentence: str
    rules: list[RuleOut]


class QuietOut(TypedDict):
    begins: str
    ends: str


class ReachOut(TypedDict):
    ways: list[WayOut]
    chains: list[ChainOut]
    quiet: QuietOut | None
    accounts: list[AccountOut]
    flaws: list[str]


class RuleOut(TypedDict):
    id: int
    way: int
    delay_minutes: int
    words: str


class WayOut(TypedDict):
    """One way to reach you."""
    id: int
    channel: str
    address: str
    label: str
    is_account: bool
    verified_at: str | None
    proved_at: str | None
    unusable: str
    last: str
    last_failure: str


class ReachNoun(Noun):
    def add(self, *, channel: str, address: str, label: str | Unset = UNSET, key: str | None = None) -> ReachOut:
        """Add a way to reach you.

        A code is sent there at once; the way is used once it was sent back.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/ways",
            body=said({"channel": channel, "address": address, "label": label}),
            key=key,
        )
        return found

    def add_rule(
        self,
        *,
        urgency: Literal['loud', 'quiet'],
        way: int,
        delay_minutes: int | Unset = UNSET,
        key: str | None = None,
    ) -> ReachOut:
        """Add a rule.

        When you are called: by this way, so many minutes later.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/rules",
            body=said({"urgency": urgency, "way": way, "delay_minutes": delay_minutes}),
            key=key,
        )
        return found

    def end_account(self, account: int, *, key: str | None = None) -> ReachOut:
        """Unlink a chat account.

        Its buttons answer for you no more.
        """
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/accounts/{part(account)}", key=key)
        return found

    def end_quiet(self, *, key: str | None = None) -> ReachOut:
        """Have no quiet hours."""
        found: ReachOut = self._transport.call("DELETE", "/api/v1/reach/quiet", key=key)
        return found

    def remove(self, way: int, *, key: str | None = None) -> ReachOut:
        """Remove a way.

        With the rules that use it.
        """
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/ways/{part(way)}", key=key)
        return found

    def remove_rule(self, rule: int, *, key: str | None = None) -> ReachOut:
        """Remove a rule."""
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/rules/{part(rule)}", key=key)
        return found

    def send_code(self, way: int, *, key: str | None = None) -> ReachOut:
        """Have a new code sent.

        The old one is not valid any more.
        """
        found: ReachOut = self._transport.call("POST", f"/api/v1/reach/ways/{part(way)}/codes", key=key)
        return found

    def set_quiet(self, *, begins: str, ends: str, key: str | None = None) -> ReachOut:
        """Set quiet hours.

        What is not urgent waits for their end.
        """
        found: ReachOut = self._transport.call(
            "PUT",
            "/api/v1/reach/quiet",
            body=said({"begins": begins, "ends": ends}),
            key=key,
        )
        return found

    def show(self) -> ReachOut:
        """How Baton reaches you.

        Your ways, rules and quiet hours, and what may keep a call from reaching you.
        """
        found: ReachOut = self._transport.call("GET", "/api/v1/reach")
        return found

    def test(self, way: int, *, key: str | None = None) -> ReachOut:
        """Send yourself a test.

        By this way. How it went stands on the way a moment later.
        """
        found: ReachOut = self._transport.call("POST", f"/api/v1/reach/ways/{part(way)}/tests", key=key)
        return found

    def test_all(self, *, key: str | None = None) -> ReachOut:
        """Send yourself the tests that are due."""
        found: ReachOut = self._transport.call("POST", "/api/v1/reach/tests", key=key)
        return found

    def verify(self, way: int, *, code: str, key: str | None = None) -> ReachOut:
        """Send a way's code back.

        A wrong code counts as a try, whatever the key of the request.
        """
        found: ReachOut = self._transport.call(
            "POST",
            f"/api/v1/reach/ways/{part(way)}/verification",
            body=said({"code": code}),
            key=key,
        )
        return found
