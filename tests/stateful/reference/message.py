"""One message, and which there are: what asks and what only tells, how often it is tried and how long it is news."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .organisation import Way

LEASE = timedelta(seconds=30)
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 300)]
TRIES = len(PAUSES) + 1
NO_CLIMB = -1  # the home of what belongs to an incident and to none of its climbs
# What asks somebody to act, and is overtaken by an answer.
ASKING = ("call", "offer", "assigned", "woken", "maintenance_over", "last_resort")
CHAINED = ("call", "assigned", "woken", "maintenance_over")  # the next step's call goes on with these
CALLS = (*CHAINED, "inform")
GIVEN_UP = {"failed", "unknown", "expired"}  # unknown: its last worker died, and nobody knows
# What only tells is not sent when it is so late.
LASTS = {
    **dict.fromkeys(("accepted", "declined", "withdrawn", "moved"), timedelta(hours=2)),
    **dict.fromkeys(("inform", "rule", "also", "returned"), timedelta(hours=4)),
    "update": timedelta(days=1),
}


def urgency(severity: int) -> str:
    return "loud" if severity <= 2 else "quiet"


def in_vain(messages: Iterable["Message"]) -> bool:
    """Nobody was reached and nobody will be: there were some, and all failed."""
    states = {message.state for message in messages}
    return bool(states & GIVEN_UP) and not states & {"queued", "sending", "sent"}


@dataclass(eq=False)
class Message:
    """One message to one person by one channel. ``home`` is (incident, climb) by number."""

    home: tuple[int, int]
    person: str
    channel: str
    kind: str
    queued_at: datetime
    next_at: datetime | None
    state: str = "queued"
    tries: int = 0
    lost: bool = False  # its worker died; it goes last and alone
    overtaken: bool = False
    worker: int | None = None
    way: Way | None = None  # the account's e-mail if none
    planned: datetime | None = None  # as the person's rules say, and their quiet hours; None: at once
    quiet: bool = False  # it waits for the end of these
    severity: int = 5  # that it speaks of
    last: bool = False  # to the last resort: nobody is left after them, or nobody else is there
    limited: bool = False  # held back by the limit
    behind: bool = False  # it waits for a service that is away
    watched: bool = False  # its service had not answered, when it was taken
    probe: bool = False  # and it alone was let through
    sent_at: datetime | None = None
    asked: int = 0  # the climb's version when it was asked for, or when its chain last went on
    call: int = 0  # which of all calls

    def stop(self) -> None:
        """What has not left does not leave; an earlier try, or one under way, may arrive yet."""
        if self.state == "queued":
            self.state, self.next_at, self.overtaken = "cancelled", None, self.tries > 0
        elif self.state == "sending":
            self.overtaken = True

    @property
    def place(self) -> tuple:
        return (*self.home, self.person, self.channel)

    @property
    def wanted_at(self) -> datetime:
        return self.planned or self.queued_at

    @property
    def urgent(self) -> bool:
        return self.last or (self.kind in ASKING and self.severity == 1)

    @property
    def passes(self) -> bool:
        """The limit on what one person is told."""
        return self.last or (self.kind in ASKING and self.severity <= 2)

    @property
    def waits_for(self) -> str:
        """A limit, or a service."""
        if self.state != "queued":
            return ""
        return "service" if self.behind else "limit" if self.limited else ""

    @property
    def can_leave(self) -> bool:
        """Its way has not been lost meanwhile."""
        return self.way is None or self.way.works

    def too_late(self, now: datetime) -> bool:
        due = self.state == "queued" and self.next_at is not None and self.next_at <= now
        return due and self.channel != "desk" and self.kind in LASTS and now - self.wanted_at >= LASTS[self.kind]

    @property
    def seen(self) -> tuple:
        """What can be seen of it in the database."""
        return (self.kind, self.state, self.tries, self.next_at, self.overtaken, self.waits_for)
