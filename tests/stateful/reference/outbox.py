"""Messages: what becomes of each, try by try."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .organisation import Person, Way

LEASE = timedelta(seconds=30)
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 300)]
TRIES = len(PAUSES) + 1
# What asks somebody to act, and is overtaken by an answer.
ASKING = ("call", "offer", "assigned", "woken", "maintenance_over", "last_resort")
CHAINED = ("call", "assigned", "woken", "maintenance_over")  # the next step's call goes on with these
CALLS = (*CHAINED, "inform")
GIVEN_UP = {"failed", "unknown", "expired"}  # unknown: its last worker died, and nobody knows
# What only tells is not sent when it is so late.
LASTS = {
    **dict.fromkeys(("accepted", "declined", "withdrawn", "moved"), timedelta(hours=2)),
    **dict.fromkeys(("inform", "also", "returned"), timedelta(hours=4)),
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
    asked: int = 0  # the climb's version when it was asked for, or when its chain last went on
    call: int = 0  # which of all calls

    @property
    def place(self) -> tuple:
        return (*self.home, self.person, self.channel)

    @property
    def can_leave(self) -> bool:
        """Its way has not been lost meanwhile."""
        return self.way is None or self.way.works

    def too_late(self, now: datetime) -> bool:
        due = self.state == "queued" and self.next_at is not None and self.next_at <= now
        return due and self.channel != "desk" and self.kind in LASTS and now - self.queued_at >= LASTS[self.kind]

    @property
    def seen(self) -> tuple:
        """What can be seen of it in the database."""
        return (self.kind, self.state, self.tries, self.next_at, self.overtaken)


class Outbox:
    def __init__(self, people: Mapping[str, Person] | None = None) -> None:
        self.people = people or {}
        self.messages: list[Message] = []
        self.noted: Counter[tuple] = Counter()  # (incident, person, channel, kind, outcome, tries)
        self.failed: list[Message] = []  # since somebody last looked, and still asked for
        self.calls = 0

    def add(
        self,
        home: tuple[int, int],
        people: Iterable[str],
        kind: str,
        now: datetime,
        *,
        severity: int,
        asked: int,
        go_on: Collection[str] = (),
    ) -> None:
        """Each by their own rules. Of those who ``go_on`` with an earlier call only the desk is told anew."""
        self.calls += 1
        for person in people:
            how = "loud" if kind == "last_resort" else urgency(severity)
            told = self.people[person].told(how, asks=kind in ASKING)
            for later, channel, way in told[:1] if person in go_on else told:
                row = Message(home, person, channel, kind, now, now + later, way=way, asked=asked, call=self.calls)
                self.messages.append(row)

    def goes_on(self, home: tuple[int, int], people: Collection[str], asked: int) -> list[Message]:
        """What waits of these people's chains. What was not tried yet is the new call's from now on."""
        waiting = [
            message
            for message in self.messages
            if message.home == home and message.person in people and message.channel != "desk"
            if message.kind in CHAINED and message.state in ("queued", "sending") and not message.overtaken
        ]
        for message in waiting:
            message.asked = asked
            if message.state == "queued" and message.tries == 0:
                message.kind = "call"
        return waiting

    def of_call(self, home: tuple[int, int], asked: int, *, offer: bool = False) -> list[Message]:
        """What left the house for one call, or for one offer."""
        kinds = ("offer",) if offer else CALLS
        mine = [one for one in self.messages if one.home == home and one.kind in kinds and one.asked == asked]
        return [one for one in mine if one.channel != "desk" and not one.overtaken]

    def hush(
        self,
        home: tuple[int, int],
        kinds: tuple[str, ...] | None = ASKING,
        *,
        but: Collection[Message] = (),
    ) -> None:
        """What has not left is cancelled; what is leaving is marked. ``None``: every kind."""
        for message in self.messages:
            if message.home == home and (kinds is None or message.kind in kinds) and message not in but:
                if message.state == "queued":
                    message.state, message.next_at = "cancelled", None
                    message.overtaken = message.tries > 0  # an earlier try may arrive yet
                elif message.state == "sending":
                    message.overtaken = True

    def news(self) -> list[Message]:
        """What has failed since this was last asked."""
        news, self.failed = self.failed, []
        return news

    # --- one whole round of delivering -------------------------------------------------------

    def deliver(self, now: datetime, answer) -> list[Message]:
        """Nothing goes wrong with the worker. ``answer(person)`` is "sent", "later" or "never".

        Returns what must have been said outside the house, in any order.
        """
        self.sweep(now)
        for message in self.messages:
            if message.too_late(now):
                self._over(message, "expired")
        said = []
        for message in self.messages:
            if message.state == "queued" and message.next_at <= now:
                message.tries += 1
                if message.channel == "desk":
                    message.state, message.next_at = "sent", None
                elif not message.can_leave:
                    self.conclude(message, "never", now)
                    if self.people[message.person].active:
                        self.instead(message, now)
                else:
                    said.append(message)
                    self.conclude(message, answer(message.person), now)
        return said

    def sweep(self, now: datetime) -> None:
        for message in self.messages:
            if message.state == "sending" and message.next_at <= now:
                self.left_behind(message, now)

    def left_behind(self, message: Message, now: datetime) -> None:
        self.conclude(message, "lost", now)

    def conclude(self, message: Message, answer: str, now: datetime) -> None:
        """One try is over."""
        message.worker = None
        message.lost = False
        if answer == "sent":
            self._over(message, "sent")
        elif answer == "never":
            self._over(message, "failed")
        elif message.overtaken:
            message.state, message.next_at = "cancelled", None
        elif message.tries >= TRIES:
            self._over(message, "unknown" if answer == "lost" else "failed")
        else:
            message.state, message.lost = "queued", answer == "lost"
            message.next_at = now if message.lost else now + PAUSES[message.tries - 1]

    def instead(self, lost: Message, now: datetime) -> None:
        """A call whose last way was lost goes to the account's e-mail, once."""
        mine = [m for m in self.messages if m.call == lost.call and m.person == lost.person and m.channel != "desk"]
        reached = any(m.state in ("sending", "sent") or (m.state == "queued" and m.can_leave) for m in mine)
        written = any(m.channel == "email" and m.way is None for m in mine)
        asks = lost.kind in ASKING and not lost.overtaken
        if asks and not reached and not written:
            self.messages.append(
                replace(lost, channel="email", state="queued", tries=0, queued_at=now, next_at=now, way=None)
            )

    def _over(self, message: Message, outcome: str) -> None:
        message.state, message.next_at = outcome, None
        if message.channel == "desk" and outcome == "sent":
            return  # the row is the message; the entry that called the people names them
        note = (message.home[0], message.person, message.channel, message.kind, outcome, message.tries)
        self.noted[note] += 1
        if outcome in GIVEN_UP and not message.overtaken:
            self.failed.append(message)

    # --- a worker that dies half-way ----------------------------------------------------------

    def interrupted(self, now: datetime, answer, found: dict[int, tuple], since: int = 0) -> list[int]:
        """How far it got is not foretold, but each message must be at one of the stops on its way.

        ``found`` is what the database says of each message (by its index), as ``Message.seen``.
        Takes that over; returns the indexes of those for which no stop fits. ``since``: only of those from there on;
        a call whose way was lost may have added some.
        """
        wrong = []
        lost = []
        for number, message in enumerate(self.messages[since:], since):
            stops = self._stops(message, now, answer)
            fitting = [(stop, notes) for stop, notes in stops if stop.seen == found.get(number)]
            if not fitting:
                wrong.append(number)
                continue
            stop, notes = fitting[0]
            if stop.state in GIVEN_UP and message.state not in GIVEN_UP and not stop.overtaken:
                self.failed.append(stop)
            if stop.state == "failed" != message.state and not stop.can_leave and self.people[stop.person].active:
                lost.append(stop)
            self.messages[number] = stop
            self.noted += notes
        for stop in lost:
            self.instead(stop, now)
        return wrong

    def _stops(self, message: Message, now: datetime, answer) -> list[tuple[Message, Counter[Any]]]:
        trial = Outbox()
        stops: list[tuple[Message, Counter[Any]]] = [(message, Counter())]

        def reached(here: Message) -> Message:
            stops.append((replace(here), Counter(trial.noted)))
            return here

        here = replace(message)
        if here.state == "sending" and here.next_at is not None and here.next_at <= now:
            trial.left_behind(here, now)
            reached(here)
        if here.too_late(now):
            trial._over(here, "expired")
            reached(here)
        if here.state == "queued" and here.next_at is not None and here.next_at <= now:
            here.tries += 1
            if here.channel == "desk":
                here.state, here.next_at = "sent", None
                reached(here)
            else:
                here.state, here.next_at = "sending", now + LEASE
                reached(here)
                said = answer(here.person) if here.can_leave else "never"
                if said != "dies":
                    trial.conclude(here, said, now)
                    reached(here)
        return stops
