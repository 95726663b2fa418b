"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import TypedDict

from .._noun import Noun
from ..transport import UNSET, Unset, part, said
from .shared import Named


class ScheduleRow(TypedDict):
    id: int
    name: str
    team: Named
    time_zone: str


class SchedulesOut(TypedDict):
    items: list[ScheduleRow]


class LayerOut(TypedDict):
    """A rotation. Times of day are on the schedule's wall clock."""
    id: int
    position: int
    name: str
    every: int
    unit: str
    starts_on: str
    hand_off: str
    hours: str
    on_holidays: str
    ends_at: str | None
    seats: list[SeatOut]


class ScheduleOut(TypedDict):
    id: int
    name: str
    team: Named
    time_zone: str
    layers: list[LayerOut]
    people: list[Named]
    may_change: bool
    may_cover: bool
    seen: str


class SeatOut(TypedDict):
    person: Named | None
    joins_at: str | None
    leaves_at: str | None


class ShiftOut(TypedDict):
    """A stretch of time; shifts are told from where they begin to where they end."""
    starts_at: str
    ends_at: str
    person: Named | None
    override: int | None
    instead_of: list[Named]


class ShiftsOut(TypedDict):
    since: str
    until: str
    items: list[ShiftOut]


class OverrideOut(TypedDict):
    """For a while it is this person, or nobody, whatever the layers say."""
    id: int
    schedule: Named
    person: Named | None
    starts_at: str
    ends_at: str
    reason: str
    by: Named
    cancelled_at: str | None
    swap: int | None


class OverridesOut(TypedDict):
    items: list[OverrideOut]


class SwapOut(TypedDict):
    """Somebody asks to have their time on call taken."""
    id: int
    schedule: Named
    giver: Named
    starts_at: str
    ends_at: str
    asked: Named | None
    return_starts_at: str | None
    return_ends_at: str | None
    text: str
    state: str
    accepted_by: Named | None


class SwapsOut(TypedDict):
    items: list[SwapOut]


class SchedulesNoun(Noun):
    def accept(
        self,
        schedule: int,
        swap: int,
        *,
        covers: int | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> SwapOut:
        """Take the shift.

        You take it; or, as a supervisor, you say who does.
        """
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/acceptance",
            body=said({"covers": covers}),
            if_match=if_match,
            key=key,
        )
        return found

    def cancel(
        self,
        schedule: int,
        override: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> OverrideOut:
        """End an override.

        Or take it back before it begins. Both halves of a swap end together.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/overrides/{part(override)}/cancellation",
            if_match=if_match,
            key=key,
        )
        return found

    def decline(self, schedule: int, swap: int, *, if_match: str | None = None, key: str | None = None) -> SwapOut:
        """Decline a swap."""
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/refusal",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self) -> SchedulesOut:
        """Schedules that you may see."""
        found: SchedulesOut = self._transport.call("GET", "/api/v1/schedules")
        return found

    def override(
        self,
        schedule: int,
        *,
        starts_at: str,
        ends_at: str,
        person: int | None | Unset = UNSET,
        reason: str | Unset = UNSET,
        instead: int | None | Unset = UNSET,
        seen: str | None | Unset = UNSET,
        key: str | None = None,
    ) -> OverrideOut:
        """Say who covers.

        A supervisor chooses whom; others of the team, and of the schedule, cover themselves.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/overrides",
            body=said({
                "starts_at": starts_at, "ends_at": ends_at, "person": person, "reason": reason, "instead": instead,
                "seen": seen,
            }),
            key=key,
        )
        return found

    def override_show(self, schedule: int, override: int) -> OverrideOut:
        """One override.

        Also one that is over or was cancelled.
        """
        found: OverrideOut = self._transport.call(
            "GET",
            f"/api/v1/schedules/{part(schedule)}/overrides/{part(override)}",
        )
        return found

    def overrides(self, schedule: int) -> OverridesOut:
        """Overrides that count.

        Those in force or to come, the soonest first.
        """
        found: OverridesOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/overrides")
        return found

    def shifts(self, schedule: int, *, since: str | None = None, until: str | None = None) -> ShiftsOut:
        """Shifts and gaps of a schedule.

        Of a period: from now for four weeks, if nothing else is said; of 100 days at the most.
        """
        found: ShiftsOut = self._transport.call(
            "GET",
            f"/api/v1/schedules/{part(schedule)}/shifts",
            query={"since": since, "until": until},
        )
        return found

    def show(self, schedule: int) -> ScheduleOut:
        """One schedule.

        Its layers, who takes turns, and who can cover.
        """
        found: ScheduleOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}")
        return found

    def swap(
        self,
        schedule: int,
        *,
        starts_at: str,
        ends_at: str,
        asked: int | None | Unset = UNSET,
        return_starts_at: str | None | Unset = UNSET,
        return_ends_at: str | None | Unset = UNSET,
        text: str | Unset = UNSET,
        key: str | None = None,
    ) -> SwapOut:
        """Ask somebody to take your shift.

        Until somebody accepts it stays yours.
        """
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps",
            body=said({
                "starts_at": starts_at, "ends_at": ends_at, "asked": asked, "return_starts_at": return_starts_at,
                "return_ends_at": return_ends_at, "text": text,
            }),
            key=key,
        )
        return found

    def swap_show(self, schedule: int, swap: int) -> SwapOut:
        """One swap."""
        found: SwapOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}")
        return found

    def swaps(self, schedule: int) -> SwapsOut:
        """Swaps that wait for an answer."""
        found: SwapsOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/swaps")
        return found

    def take(self, schedule: int, *, until: str | None | Unset = UNSET, key: str | None = None) -> OverrideOut:
        """Take it now.

        From now on it is you, until the shift ends that is under way.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/cover",
            body=said({"until": until}),
            key=key,
        )
        return found

    def withdraw(self, schedule: int, swap: int, *, if_match: str | None = None, key: str | None = None) -> SwapOut:
        """Keep your shift after all."""
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/withdrawal",
            if_match=if_match,
            key=key,
        )
        return found
