"""What leaves, and what has to wait: for the limit of its person, or for a service that does not answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from .message import ASKING, CALLS, LEASE, Message
from .services import SHORT, Away

HOUR = timedelta(hours=1)
MOST = 50  # talks, before somebody else has a turn


class Carrying:
    """Part of the outbox. ``turn`` says which of two messages that are due at the same instant was queued first."""

    messages: list[Message]
    instead: Callable[..., None]

    def __init__(self) -> None:
        self.away: dict[str, Away] = {}  # by channel: each is carried by one service
        self.limits: dict[str, int] = {}  # by channel: so many in an hour to one person
        self.turn: Callable[[Message], Any] = self.messages.index
        # Whether somebody of that climb waits for the answer to an "offer", or to a "call".
        self.waits: Callable[[tuple[int, int], str], bool] = lambda _home, _kind: False

    @property
    def calm(self) -> bool:
        return not self.away and not self.limits

    # --- taking --------------------------------------------------------------------------------

    def take(self, now: datetime, most: int = MOST, *, lost: bool = False) -> list[Message]:
        """Of what is due as many as may leave. What has to wait says for what, and until when."""
        due = [m for m in self.messages if m.state == "queued" and m.lost == lost and m.channel != "desk"]
        due = [m for m in due if m.next_at is not None and m.next_at <= now]
        taken: list[Message] = []
        for message in sorted(due, key=lambda m: (not m.urgent, m.next_at, self.turn(m))):
            if len(taken) == most:
                break
            until = self._held_until(message, now)
            if until is not None:
                message.next_at, message.limited, message.behind = until, True, False
                continue
            away = self.away.get(message.channel)
            if away is not None and away.left_alone(now):
                self._waits_for(message, away, now)
                message.limited = False
                continue
            message.watched, message.probe = away is not None, away is not None and away.open
            if message.probe:
                away.next_at = now + LEASE
            message.state, message.next_at = "sending", now + LEASE
            message.tries += 1
            message.limited = message.behind = False
            taken.append(message)
        return taken

    def _held_until(self, message: Message, now: datetime) -> datetime | None:
        """What is being sent may yet have left: then it is seen again whether there is room."""
        most = self.limits.get(message.channel)
        if most is None or message.passes:
            return None
        mine = [m for m in self.messages if (m.person, m.channel) == (message.person, message.channel)]
        sent = sorted(m.sent_at for m in mine if m.sent_at is not None and now - HOUR < m.sent_at <= now)
        if len(sent) >= most:
            return sent[-most] + HOUR
        sending = [m.next_at for m in mine if m.state == "sending" and m.next_at is not None and m.next_at > now]
        return min(sending) if len(sent) + len(sending) >= most else None

    # --- services ------------------------------------------------------------------------------

    def _waits_for(self, message: Message, away: Away, now: datetime) -> None:
        """For the next talk that is let through; a call no longer than until nobody waits any more."""
        assert away.next_at is not None
        message.behind, message.next_at = True, away.next_at
        if message.kind in ASKING and message.wanted_at + SHORT > now:
            message.next_at = min(message.next_at, message.wanted_at + SHORT)

    def heard(self, talks: Iterable[tuple[Message, str]], now: datetime) -> None:
        """What talks that have just ended say of their services."""
        answers: dict[str, list[tuple[Message, str]]] = defaultdict(list)
        for message, answer in talks:
            if answer == "away" or (answer == "sent" and message.watched):
                answers[message.channel].append((message, answer))
        for channel, said in answers.items():
            if any(answer == "sent" for _message, answer in said):
                self._answers_again(channel, now)
                continue
            away = self.away.setdefault(channel, Away(now))
            for message, _answer in said:
                away.again(now, message.probe)
            if away.open:
                for message in self.messages:
                    if message.state == "queued" and message.channel == channel and message.tries:
                        self._waits_for(message, away, now)

    def _answers_again(self, channel: str, now: datetime) -> None:
        if self.away.pop(channel, None) is not None:
            for message in self.messages:
                if message.state == "queued" and message.behind and message.channel == channel:
                    message.behind, message.next_at = False, now

    # --- nobody waits for it ---------------------------------------------------------------------

    def give_way(self, now: datetime) -> list[Message]:
        """The next way of whoever waits, at once; if nothing of what is asked can reach anybody, it has failed."""
        if not any(away.open for away in self.away.values()):
            return []
        behind = [m for m in self.messages if m.state == "queued" and m.behind and m.kind in ASKING]
        behind = [m for m in behind if m.wanted_at <= now - SHORT]
        for call in dict.fromkeys((m.call, m.person) for m in behind):
            mine = [m for m in self.messages if (m.call, m.person) == call and m.channel != "desk"]
            self._next_way(mine, now)
            last = [m for m in mine if m in behind and m.last]
            if last and not any(m.state == "queued" and not m.behind for m in mine):
                self.instead(last[0], now, way_lost=False)
        return [m for home in dict.fromkeys(m.home for m in behind) for m in self._in_vain(home, behind)]

    def _next_way(self, mine: list[Message], now: datetime) -> None:
        """Quiet hours are waited for all the same."""
        waiting = [m for m in mine if m.state == "queued" and not m.behind]
        later = [m for m in waiting if m.planned is not None and m.planned > now]
        reached = len(later) < len(waiting) or any(m.state in ("sending", "sent") for m in mine)
        next_ways = [m for m in later if not m.quiet]
        if next_ways and not reached:
            first = min(next_ways, key=lambda m: (m.wanted_at, self.turn(m)))
            first.planned = first.next_at = now

    def _in_vain(self, home: tuple[int, int], behind: list[Message]) -> list[Message]:
        """All that waits of what is asked now, if that is all there is, and somebody waits for an answer."""
        for kinds in (("offer",), CALLS):
            asked = [m for m in self.messages if m.home == home and m.kind in kinds]
            last = [m for m in asked if m.asked == max(one.asked for one in asked)]
            left = [m for m in last if m.channel != "desk"]
            queued = [m for m in left if m.state == "queued"]
            going_on = {m.person for m in last} - {m.person for m in left}  # and a call before has reached them
            reached = any(m.state in ("sending", "sent") for m in left) or going_on
            only_told = any(m.kind not in ASKING for m in left)
            if self.waits(home, kinds[0]) and queued and not reached and not only_told:
                return queued if all(m in behind for m in queued) else []
        return []
