"""GoAlert: its GraphQL API, or answers of it in files.

    asking     one document of GraphQL; a live server, and files
    shapes     what the answers say, read leniently                          (pure)
    reading    people, policies, services, in the words of ``records``       (pure)
    calendars  schedules and rotations as layers and covers, with ``hours``  (pure)
    theirs     who is on call by GoAlert's own rules, to compare with        (pure)

Decisions. The document is one, because an API key of GoAlert answers no other: the docs have it, to the byte. A
rotation's place is a state there (``activeUserIndex``) and cannot be told from its start, so its order is turned until
it fits what is active now, and counted from its start all the same: a second export finds no difference. A policy's
minutes are gaps there, a person's count from the call; both are said so. GoAlert has no teams: see ``reading``.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from escalation.kit import clock
from escalation.kit.errors import Refused

from ..answers import Answers, Files
from ..careful import CarefulCalendar
from ..comparing import Who
from ..live import Api, Say
from ..records import Organisation
from . import asking, reading, shapes
from .calendars import Calendar
from .theirs import OnCall

EVERY_DAY = (shapes.Rule(time(), time(), (True,) * 7),)


class GoAlert:
    name, label, host, waits_in_vain = "goalert", "GoAlert", "", True

    def live(self, url: str, key: str, say: Say) -> Answers:
        if not url:
            raise Refused("Every GoAlert has an address of its own: give it with --url.")
        return asking.Asking(Api(url, {}, say), key)

    def gather(self, ask: Answers) -> Any:
        return asking.gathered(ask)

    def foreign(self, files: Files) -> Any | None:
        found = asking.in_files(files)
        return found if any(found.values()) else None

    def read(self, raw: Any, now: datetime) -> Organisation:
        return reading.read(raw, now)

    def calendar(self, raw: Any) -> CarefulCalendar:
        return CarefulCalendar(lambda: Theirs(reading.calendar(raw, clock.now())))


class Theirs:
    """GoAlert's own calendar. A rotation that a policy calls by itself is a schedule of it alone."""

    def __init__(self, said: tuple[Calendar, dict[str, shapes.Schedule]]):
        self.said, schedules = said
        alone = {
            one.id: shapes.Schedule(one.id, one.name, one.zone, (shapes.Target("rotation", one.id, "", EVERY_DAY),), ())
            for one in self.said.rotations.values()
        }
        self.schedules = alone | schedules
        self._known: dict[str, OnCall] = {}

    def on_call(self, schedule: str, at: datetime) -> Who:
        known = self._known.get(schedule)
        if known is None or not known.since <= at < known.until:
            known = self._within(schedule, at, at + timedelta(days=1))
        return known.at(at)

    def changes(self, schedule: str, since: datetime, until: datetime) -> Iterable[datetime]:
        return self._within(schedule, since, until).changes()

    def _within(self, schedule: str, since: datetime, until: datetime) -> OnCall:
        self._known[schedule] = self.said.on_call(self.schedules[schedule], since, until)
        return self._known[schedule]
