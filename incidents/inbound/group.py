"""Work that several threads bring at once, done by one of them for all.

Whoever comes while nobody is at work does it at once, alone. Who comes meanwhile waits; when it
is done, the one who has waited longest does all that waits together. No thread of its own, no
timer: alone costs what alone costs, and a crowd shares one transaction and one sync of the disk.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

BREATH = 0.004  # seconds

T = TypeVar("T")


class Crowded(Exception):
    """It has waited too long for its turn; nothing was done about it."""


@dataclass(eq=False)  # two who bring the same are two
class _Place(Generic[T]):
    item: T
    called: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    error: BaseException | None = None


class Group(Generic[T]):
    """``do(items)`` is called by one thread at a time, with at most ``most`` items.

    Together they ``weigh`` no more than ``heaviest``, unless a single one does. ``before_waiting`` gives back
    what whoever does the work may need. ``patience`` is in seconds.
    """

    def __init__(
        self,
        do: Callable[[list[T]], None],
        *,
        before_waiting: Callable[[], None],
        most: int,
        patience: float,
        weigh: Callable[[T], int] = lambda _item: 0,
        heaviest: int = 0,
    ):
        self._do, self._before_waiting, self._most, self._patience = do, before_waiting, most, patience
        self._weigh, self._heaviest = weigh, heaviest
        self._lock = threading.Lock()
        self._waiting: deque[_Place[T]] = deque()
        self._led = self._crowd = False

    def bring(self, item: T) -> None:
        """Returns when ``item`` was among those that were done. Raises what ``do`` raised, or ``Crowded``."""
        place = _Place(item)
        with self._lock:
            self._waiting.append(place)
            if not self._led:
                self._led = place.leads = True
        if not place.leads:
            self._free_what_others_need()
            self._wait(place)
        if place.leads:
            self._lead()
        if place.error is not None:
            raise place.error

    def _free_what_others_need(self) -> None:
        """Whatever comes of it: who is in the line must stay to lead it, or nobody ever would again."""
        try:
            self._before_waiting()
        except Exception:
            log.exception("what is not needed while waiting could not be given back")

    def _wait(self, place: _Place[T]) -> None:
        if place.called.wait(self._patience):
            return
        with self._lock:
            if place in self._waiting and not place.leads:
                self._waiting.remove(place)
                raise Crowded
        place.called.wait()  # it is being done, or its turn has just come

    def _lead(self) -> None:
        """Do what waits (one's own is the first of it), then call the next to lead."""
        if self._crowd:  # those who were answered just now are about to come again: do not go without them
            time.sleep(BREATH)
        with self._lock:
            lot = self._next_lot()
            self._crowd = len(lot) > 1
        try:
            self._do([place.item for place in lot])
        except BaseException as error:
            for place in lot:
                place.error = error
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
            if following is not None:
                following.leads = True
        if following is not None:
            following.called.set()
        for place in lot:
            place.called.set()

    def _next_lot(self) -> list[_Place[T]]:
        """The first in line and as many behind it as may be done with it. Under the lock."""
        lot = [self._waiting.popleft()]
        weight = self._weigh(lot[0].item)
        while self._waiting and len(lot) < self._most:
            weight += self._weigh(self._waiting[0].item)
            if weight > self._heaviest:
                break
            lot.append(self._waiting.popleft())
        return lot
