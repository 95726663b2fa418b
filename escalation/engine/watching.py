"""Is the engine getting on? Judged by its timers: processes that hang look alive.

``Progress`` is the judgement (pure), ``Watch`` the thread that looks for it. The thread only
reports: processes are started and ended by the supervisor's main thread alone, because they
die with the thread that started them.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from queue import SimpleQueue

from django.db import connection

from escalation.kit import clock

from . import climb
from .lookout import Lookout
from .models import Timer

log = logging.getLogger(__name__)

OVERDUE = timedelta(seconds=3)
STUCK_SECONDS = 3.0  # none of the noted timers was carried out for so long
LOOK_SECONDS = 1.0
SAMPLE = 500

Names = tuple[str, ...]
FIRST: Names = ("timers",)
THEN: Names = ("timers", "general")


class Progress:
    """Notes which timers are overdue; progress is that one of them is no longer so."""

    def __init__(self, started: float) -> None:
        self._noted: frozenset[int] = frozenset()
        self._since = started
        self._tries = 0

    def see(self, overdue: Collection[int], at: float) -> Names:
        """Which clusters to start afresh, given the ids that are overdue at ``at``."""
        now = frozenset(overdue)
        if not self._noted or not self._noted <= now:
            self._noted, self._since = now, at
            if not now:
                self._tries = 0
            return ()
        if at - self._since < STUCK_SECONDS:
            return ()
        self._since = at
        self._tries += 1
        return FIRST if self._tries == 1 else THEN


class Watch(threading.Thread):
    """Looks once a second and reports the clusters that are stuck."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="watch")
        self.verdicts: SimpleQueue[Names] = SimpleQueue()
        self.lookout = Lookout(keeps=True)
        self._progress = Progress(time.monotonic())

    def run(self) -> None:
        while True:
            names = self._progress.see(self._overdue(), time.monotonic())
            if names:
                self.verdicts.put(names)
            time.sleep(LOOK_SECONDS)

    def _overdue(self) -> Collection[int]:
        """A sample of what is long overdue. A database that is away says nothing about the clusters."""
        try:
            return () if self.lookout.stopped() else overdue()
        except Exception as error:  # whatever it is, this thread must go on
            log.warning("cannot see the timers: %s", str(error).strip().split("\n", 1)[0])
            connection.close()  # the next look opens a new one
            return ()


def overdue() -> set[int]:
    """The first timers by due time and the first by severity: a drain takes one of these orders."""
    head = climb.next_due()
    if head is None:
        return set()
    limit = clock.now() - OVERDUE
    if head > limit:
        return set()
    late = Timer.objects.filter(state=Timer.State.ARMED, next_at__lte=limit).values_list("id", flat=True)
    return {*late.order_by("next_at", "id")[:SAMPLE], *late.order_by("severity", "due_at", "id")[:SAMPLE]}


def in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
