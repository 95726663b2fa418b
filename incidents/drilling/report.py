"""Who was called when, on which channel, and who answered: an incident's entries, heard in their order. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from incidents.models.effort import Told

INFORM = "inform"
# What brings it to somebody, and of which kind the messages are by which it does.
_BRINGS = {
    "called": "call",
    "also_called": "also",
    "reassigned": "assigned",
    "offered": "offer",
    "woken": "woken",
    "exhausted": "last_resort",
}
_TIER = {"reassigned": "tier"}  # where its entry says of which tier they are, if not in ``to``
CUT = ("stopped", "severe")  # it did not end because the path, or its time, was over
KINDS = ("opened", *_BRINGS, "delivery", "acknowledged", "accepted", "declined", "resolved")


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
    kind: str = "call"  # of its messages
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
    ``uncalled``: it was somebody whom nobody had called.

    ``ended``: ``resolved`` by a person, ``limit``, ``stopped`` or ``severe``, as ``real`` says; empty while it goes on.
    """

    opened_at: datetime
    people: tuple[Called, ...]
    calls: int
    tiers: tuple[str, ...]  # that were called, in their order
    last_resort: bool
    answered_by: str
    answered_at: datetime | None
    on_call: int
    uncalled: bool
    ended: str
    ended_at: datetime | None
    resolver: str
    real: str = ""  # the severe incident that ended it

    @property
    def cut_short(self) -> bool:
        """It says nothing of the path that nobody had answered by then."""
        return self.ended in CUT and self.answered_at is None

    @property
    def answered_s(self) -> int | None:
        """Seconds from the opening to the first answer."""
        return None if self.answered_at is None else _seconds(self.opened_at, self.answered_at)

    @property
    def lasted_s(self) -> int | None:
        return None if self.ended_at is None else _seconds(self.opened_at, self.ended_at)

    @property
    def silent(self) -> list[str]:
        """Who was asked to answer and did not in their time, by their names."""
        heard = {one.person for one in self.people if one.answered_at is not None}
        asked = [one for one in self.people if not one.told and one.person not in heard]
        return list(dict.fromkeys(one.name for one in asked if not self.had_time_yet(one)))

    def had_time_yet(self, one: Called) -> bool:
        """Whether somebody else had answered when their time was not over yet, or it was not when the drill ended."""
        answered = {other.number for other in self.people if other.answered_at is not None}
        if self.uncalled:
            answered.add(self.on_call)
        return one.number in answered or (one.number == self.calls and self.ended in ("", *CUT))


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
        self.uncalled = False
        self.taken = False  # somebody has said that they work on it: whoever holds it is asked for no answer
        self.end: Told | None = None

    def hear(self, told: Told) -> None:
        match told.kind:
            case "opened":
                self.opened_at = told.at
            case "exhausted":
                self._call(told, [told.data.get("last_resort")])
            case "offered":
                self._call(told, [told.data.get("to")])
            case kind if kind in _BRINGS:
                self._called(told)
            case "delivery":
                self._delivered(told)
            case "acknowledged" | "accepted":
                self._answered(told)
            case "declined":
                self._spoke(told)
            case "resolved":
                self.end = told
                if told.actor_id is not None and not told.data.get("drill_ended"):
                    self._answered(told)

    def _called(self, entry: Told) -> None:
        """Of several people at once: those of a step, or of a tier; or who got it from a supervisor, or holds it."""
        if not entry.data.get("people"):
            return
        holds = entry.data.get("to" if entry.kind == "reassigned" else "holder")
        if entry.kind in ("reassigned", "woken"):
            told = self.taken = self.taken and bool(holds)
        else:
            told = entry.data.get("mode") == INFORM
            if entry.kind == "called" and _works_on_it(entry) and not told:
                self.taken = False
        self._call(entry, entry.data["people"], told=told)

    def _call(self, entry: Told, people: Iterable, *, told: bool = False) -> None:
        self.calls += not told
        kind = INFORM if told and entry.kind == "called" else _BRINGS[entry.kind]
        tier = "" if kind in ("last_resort", "offer") else entry.data.get(_TIER.get(entry.kind, "to")) or ""
        for one in people:
            if one:
                last = kind == "last_resort"
                row = Called(self.calls, entry.at, one["id"], one["name"], tier, kind, last_resort=last, told=told)
                self.people.append(row)

    def _delivered(self, told: Told) -> None:
        """A way of the call that it is a message of: whoever is mentioned later on was not called by that."""
        person, kind = (told.data.get("to") or {}).get("id"), told.data.get("kind")
        row = next((one for one in reversed(self.people) if one.person == person and one.kind == kind), None)
        if row is not None:
            row.ways.append(Way(told.data.get("channel", ""), told.at, told.data.get("outcome") == "sent"))

    def _spoke(self, told: Told) -> Called | None:
        """What was asked of them is answered, by yes or no."""
        asked = (one for one in reversed(self.people) if one.person == told.actor_id and not one.told)
        row = next(asked, None)
        if row is not None and row.answered_at is None:
            row.answered_at = told.at
        return row

    def _answered(self, told: Told) -> None:
        """Whoever has it: also somebody who was not called, and saw it on the desk. Authority only backs them."""
        row = self._spoke(told)
        if _works_on_it(told):
            self.taken = True
            if self.answer is None:
                self.answer, self.on_call = told, self.calls
                self.uncalled = row is None

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
            uncalled=self.uncalled,
            ended=(stated or "resolved") if end else "",
            ended_at=end.at if end else None,
            resolver=end.actor_name if end and not stated else "",
            real=end.data.get("real", "") if end else "",
        )


def _works_on_it(entry: Told) -> bool:
    """On the path of those who do, not of those who back them."""
    return entry.data.get("track") != "hierarchical"


def _seconds(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds()))
