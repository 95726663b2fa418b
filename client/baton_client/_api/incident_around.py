"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .._noun import Noun, there
from ..transport import File, UNSET, Unset, part, said
from .incidents_shapes import Effect, IncidentWholeOut, Stage, UpdateOut

_list = list  # some nouns have a verb of that name


class UpdatePage(TypedDict):
    items: list[UpdateOut]


class IncidentAroundNoun(Noun):
    def attach(
        self,
        number: int,
        *,
        file: File,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Attach a file.

        Whoever may see the incident may see it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/files",
            body=said({}),
            files=there(file=file),
            if_match=if_match,
            key=key,
        )
        return found

    def content(self, number: int, file: int) -> bytes:
        """Read a file.

        To be saved: whatever it is, it is handed out as bytes.
        """
        found: bytes = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/files/{part(file)}")
        return found

    def follow(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Follow: its updates are sent to you.

        Whoever may see it may follow it. Nothing of the incident changes.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/follow",
            if_match=if_match,
            key=key,
        )
        return found

    def let_in(
        self,
        number: int,
        *,
        to: int | str,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Let somebody in."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/participants",
            body=said({"to": to, "text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def lift_restriction(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Lift the restriction; for supervisors who take part."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/restriction/end",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def link(
        self,
        number: int,
        *,
        other_number: int,
        kind: Literal['part', 'related'] | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Link with another."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/links",
            body=said({"number": other_number, "kind": kind}),
            if_match=if_match,
            key=key,
        )
        return found

    def merge(
        self,
        number: int,
        *,
        text: str,
        other_number: int,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Merge into another: it is the same trouble.

        It ends here, nobody is called for it any more, and what its sources report is heard in the other.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/merging",
            body=said({"text": text, "number": other_number}),
            if_match=if_match,
            key=key,
        )
        return found

    def publish_update(
        self,
        number: int,
        *,
        stage: Stage,
        text: str,
        to_stakeholders: bool | Unset = UNSET,
        on_status_page: bool | Unset = UNSET,
        public_title: str | Unset = UNSET,
        effect: Effect | None | Unset = UNSET,
        components: _list[int] | Unset = UNSET,
        version: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Send an update."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/updates",
            body=said({
                "stage": stage, "text": text, "to_stakeholders": to_stakeholders, "on_status_page": on_status_page,
                "public_title": public_title, "effect": effect, "components": components, "version": version,
            }),
            if_match=if_match,
            key=key,
        )
        return found

    def restrict(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Restrict it to those who take part."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/restriction",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def take_file_away(
        self,
        number: int,
        file: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Take a file away for good."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/files/{part(file)}/removal",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found

    def unfollow(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Follow no more."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/follow",
            if_match=if_match,
            key=key,
        )
        return found

    def unlink(
        self,
        number: int,
        far: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Unlink."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/links/{part(far)}",
            if_match=if_match,
            key=key,
        )
        return found

    def updates(self, number: int) -> UpdatePage:
        """What others were told."""
        found: UpdatePage = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/updates")
        return found

    def withdraw_update(
        self,
        number: int,
        update: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Withdraw an update."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/updates/{part(update)}/withdrawal",
            body=said({"text": text}),
            if_match=if_match,
            key=key,
        )
        return found
