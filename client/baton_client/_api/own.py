"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .shared import Named


class PreferencesOut(TypedDict):
    time_zone: str
    theme: Literal['system', 'light', 'dark']
    keys_on: bool
    presence_on: bool


class CalendarOut(TypedDict):
    """A calendar from elsewhere. Of its address the host is shown: the rest is often a key."""
    id: int
    host: str
    schedule: Named | None
    read_at: str | None
    failing_since: str | None
    error: str


class CalendarsOut(TypedDict):
    items: list[CalendarOut]


class OwnNoun(Noun):
    def absences(self) -> CalendarsOut:
        """Calendars that are read for you.

        Of your absences, and of the holidays of schedules that you may change.
        """
        found: CalendarsOut = self._transport.call("GET", "/api/v1/absences")
        return found

    def add_absences(
        self,
        *,
        address: str,
        schedule: int | None | Unset = UNSET,
        key: str | None = None,
    ) -> CalendarsOut:
        """Have a calendar read.

        Within a minute, and every few hours from then on.
        """
        found: CalendarsOut = self._transport.call(
            "POST",
            "/api/v1/absences",
            body=said({"address": address, "schedule": schedule}),
            key=key,
        )
        return found

    def prefer(
        self,
        *,
        time_zone: str | Unset = UNSET,
        theme: Literal['system', 'light', 'dark'] | None | Unset = UNSET,
        keys_on: bool | None | Unset = UNSET,
        presence_on: bool | None | Unset = UNSET,
        key: str | None = None,
    ) -> PreferencesOut:
        """Change your preferences.

        What is not said stays as it is.
        """
        found: PreferencesOut = self._transport.call(
            "PATCH",
            "/api/v1/preferences",
            body=said({"time_zone": time_zone, "theme": theme, "keys_on": keys_on, "presence_on": presence_on}),
            key=key,
        )
        return found

    def preferences(self) -> PreferencesOut:
        """Your preferences."""
        found: PreferencesOut = self._transport.call("GET", "/api/v1/preferences")
        return found

    def read_absences(self, calendar: int, *, key: str | None = None) -> CalendarsOut:
        """Read a calendar again.

        Within a minute, instead of in a few hours.
        """
        found: CalendarsOut = self._transport.call("POST", f"/api/v1/absences/{part(calendar)}/reading", key=key)
        return found

    def remove_absences(self, calendar: int, *, key: str | None = None) -> CalendarsOut:
        """Have a calendar read no longer.

        Its dates go with it.
        """
        found: CalendarsOut = self._transport.call("DELETE", f"/api/v1/absences/{part(calendar)}", key=key)
        return found
