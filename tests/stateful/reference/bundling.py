"""Bundles: which messages leave, when, and which of them together. One channel, and people who are told much."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .message import ASKING, LASTS, LEASE, PAUSES, TRIES
from .services import Away

SPELT_OUT = 20
APART = 3  # lost so often, each goes on alone


@dataclass(eq=False)
class Told:
    """One message, by its number. ``bundle`` is the number of the one under whose key it leaves."""

    number: int
    fire: int
    person: str
    kind: str
    severity: int | None
    queued_at: datetime
    next_at: datetime | None
    state: str = "queued"
    tries: int = 0
    bundle: int | None = None
    lost: bool = False
    overtaken: bool = False
    behind: bool = False  # it waits for the post, which is away
    talk: int | None = None  # by whom it is being sent

    @property
    def seen(self) -> tuple:
        return (self.state, self.tries, self.next_at, self.overtaken, self.bundle)

    @property
    def urgent(self) -> bool:
        return self.kind == "last_resort" or (self.kind in ASKING and self.severity == 1)

    @property
    def how_bad(self) -> tuple:
        return (self.severity or 6, self.kind not in ASKING, self.queued_at, self.number)

    def waits(self, now: datetime, *, lost: bool) -> bool:
        return self.state == "queued" and self.lost == lost and self.next_at is not None and self.next_at <= now


@dataclass(frozen=True)
class Talk:
    """What leaves as one message, worst first."""

    number: int
    key: int  # the number of the one whose key it has
    messages: tuple[Told, ...]
    watched: bool = False  # the post was away the last time
    probe: bool = False  # and only this one is to see whether it is back

    @property
    def spelt_out(self) -> tuple[Told, ...]:
        """Of the others it only says how many there are."""
        return self.messages[:SPELT_OUT]


@dataclass(frozen=True)
class _Part:
    person: str
    bundle: int | None
    due: tuple[Told, ...]

    @property
    def urgent(self) -> bool:
        return any(message.urgent for message in self.due)


class Bundling:
    def __init__(self, window: float) -> None:
        self.window = timedelta(seconds=window)
        self.messages: list[Told] = []
        self.began: dict[str, datetime] = {}  # the last talk to each
        self.away: Away | None = None
        self.talks = 0

    def add(self, fire: int, person: str, kind: str, severity: int | None, now: datetime) -> Told:
        message = Told(len(self.messages), fire, person, kind, severity, now, now)
        self.messages.append(message)
        return message

    def answer(self, fire: int) -> None:
        for message in self.messages:
            if message.fire == fire and message.kind in ASKING:
                if message.state == "queued":
                    message.state, message.next_at, message.overtaken = "cancelled", None, message.tries > 0
                elif message.state == "sending":
                    message.overtaken = True

    # --- what leaves -------------------------------------------------------------------------

    def take(self, now: datetime, most: int, *, lost: bool = False) -> list[Talk]:
        """The talks that begin now. What has to wait says until when."""
        found: list[Talk] = []
        busy = {person: self._busy_until(person, now) for person in {m.person for m in self.messages}}
        for part in self.parts(now, lost=lost):
            if len(found) == most:
                break
            until = None if part.urgent else self._held_until(part, now, busy[part.person])
            behind = until is None and self.away is not None and self.away.left_alone(now)
            if until is not None or behind:
                for message in part.due:
                    message.next_at, message.behind = until or self.away.next_at, behind
                continue
            found.append(self._begin(part, now))
            busy[part.person], self.began[part.person] = now + LEASE, now
        return found

    def parts(self, now: datetime, *, lost: bool = False) -> list[_Part]:
        """The urgent first, then as they are due. Bundled once, they stay so; what is new leaves together."""
        due = sorted((m for m in self.messages if m.waits(now, lost=lost)), key=lambda m: (m.next_at, m.number))
        found: dict[tuple[str, int | None], list[Told]] = {}
        for message in due:
            alone = message.bundle is None and not self.window
            found.setdefault((message.person, message.number if alone else message.bundle), []).append(message)
        parts = [_Part(person, bundle, tuple(messages)) for (person, bundle), messages in found.items()]
        return sorted(parts, key=lambda part: not part.urgent)

    def _busy_until(self, person: str, now: datetime) -> datetime | None:
        ends = [m.next_at for m in self.messages if m.person == person and m.state == "sending" and m.next_at]
        return max((end for end in ends if end > now), default=None)

    def _held_until(self, part: _Part, now: datetime, busy: datetime | None) -> datetime | None:
        if not self.window:
            return None
        began = self.began.get(part.person)
        if part.bundle is None and began is not None and abs(now - began) < self.window:
            return began + self.window
        return None if busy is None else min(busy, now + self.window)

    def _begin(self, part: _Part, now: datetime) -> Talk:
        together = [
            m
            for m in self.messages
            if m.person == part.person
            and m.state == "queued"
            and (m.bundle == part.bundle or (m.bundle is None and m.number == part.bundle))
        ]
        together.sort(key=lambda message: message.how_bad)
        key = together[0].number if part.bundle is None else part.bundle
        self.talks += 1
        probe = self.away is not None and self.away.next_at is not None
        if probe:
            self.away.next_at = now + LEASE
        for message in together:
            message.state, message.next_at, message.bundle = "sending", now + LEASE, key
            message.tries += 1
            message.talk, message.behind = self.talks, False
        return Talk(self.talks, key, tuple(together), self.away is not None, probe)

    # --- how it went ---------------------------------------------------------------------------

    def over(self, talk: Talk, answer: str, now: datetime) -> None:
        """Written down by whoever talked, of what is still theirs."""
        theirs = [m for m in talk.messages if m.state == "sending" and m.talk == talk.number]
        for message in theirs:
            self._conclude(message, answer, now)
        if theirs and answer == "away":
            self.away = self.away or Away(now)
            self.away.again(now, talk.probe)
            for message in self.messages:
                if self.away.next_at is not None and message.state == "queued" and message.tries:
                    message.behind, message.next_at = True, self.away.next_at
        elif theirs and answer == "sent" and talk.watched and self.away is not None:
            self.away = None
            for message in self.messages:
                if message.state == "queued" and message.behind:
                    message.behind, message.next_at = False, now

    def sweep(self, now: datetime) -> None:
        for message in self.messages:
            if message.state == "sending" and message.next_at is not None and message.next_at <= now:
                self._conclude(message, "lost", now)

    def _conclude(self, message: Told, answer: str, now: datetime) -> None:
        message.talk, message.lost, message.next_at = None, False, None
        if answer in ("sent", "never"):
            message.state = "sent" if answer == "sent" else "failed"
        elif message.overtaken:
            message.state = "cancelled"
        elif message.tries >= TRIES:
            message.state = "unknown" if answer == "lost" else "failed"
        else:
            message.state, message.lost = "queued", answer == "lost"
            message.next_at = now if message.lost else now + PAUSES[message.tries - 1]
            if message.lost and message.tries >= APART:
                message.bundle = message.number

    def all_leave(self, now: datetime, answer) -> list[Talk]:
        """One whole round; nobody dies. What a dead worker left goes last, one after the other."""
        self.sweep(now)
        for message in self.messages:
            lasts = LASTS.get(message.kind)
            if message.state == "queued" and message.next_at <= now and lasts and now - message.queued_at >= lasts:
                message.state, message.next_at = "expired", None
        said = []
        for lost in (False, True):
            while talks := self.take(now, 1 if lost else len(self.messages), lost=lost):
                said += talks
                for talk in talks:
                    self.over(talk, answer(talk.messages[0].person), now)
        return said
