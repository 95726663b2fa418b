"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun
from ..transport import part, said
from .incidents_shapes import IncidentWholeOut


class RoomOut(TypedDict):
    id: int
    name: str
    kind: str
    told: bool


class RoomsOut(TypedDict):
    items: list[RoomOut]


class IncidentRoomsNoun(Noun):
    def leave_room(
        self,
        number: int,
        room: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell a chat channel no more.

        Where it can be, its message is taken back to the number alone.
        """
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/rooms/{part(room)}",
            if_match=if_match,
            key=key,
        )
        return found

    def rooms(self, number: int) -> RoomsOut:
        """Which chat channels read of it, or could.

        Those that could are shown to whoever may change the incident.
        """
        found: RoomsOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/rooms")
        return found

    def tell_room(
        self,
        number: int,
        *,
        room: int,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell a chat channel of it.

        It gets one message, which says how it is. Whoever is in the channel reads its title, and who has it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/rooms",
            body=said({"room": room}),
            if_match=if_match,
            key=key,
        )
        return found
