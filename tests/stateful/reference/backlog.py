"""The doors in a storm: what is only kept is worked off later, many together, and what fails or kills with care."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from .doors import CALM, Doors, Receipt
from .moment import Moment
from .severity import Severity

TRIES = 3  # then a receipt is set aside, and an incident stands in its place
MINUTE = timedelta(minutes=1)
KEEP = timedelta(seconds=5)


@dataclass(eq=False)
class Fire:
    """As much of an incident as its alerts know."""

    number: int
    facts: Severity
    previous: int | None
    resolved_at: datetime | None = None

    def judge_again(self, m: Moment) -> None:
        """Its climbs are another reference's."""

    def say(self, m: Moment, kind: str, **facts) -> None:
        """Its record too."""

    def end(self, m: Moment, *, resolver: str | None) -> None:
        self.resolved_at = m.now


class Backlog:
    """``poison`` are keys that cannot be opened; ``how`` says what happens then: it "fails", or "kills" the process."""

    def __init__(self) -> None:
        self.fires: list[Fire] = []
        self.opened: list[datetime] = []  # what stands in the place of a receipt too
        self.doors = Doors(open=self._open)
        self.poison: set[str] = set()
        self.how = "fails"

    def _open(self, m: Moment, *, service: str | None, facts: Severity, previous: int | None = None) -> Fire:
        self.fires.append(Fire(len(self.fires), facts, previous))
        self.opened.append(m.now)
        return self.fires[-1]

    def waiting(self) -> list[int]:
        return [number for number, receipt in enumerate(self.doors.receipts) if not receipt.done]

    def lines(self) -> list[list[int]]:
        """What waits, by line; in a line in its order."""
        found: dict[tuple[str, str], list[int]] = {}
        for number in self.waiting():
            receipt = self.doors.receipts[number]
            found.setdefault((receipt.source, receipt.line), []).append(number)
        return list(found.values())

    # --- at the door -----------------------------------------------------------------------------

    def keep(self, receipt: Receipt, now: datetime, *, at_once: bool) -> bool:
        """Whether it was kept: not if whoever heard it died."""
        at_once = at_once and len(self.waiting()) <= CALM and not self.doors.waiting_before(receipt)
        meets = at_once and self._meets_poison(receipt)
        if meets and self.how == "kills":
            return False
        self.doors.keep(receipt, stumbles=meets or not at_once, now=now)
        return True

    def _meets_poison(self, receipt: Receipt) -> bool:
        return bool(self.poison.intersection(self.doors.opens(receipt)))

    # --- worked off -------------------------------------------------------------------------------

    def work(self, order: list[list[int]], now: datetime) -> bool:
        """One turn at these lines, each with what waits in it, in the order in which they are taken. True: it died."""
        tried = [line for line in order if any(self.doors.receipts[number].tries for number in line)]
        plain = [line for line in order if line not in tried]
        if self.how == "kills" and deepcopy(self)._in_order(plain, now):
            for number in chain.from_iterable(plain):
                self.doors.receipts[number].tries += 1
            return True
        if self._in_order(plain + tried, now):
            return True
        waiting = set(self.waiting())
        moved = [[n for n in line if n in waiting] for line in order if line[0] not in waiting]
        return any(moved) and self.work([line for line in moved if line], now)

    def _in_order(self, lines: list[list[int]], now: datetime) -> bool:
        return any(self._one_by_one(line, now) for line in lines)

    def _one_by_one(self, line: list[int], now: datetime) -> bool:
        """Who fails holds up the rest of its line; who is given up does not. True: somebody died."""
        for receipt in (self.doors.receipts[number] for number in line):
            if receipt.tries >= TRIES:  # each died of it, so nobody could say so before
                self._set_aside(receipt, now)
            elif not self._meets_poison(receipt):
                self.doors.work_off(receipt, now)
                receipt.tries = 0
            else:
                receipt.tries += 1
                if self.how == "kills":
                    return True
                if receipt.tries < TRIES:
                    return False
                self._set_aside(receipt, now)
        return False

    def _set_aside(self, receipt: Receipt, now: datetime) -> None:
        receipt.done = receipt.set_aside = True
        self.opened.append(now)


@dataclass
class Weather:
    """A storm: so many messages, or new incidents, within a minute; over when both are down to half of that."""

    messages: int
    incidents: int
    storms: bool = False
    looked_at: datetime | None = None

    def look(self, backlog: Backlog, now: datetime) -> bool:
        if self.looked_at is None or not timedelta() <= now - self.looked_at < KEEP:
            calmer = 2 if self.storms else 1
            came = [receipt.at for receipt in backlog.doors.receipts]
            self.storms = _many(came, self.messages // calmer, now) or _many(
                backlog.opened, self.incidents // calmer, now
            )
            self.looked_at = now
        return self.storms


def _many(instants: list[datetime], limit: int, now: datetime) -> bool:
    return len(instants) >= limit and abs(now - instants[-limit]) < MINUTE
