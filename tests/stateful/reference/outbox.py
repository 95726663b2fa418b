"""Messages: what becomes of each, try by try."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from .carrying import MOST, Carrying
from .message import ASKING, CALLS, CHAINED, GIVEN_UP, LEASE, PAUSES, TRIES, Message, urgency
from .organisation import Person


class Outbox(Carrying):
    def __init__(self, people: Mapping[str, Person] | None = None) -> None:
        self.people = people or {}
        self.messages: list[Message] = []
        super().__init__()
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
        alone: bool = False,
    ) -> None:
        """Each by their own rules. Of those who ``go_on`` with an earlier call only the desk is told anew.

        Who is called ``alone``, since nobody else is there, is always called loudly.
        """
        self.calls += 1
        last = alone or kind == "last_resort"
        how = "loud" if last else urgency(severity)
        for person in people:
            told = self.people[person].told(how, asks=kind in ASKING, now=now)
            for one in told[:1] if person in go_on else told:
                planned = None if one.at == now else one.at
                row = Message(home, person, one.channel, kind, now, one.at, way=one.way, planned=planned)
                row.quiet, row.severity, row.asked, row.call = one.quiet, severity, asked, self.calls
                row.last = last
                self.messages.append(row)

    def goes_on(self, home: tuple[int, int], people: Collection[str], asked: int, severity: int) -> list[Message]:
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
                message.kind, message.severity, message.last = "call", severity, False
        return waiting

    def is_loud(self, home: tuple[int, int], severity: int, now: datetime) -> None:
        """It has become so, or is worse: quiet hours end for it, and no limit holds back what asks. What was tried
        before is tried again in its own words."""
        waiting = [m for m in self.messages if m.home == home and m.state == "queued" and m.tries == 0]
        first: dict[tuple[int, str], datetime] = {}
        for message in sorted(waiting, key=lambda m: m.wanted_at):
            if message.quiet:
                begins = first.setdefault((message.call, message.person), message.wanted_at)
                message.planned = message.next_at = now + (message.wanted_at - begins)
            elif message.kind in ASKING and message.limited:
                message.next_at = now
            if message.quiet or message.kind in ASKING:
                message.severity, message.limited, message.quiet = severity, False, False

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
        """What has not left is cancelled; what is leaving is marked. ``None``: every kind, but for a mention."""
        for message in self.messages:
            gone = message.kind != "mentioned" if kinds is None else message.kind in kinds
            if message.home == home and gone and message not in but:
                if message.state == "queued":
                    message.state, message.next_at = "cancelled", None
                    message.overtaken = message.tries > 0  # an earlier try may arrive yet
                elif message.state == "sending":
                    message.overtaken = True

    def withdraw(self, calls: Collection[int]) -> set[int]:
        """What of these has not left does not. Returns those of which something had not."""
        gone = set()
        for message in self.messages if calls else ():
            if message.call in calls and message.state == "queued":
                message.state, message.next_at, message.overtaken = "cancelled", None, message.tries > 0
                gone.add(message.call)
            elif message.call in calls and message.state == "sending":
                message.overtaken = True
        return gone

    def news(self) -> list[Message]:
        """What has failed since this was last asked."""
        news, self.failed = self.failed, []
        return news

    # --- one whole round of delivering -------------------------------------------------------

    def deliver(self, now: datetime, answer: Callable[[Message], str], heard: Callable[[], None]) -> list[Message]:
        """Nothing goes wrong with the worker. ``answer`` is "sent", "later", "away" or "never". Whenever something may
        have failed for good, it is to be ``heard``.

        Returns what must have been said outside the house, in any order.
        """
        said: list[Message] = []
        while tried := self._one_turn(now, answer, heard):
            said += [message for message in tried if message.channel != "desk" and message.can_leave]
        return said

    def _one_turn(self, now: datetime, answer: Callable[[Message], str], heard: Callable[[], None]) -> list[Message]:
        """What a dead worker left goes last, one after the other."""
        self.sweep(now)
        for message in self.messages:
            if message.too_late(now):
                self._over(message, "expired")
        heard()
        for message in self.give_way(now):
            message.behind = False
            self._over(message, "failed")
        heard()
        tried = [m for m in self.messages if m.channel == "desk" and m.state == "queued" and m.next_at <= now]
        for message in tried:
            message.tries += 1
            message.state, message.next_at = "sent", None
        left = MOST
        while taken := self.take(now, left):
            self._talk(taken, answer, now)
            tried, left = tried + taken, left - len(taken)
        while taken := self.take(now, 1, lost=True):  # one of them, however much else there was
            self._talk(taken, answer, now)
            tried, left = tried + taken, left - 1
            if left <= 0:
                break
        heard()
        return tried

    def _talk(self, taken: list[Message], answer: Callable[[Message], str], now: datetime) -> None:
        answers = [(m, answer(m) if m.can_leave else "never") for m in sorted(taken, key=self.messages.index)]
        for message, said in answers:
            self.conclude(message, said, now)
        for message, _said in answers:
            self.instead(message, now, way_lost=not message.can_leave)
        self.heard(answers, now)

    def sweep(self, now: datetime) -> None:
        for message in self.messages:
            if message.state == "sending" and message.next_at <= now:
                self.left_behind(message, now)

    def left_behind(self, message: Message, now: datetime) -> None:
        self.conclude(message, "lost", now)
        self.instead(message, now, way_lost=False)

    def conclude(self, message: Message, answer: str, now: datetime) -> None:
        """One try is over."""
        message.worker = None
        message.lost = False
        if answer == "sent":
            message.sent_at = now
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

    def instead(self, lost: Message, now: datetime, *, way_lost: bool) -> None:
        """A call whose last way was lost goes to the account's e-mail, once; to the last resort also one that failed,
        or waits for a service that is away."""
        failed = lost.last and (lost.state in GIVEN_UP or lost.behind)
        if not (way_lost or failed) or lost.person not in self.people or not self.people[lost.person].active:
            return
        mine = [m for m in self.messages if m.call == lost.call and m.person == lost.person and m.channel != "desk"]
        counted = [m for m in mine if not (lost.last and m.behind)]  # that may come, some day
        reached = any(m.state in ("sending", "sent") or (m.state == "queued" and m.can_leave) for m in counted)
        written = any(m.channel == "email" and m.way is None for m in mine)
        asks = lost.kind in ASKING and not lost.overtaken
        if asks and not reached and not written:
            new = replace(lost, channel="email", state="queued", tries=0, queued_at=now, next_at=now, way=None)
            new.planned = None
            new.quiet = new.behind = new.limited = False
            self.messages.append(new)

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
            if stop.state in GIVEN_UP and stop.state != message.state:
                lost.append((stop, stop.state == "failed" and not stop.can_leave))
            self.messages[number] = stop
            self.noted += notes
        for stop, way_lost in lost:
            self.instead(stop, now, way_lost=way_lost)
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
                here.state, here.next_at, here.limited = "sending", now + LEASE, False
                reached(here)
                said = answer(here) if here.can_leave else "never"
                if said != "dies":
                    trial.conclude(here, said, now)
                    reached(here)
        return stops
