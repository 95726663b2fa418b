"""What is new on an incident's record to the one who looks, and who mentioned them there."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError

from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.models import Incident, Visit, visits

from .cards import clock_time
from .record import Line

log = logging.getLogger(__name__)


class Looked:
    """``lines``: the newest of the record, newest first. What a person wrote, and all before it, is not new to them."""

    def __init__(self, incident: Incident, user: User, lines: Sequence[Line], now: datetime):
        self._incident, self._user, self._now = incident, user, now
        self._visit = visits.of(incident)
        self._words = [line for line in lines if line.kind not in visits.NOT_DONE]
        self._own = next((line.seq for line in self._words if self._is_own(line)), 0)
        self._before = (self._visit.before_at, self._visit.before_seq)

    def _is_own(self, line: Line) -> bool:
        return (line.entry.actor_kind, line.entry.actor_id) == (Entry.Actor.PERSON, self._user.pk)

    def look(self) -> None:
        """The page is loaded. A busy database is no reason not to show it: then it is as if they had not looked."""
        last = self._words[0].seq if self._words else 0
        if self._visit.goes_on(last, self._now):
            return
        self._before = (self._visit.at, self._visit.seq)
        try:
            Visit.objects.begin(self._incident.pk, self._user, kept=self._visit, last=last, now=self._now)
        except OperationalError as error:
            log.warning("cannot write down who looked: %s", str(error).strip().split("\n", 1)[0])

    @property
    def since(self) -> tuple[datetime, int] | None:
        """When they looked before, and at what last entry. If nothing was new to them then, or ever: at this visit."""
        at, seq = self._before
        if at is not None and seq is not None and seq < (self._visit.seq or 0):
            return at, seq
        return (self._visit.at, self._visit.seq) if self._visit.at and self._visit.seq is not None else None

    @property
    def new(self) -> list[Line]:
        """What others have added since."""
        if self.since is None:
            return []
        edge = max(self.since[1], self._own)
        return [line for line in self._words if line.seq > edge]

    @property
    def mention(self) -> Line | None:
        """The latest that mentions them, until they look again or write something."""
        edge = max(self._before[1] or 0, self._own)
        recent = (line for line in self._words if line.seq > edge)
        return next((line for line in recent if line.mentions(self._user.pk)), None)

    def mark(self, shown: Sequence[Line]) -> None:
        """Those lines of the record that are new, and the first that is not."""
        new = {line.seq for line in self.new}
        for line in shown:
            line.new = line.seq in new
        border = next((line for line in shown if line.seq < min(new)), None) if new else None
        if border is not None and self.since is not None:
            border.since = clock_time(self.since[0], self._now)
