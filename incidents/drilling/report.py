"""Who was called when, on which channel, and who answered: an incident's entries, heard in their order. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from incidents.models.effort import Told

KINDS = ("opened", "called", "also_called", "exhausted", "delivery", "acknowledged", "accepted", "resolved")
_CALLS = ("called", "also_called")
INFORM = "inform"


@dataclass(frozen=True)
class Way:
    """One message of a call, once it had ended: by which channel, and whether it ``arrived`` as far as is known."""

    channel: str
    at: datetime
    arrived: bool


@dataclass
class Called:
    """One person, as they were called once. ``number``: of the call, from 1; several people may be called together."""

    number: int
    at: datetime
    person: int
    name: str
    tier: str
    last_resort: bool = False
    told: bool = False  # they were informed: nothing was asked of them
    answered_at: datetime | None = None
    ways: list[Way] = field(default_factory=list)

    @property
    def answered_s(self) -> int | None:
        """Seconds from this call to their answer."""
        return None if self.answered_at is None else _seconds(self.at, self.answered_at)


@dataclass(frozen=True)
class Report:
    """``answered_by`` is who had it first; ``on_call`` the number of the call by then, 0 if nobody had been called.

    ``ended``: ``resolved`` by a person, ``limit`` or ``stopped``; empty while it goes on.
    """

    opened_at: datetime
    people: tuple[Called, ...]
    calls: int
    tiers: tuple[str, ...]  # that were called, in their order
    last_resort: bool
    answered_by: str
    answered_at: datetime | None
    on_call: int
    ended: str
    ended_at: datetime | None
    resolver: str

    @property
    def answered_s(self) -> int | None:
        """Seconds from the opening to the first answer."""
        return None if self.answered_at is None else _seconds(self.opened_at, self.answered_at)

    @property
    def lasted_s(self) -> int | None:
        return None if self.ended_at is None else _seconds(self.opened_at, self.ended_at)

    @property
    def silent(self) -> list[str]:
        """Who was asked to answer and never did, by their names."""
        answered = {one.person for one in self.people if one.answered_at is not None}
        return list(dict.fromkeys(one.name for one in self.people if not one.told and one.person not in answered))


def report_of(entries: Iterable[Told]) -> Report | None:
    """None: there is no record of its opening."""
    teller = _Teller()
    for told in entries:
        teller.hear(told)
    return teller.report()


class _Teller:
    def __init__(self) -> None:
        self.opened_at: datetime | None = None
        self.people: list[Called] = []
        self.calls = 0
        self.answer: Told | None = None
        self.on_call = 0
        self.end: Told | None = None

    def hear(self, told: Told) -> None:
        match told.kind:
            case "opened":
                self.opened_at = told.at
            case "called" | "also_called":
                self._called(told)
            case "exhausted":
                self._call(told, [told.data.get("last_resort")], last_resort=True)
            case "delivery":
                self._delivered(told)
            case "acknowledged" | "accepted":
                self._answered(told)
            case "resolved":
                self.end = told
                if told.actor_id is not None and not told.data.get("drill_ended"):
                    self._answered(told)

    def _called(self, told: Told) -> None:
        if told.data.get("people"):
            self._call(told, told.data["people"], told=told.data.get("mode") == INFORM)

    def _call(self, entry: Told, people: Iterable, *, last_resort: bool = False, told: bool = False) -> None:
        self.calls += not told
        for one in people:
            if one:
                tier = "" if last_resort else entry.data.get("to") or ""
                row = Called(self.calls, entry.at, one["id"], one["name"], tier, last_resort=last_resort, told=told)
                self.people.append(row)

    def _last_of(self, person: int | None) -> Called | None:
        return next((one for one in reversed(self.people) if one.person == person), None)

    def _delivered(self, told: Told) -> None:
        row = self._last_of((told.data.get("to") or {}).get("id"))
        if row is not None:
            row.ways.append(Way(told.data.get("channel", ""), told.at, told.data.get("outcome") == "sent"))

    def _answered(self, told: Told) -> None:
        """Whoever has it: also somebody who was not called, and saw it on the desk. Authority only backs them."""
        row = self._last_of(told.actor_id)
        if row is not None and row.answered_at is None and not row.told:
            row.answered_at = told.at
        if self.answer is None and told.data.get("track") != "hierarchical":
            self.answer, self.on_call = told, self.calls

    def report(self) -> Report | None:
        if self.opened_at is None:
            return None
        end = self.end
        stated = end.data.get("drill_ended") if end else ""
        return Report(
            opened_at=self.opened_at,
            people=tuple(self.people),
            calls=self.calls,
            tiers=tuple(dict.fromkeys(one.tier for one in self.people if one.tier and not one.told)),
            last_resort=any(one.last_resort for one in self.people),
            answered_by=self.answer.actor_name if self.answer else "",
            answered_at=self.answer.at if self.answer else None,
            on_call=self.on_call,
            ended=(stated or "resolved") if end else "",
            ended_at=end.at if end else None,
            resolver=end.actor_name if end and not stated else "",
        )


def _seconds(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds()))
