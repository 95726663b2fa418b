"""An incident's record, taken apart: what people did and how long they took to answer, what came from outside, and
whom the engine called. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents.models.effort import Told
from incidents.promises.cycle import Kind

from .. import known

ALWAYS: tuple[str, ...] = ("opened", "reopened", "called", "also_called", "exhausted", "acknowledged", "accepted")
ALWAYS += ("reassigned", "held", "woken", "maintenance_began", "maintenance_moved", "maintenance_ended", "facts")
ALWAYS += ("alert", "absorbed", "outside_acknowledged", "outside_unacknowledged", "resolved")
WITH_RULES = tuple(dict.fromkeys([*ALWAYS, *known.KINDS]))  # rules go by what is heard besides
_BEGINS = ("opened", "reopened")
_MAINTENANCE = ("maintenance_began", "maintenance_moved")
_FOLLOWS = ("also_called", "exhausted", "offer_returned")  # from the path itself


@dataclass(frozen=True)
class Call:
    """Somebody is called; or only told (not ``asks``)."""

    at: datetime
    tier: str  # empty: the last resort
    people: tuple[int, ...]
    asks: bool = True


@dataclass(frozen=True)
class Moment:
    """What somebody did. Of an answer: the tier that had it, and how long its person had been called (None: never)."""

    told: Told
    answers: bool = False
    tier: str = ""
    wait: timedelta | None = None

    @property
    def at(self) -> datetime:
        return self.told.at


@dataclass(frozen=True)
class Episode:
    """From its opening, or re-opening, to its resolution."""

    begins: Told
    severity: int
    people: tuple[Moment, ...]
    others: tuple[Moment, ...]  # what sources and maintenance did
    managers: tuple[Moment, ...]  # what was asked of who must know, and answered
    called: frozenset[str]  # the tiers that were


@dataclass(frozen=True)
class Record:
    episodes: tuple[Episode, ...]
    calls: tuple[Call, ...]  # as they were made
    promised: timedelta | None  # the shortest time in which an answer was


def record_of(entries: Iterable[Told]) -> Record | None:
    """None unless it was opened, and resolved the last time. ``entries``: of ``ALWAYS`` or ``WITH_RULES``, in order."""
    reader = _Reader()
    for told in entries:
        reader.hear(told)
    return reader.record()


class _Reader:
    def __init__(self) -> None:
        self._people: list[Moment] = []
        self._others: list[Moment] = []
        self._managers: list[Moment] = []
        self._work_called: dict[int, datetime] = {}  # since when each of them has been, for the next answer
        self._managers_called: dict[int, datetime] = {}
        self._tiers: set[str] = set()
        self._tier = ""
        self._done: list[Episode] = []
        self._calls: list[Call] = []
        self._promised: timedelta | None = None
        self._severity = 3
        self._begins: Told | None = None

    def record(self) -> Record | None:
        if self._begins is not None or not self._done:  # open still, or nothing
            return None
        return Record(tuple(self._done), tuple(self._calls), self._promised)

    def hear(self, told: Told) -> None:
        if told.kind in _BEGINS:
            self._begin(told)
        if self._begins is None:
            return
        self._called(told)
        self._stated(told)
        if told.kind in _BEGINS or told.kind in _FOLLOWS or _engines(told):
            return
        if told.data.get("track") == "hierarchical":
            if told.kind not in _MAINTENANCE:  # one of them tells it for both tracks
                self._managers.append(self._moment(told, self._managers_called))
        else:
            mine = self._people if told.actor_id is not None else self._others
            mine.append(self._moment(told, self._work_called))
        if told.kind in ("acknowledged", "accepted") and told.data.get("track") != "hierarchical":
            self._work_called = {}
        if told.kind == "resolved":
            self._end()

    def _begin(self, told: Told) -> None:
        self._severity = told.data.get("severity") or self._severity
        self._begins, self._began_as, self._tier, self._tiers = told, self._severity, "", set()
        self._people, self._others, self._managers = [], [], []
        self._work_called, self._managers_called = {}, {}

    def _end(self) -> None:
        assert self._begins is not None
        parts = (tuple(self._people), tuple(self._others), tuple(self._managers))
        self._done.append(Episode(self._begins, self._began_as, *parts, frozenset(self._tiers)))
        self._begins = None

    def _stated(self, told: Told) -> None:
        judged = told.data.get("severity")
        if isinstance(judged, dict):
            self._severity = judged.get("to") or self._severity
            self._promise(judged.get("promised"))
        self._promise(told.data.get("promised"))

    def _promise(self, terms: Any) -> None:
        for term in terms or ():
            if term["kind"] == Kind.RESPONSE:
                within = timedelta(minutes=term["minutes"])
                self._promised = within if self._promised is None else min(within, self._promised)

    def _called(self, told: Told) -> None:
        if told.kind not in ("called", "also_called", "exhausted"):
            return
        data, works = told.data, told.data.get("track") != "hierarchical"
        last = told.kind == "exhausted"
        found = [data["last_resort"]] if last and data.get("last_resort") else data.get("people") or ()
        people = tuple(one["id"] for one in found)
        tier = "" if last else str(data.get("to") or "")
        self._calls.append(Call(told.at, tier, people, data.get("mode") != "inform"))
        called = self._work_called if works else self._managers_called
        for person in people:
            called.setdefault(person, told.at)
        if works and not last:
            self._tiers.add(tier)
            self._tier = tier if told.kind == "called" else self._tier

    def _moment(self, told: Told, called: dict[int, datetime]) -> Moment:
        if told.kind != "acknowledged":
            return Moment(told)
        tier = str(told.data.get("tier") or self._tier)
        since = called.get(told.actor_id) if told.actor_id is not None else None
        return Moment(told, True, tier, None if since is None else told.at - since)


def _engines(told: Told) -> bool:
    """Whether the path brought it about: so it will again, or not."""
    if told.kind == "called":
        return told.data.get("why") != "by_hand"
    return told.kind == "woken" and not told.data.get("by_hand")
