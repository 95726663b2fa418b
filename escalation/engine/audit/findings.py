"""What is promised, what a check is, and what it finds. Knows no check and no repair by name.

Rooms upstairs add checks of their own here, in ``AppConfig.ready``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from ..models import EscalationRun
from ..work import Work

MOST = 1000  # findings of one check that are named; more tell nobody more
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = timedelta(seconds=60)  # for what waits to be picked up, and for clocks that differ

INVARIANTS = {
    "I1": "Every running track of an open incident has one armed timer, or a stored reason why it needs none.",
    "I2": "The database itself refuses a second step, effect, call or living key.",
    "I3": "A climb stands where its record says, and every step passed over is on record.",
    "I4": "No step is taken early or out of order.",
    "I5": "What was asked before an acknowledgement is neither armed nor sent after it.",
    "I6": "A resolved incident is quiet.",
    "I7": "Whatever was accepted from a source is worked off or set aside within a minute.",
    "I8": "One living alert key belongs to one open incident.",
    "I9": "Alerts and their keys end in a state that fits their incident.",
    "I10": "Every message ends; none is left on the way.",
    "I11": "No message is tried more often than allowed.",
    "I12": "The record is whole: numbered, sealed, and protected by the database.",
    "I13": "Only the holder of a lease says how a message went.",
    "I14": "Instants are kept in UTC, and none lies in the future.",
    "I15": "What fails again and again is set aside, and somebody is called.",
    "I16": "Nobody there is never silence: somebody is told.",
    "I17": "People and policies may change; no climb is left without anybody or any path.",
    "I18": "Whoever is called or holds the baton may see the incident, and nobody else is told.",
    "I19": "After an outage one step is taken, not several at once.",
    "I20": "Every change of state has its entry, written in the same transaction.",
}


@dataclass(frozen=True)
class Repair:
    """What may be done about a finding. ``act(work, findings)`` runs inside one transaction of one trail."""

    did: str  # on record for good: "rearmed"
    act: "Callable[[Work, Sequence[Finding]], None]"


@dataclass(frozen=True)
class Finding:
    """One promise that is not kept, in a plain sentence about one row."""

    what: str
    trail: int | None = None  # None: it is about the installation
    subject: str = ""  # INC-1042
    about: int | None = None  # the row the repair is for
    repair: Repair | None = None
    remind: Callable[[], object] | None = None  # ring for what waits: what that does is on record, the ringing is not
    invariant: str = ""  # filled in by the check

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.what}" if self.subject else f"{self.invariant} {self.what}"


@dataclass(frozen=True)
class Look:
    """One look at the database.

    ``held``: nothing fires and nothing leaves, so nothing is late. ``awake``: since when somebody has been
    there to pick up what waits; after an outage it gets a moment. ``trails``: only these, else all.
    """

    now: datetime
    held: bool = False
    awake: datetime | None = None
    trails: Collection[int] | None = None

    def only(self, rows: QuerySet, trail: str = "trail") -> QuerySet:
        return rows if self.trails is None else rows.filter(**{f"{trail}__in": self.trails})

    def running(self) -> "QuerySet[EscalationRun]":
        return self.only(EscalationRun.objects.running())

    def of_running(self, rows: QuerySet) -> QuerySet:
        """Rows that belong to running climbs. Found from the climbs: the past is far larger."""
        return rows.filter(run__in=self.running())

    def since(self, grace: timedelta = GRACE) -> datetime:
        """What has waited since before this instant waits too long."""
        begun = self.now - grace
        if self.held or (self.awake is not None and self.awake > begun):
            return _NEVER
        return begun


@dataclass(frozen=True)
class Check:
    """One short function that yields what breaks one promise."""

    invariant: str
    find: Callable[[Look], Iterable[Finding]]
    whole: bool  # about the installation, not about single incidents

    def __call__(self, look: Look) -> list[Finding]:
        """What it finds. A check that cannot be carried out is a finding too, never an exception."""
        if self.whole and look.trails is not None:
            return []
        try:
            return [replace(found, invariant=self.invariant) for found in islice(self.find(look), MOST)]
        except Exception as error:
            said = f"{type(error).__name__}: {str(error).strip()}".split("\n", 1)[0]
            what = f"could not be checked ({self.find.__name__}): {said}"
            return [Finding(what, invariant=self.invariant)]


def invariant(number: str, *, whole: bool = False) -> Callable[[Callable[[Look], Iterable[Finding]]], Check]:
    """Make a check of a function. ``whole``: it looks at the installation, not at incidents."""
    assert number in INVARIANTS, number

    def make(find: Callable[[Look], Iterable[Finding]]) -> Check:
        return Check(number, find, whole)

    return make


_added: list[Check] = []


def add(*checks: Check) -> None:
    """Register what the audit looks at besides the engine's own rows."""
    _added.extend(check for check in checks if check not in _added)


def added() -> list[Check]:
    return list(_added)


def rows(found: QuerySet, *fields: str) -> Iterator[tuple[Any, ...]]:
    """``(trail id, subject, *fields)`` of the rows that break a promise, read in one statement."""
    return iter(found.order_by().values_list("trail_id", "trail__subject", *fields)[: MOST + 1])
