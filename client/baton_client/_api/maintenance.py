"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .shared import Named

_list = list  # some nouns have a verb of that name


class TimeOut(TypedDict):
    starts_at: str
    ends_at: str


class WindowOut(TypedDict):
    """When which services are worked on, so that nobody is called about them."""
    id: int
    reason: str
    public_text: str
    everything: bool
    services: list[Named]
    on: bool
    times: list[TimeOut]
    begins: str
    ends: str
    zone: str
    repeats: str
    weekdays: list[int]
    last_day: str | None
    planned_by: Named
    ended_at: str | None
    cancelled_at: str | None
    over_at: str | None


class WindowsOut(TypedDict):
    items: list[WindowOut]


class MaintenanceNoun(Noun):
    def cancel(self, window: int, *, if_match: str | None = None, key: str | None = None) -> WindowOut:
        """Cancel a window.

        It does not take place, or no longer.
        """
        found: WindowOut = self._transport.call(
            "POST",
            f"/api/v1/maintenance/{part(window)}/cancellation",
            if_match=if_match,
            key=key,
        )
        return found

    def change(
        self,
        window: int,
        *,
        reason: str,
        services: _list[int] | Unset = UNSET,
        teams: _list[int] | Unset = UNSET,
        everything: bool | Unset = UNSET,
        begins: str,
        ends: str,
        zone: str | None | Unset = UNSET,
        repeats: Literal['', 'weekly', 'monthly'] | Unset = UNSET,
        weekdays: _list[int] | Unset = UNSET,
        last_day: str | None | Unset = UNSET,
        public_text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> WindowOut:
        """Plan a window anew.

        What is not said is as for a new one. It counts from now.
        """
        found: WindowOut = self._transport.call(
            "PUT",
            f"/api/v1/maintenance/{part(window)}",
            body=said({
                "reason": reason, "services": services, "teams": teams, "everything": everything, "begins": begins,
                "ends": ends, "zone": zone, "repeats": repeats, "weekdays": weekdays, "last_day": last_day,
                "public_text": public_text,
            }),
            if_match=if_match,
            key=key,
        )
        return found

    def end(self, window: int, *, if_match: str | None = None, key: str | None = None) -> WindowOut:
        """End a window now.

        What is still open goes on at once. One that comes again does at its next time.
        """
        found: WindowOut = self._transport.call(
            "POST",
            f"/api/v1/maintenance/{part(window)}/end",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self, *, over: bool | None = None) -> WindowsOut:
        """Maintenance windows.

        What is on or coming; or, with “over”, what was, the latest first.
        """
        found: WindowsOut = self._transport.call("GET", "/api/v1/maintenance", query={"over": over})
        return found

    def plan(
        self,
        *,
        reason: str,
        services: _list[int] | Unset = UNSET,
        teams: _list[int] | Unset = UNSET,
        everything: bool | Unset = UNSET,
        begins: str,
        ends: str,
        zone: str | None | Unset = UNSET,
        repeats: Literal['', 'weekly', 'monthly'] | Unset = UNSET,
        weekdays: _list[int] | Unset = UNSET,
        last_day: str | None | Unset = UNSET,
        public_text: str | Unset = UNSET,
        key: str | None = None,
    ) -> WindowOut:
        """Plan a window.

        Of services of teams that you supervise; admins, of any.
        """
        found: WindowOut = self._transport.call(
            "POST",
            "/api/v1/maintenance",
            body=said({
                "reason": reason, "services": services, "teams": teams, "everything": everything, "begins": begins,
                "ends": ends, "zone": zone, "repeats": repeats, "weekdays": weekdays, "last_day": last_day,
                "public_text": public_text,
            }),
            key=key,
        )
        return found

    def show(self, window: int) -> WindowOut:
        """One maintenance window."""
        found: WindowOut = self._transport.call("GET", f"/api/v1/maintenance/{part(window)}")
        return found
