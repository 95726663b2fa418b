"""Is the engine getting on? Judged by what it does: processes that hang look alive.

``Progress`` judges by the timers, which either cluster may carry out; ``Stillness`` judges one
cluster by its own beats, and by the rows that nobody else sees to. Both are pure; ``Watch`` is the thread that
looks for them. The thread only reports: processes are started and ended by the supervisor's
main thread alone, because they die with the thread that started them.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from datetime import timedelta
from queue import SimpleQueue

from django.conf import settings
from django.db import connection

from escalation.kit import clock

from . import beats, climb, registry, standstill
from .lookout import Lookout
from .models import Beat, Delivery, Timer
from .waiting import pending

log = logging.getLogger(__name__)

OVERDUE = timedelta(seconds=3)
STUCK_SECONDS = 3.0  # none of the noted timers was carried out for so long
# From the second verdict in vain on, twice as long each time: a slow machine may take longer than
# that to start a cluster, and what is killed while it starts never carries anything out.
STUCK_MOST = 60.0
START_SECONDS = 1.5  # a cluster needs so long to start on a machine that has nothing else to do
# While one starts nothing follows from its silence, but not for longer than this: several times as long as it
# took the last time, since one may hang at its start too. Nobody knows how long the first one takes.
START_MOST = 60.0
START_LEAST = 10.0
START_FACTOR = 5
SLOWEST = 10.0
LOOK_SECONDS = 1.0
ROWS_SECONDS = 2.0  # between two looks at the beats and the rows that wait
ASLEEP_SECONDS = 10.0  # this thread itself did not look for so long: nothing follows from what it missed
SAMPLE = 500

# Without a beat. The timekeeper hands out a drain for each, but both general workers may be in
# long talks with a mail server. Rows that wait and do not move tell a hanging one much sooner.
SILENT_SECONDS = {"timers": 2.5 * beats.EVERY, "general": 6 * beats.EVERY}
STUCK_ROWS_SECONDS = 1.2 * beats.EVERY
WAITING = timedelta(seconds=5)

Names = tuple[str, ...]
FIRST: Names = ("timers",)
THEN: Names = ("timers", "general")
LAST: Names = ("timers", "general", "web")  # on SQLite a frozen page may hold the one lock


class Starts:
    """The clusters that are starting, and how slow this machine was when it last started one."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._in_vain: Counter[str] = Counter()  # starts that were not done before the next began

    def begin(self, name: str, at: float) -> None:
        if name in self._began:
            self._in_vain[name] += 1
        self._began[name] = at

    def done(self, name: str, at: float) -> None:
        """Its workers run."""
        self._took[name] = at - self._began.pop(name, at)
        del self._in_vain[name]

    def going_on(self, name: str, at: float) -> bool:
        began = self._began.get(name)
        return began is not None and at - began < self._most(name)

    def _most(self, name: str) -> float:
        """How long a start may take. What is ended too early begins anew: each time in vain it gets twice as long."""
        if name not in self._took:
            return START_MOST
        most = max(START_LEAST, START_FACTOR * self._took[name])
        return min(most * 2 ** min(self._in_vain[name], 8), START_MOST)

    @property
    def slowness(self) -> float:
        """How many times longer than usual things take, from 1 up to ``SLOWEST``.

        Who is as strict with a crowded machine ends what is merely slow, has it start again, and makes it slower.
        """
        return min(max([1.0, *(took / START_SECONDS for took in list(self._took.values()))]), SLOWEST)


class Progress:
    """Notes which timers are overdue; progress is that one of them is no longer so."""

    def __init__(self, started: float) -> None:
        self._noted: frozenset[int] = frozenset()
        self._since = started
        self._tries = 0
        self._in_vain = 0  # verdicts since something moved

    def see(self, overdue: Collection[int], at: float, slowness: float = 1.0) -> Names:
        """Which processes to start afresh, given the ids that are overdue at ``at``."""
        now = frozenset(overdue)
        if not self._noted or not self._noted <= now:
            self._noted, self._since, self._in_vain = now, at, 0
            if not now:
                self._tries = 0
            return ()
        if at - self._since < min(slowness * STUCK_SECONDS * 2 ** max(0, self._in_vain - 1), STUCK_MOST):
            return ()
        self._since = at
        self._in_vain += 1
        self._tries += 1
        return {1: FIRST, 3: LAST}.get(self._tries, THEN)

    def excuse(self, at: float) -> None:
        """The time before ``at`` does not count."""
        self._since = at


class Stillness:
    """Of one cluster: for how long nothing has moved. Each verdict in vain makes it more patient."""

    def __init__(self, patience: float, started: float) -> None:
        self._patience = patience
        self._factor = 1
        self._beat: Hashable = None
        self._rows: Hashable = None
        self._silent_since = self._stuck_since = started

    def see(self, beat: Hashable, rows: Hashable, at: float, slowness: float = 1.0) -> bool:
        """Whether to start it afresh. ``beat`` is its last one; ``rows`` the heads of what waits too long, or None."""
        if beat != self._beat:
            self._beat, self._factor = beat, 1
            self.excuse(at)
        if rows is None or rows != self._rows:
            self._rows, self._stuck_since = rows, at
        silent = at - self._silent_since >= self._patience * self._factor * slowness
        stuck = at - self._stuck_since >= STUCK_ROWS_SECONDS * self._factor * slowness
        if not (silent or stuck):
            return False
        self._factor = min(self._factor * 2, 8)
        self.excuse(at)
        return True

    def silent_for(self, at: float) -> float:
        return at - self._silent_since

    def excuse(self, at: float) -> None:
        """The time before ``at`` does not count."""
        self._silent_since = self._stuck_since = at


class Watch(threading.Thread):
    """Looks once a second and reports the clusters that are stuck."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="watch")
        self.verdicts: SimpleQueue[Names] = SimpleQueue()
        now = time.monotonic()
        self.starts = Starts()
        self.lookout = Lookout(keeps=True)
        self._progress = Progress(now)
        self._still = {name: Stillness(seconds, now) for name, seconds in SILENT_SECONDS.items()}
        self._looked = self._rows_at = now

    def run(self) -> None:
        while True:
            for names in self._look(time.monotonic()):
                self.verdicts.put(names)
            time.sleep(LOOK_SECONDS)

    def _look(self, at: float) -> list[Names]:
        """A database that is away says nothing about the clusters."""
        if at - self._looked > ASLEEP_SECONDS:
            self._excuse(at)
        self._looked = at
        self._excuse_starting(at)
        try:
            found = [self._progress.see(() if self.lookout.stopped() else overdue(), at, self.starts.slowness)]
            if at >= self._rows_at:
                self._rows_at = at + ROWS_SECONDS
                found.append(self._silent(at))
        except Exception as error:  # whatever it is, this thread must go on
            log.warning("cannot see what is due: %s", (str(error).strip() or "no answer").split("\n", 1)[0])
            connection.close()  # the next look opens a new one
            self._progress.see((), at)
            self._excuse(at)
            return []
        return [names for names in found if names]

    def _silent(self, at: float) -> Names:
        last = dict(Beat.objects.filter(host=settings.HOST_NAME).values_list("name", "at"))
        rows = {"timers": None, "general": waited_for()}
        slow = self.starts.slowness
        names = tuple(name for name, one in self._still.items() if one.see(last.get(name), rows[name], at, slow))
        general = self._still["general"]
        if names == FIRST and general.silent_for(at) >= SILENT_SECONDS["timers"]:
            # Nobody can write: on SQLite whoever hangs with the one lock silences the others too.
            general.excuse(at)
            return THEN
        return names

    def _excuse_starting(self, at: float) -> None:
        for name, one in self._still.items():
            if self.starts.going_on(name, at):
                one.excuse(at)
        if self.starts.going_on("timers", at):
            self._progress.excuse(at)

    def _excuse(self, at: float) -> None:
        for one in self._still.values():
            one.excuse(at)


def overdue() -> set[int]:
    """The first timers by due time and the first by severity: a drain takes one of these orders."""
    head = climb.next_due()
    if head is None:
        return set()
    limit = clock.now() - OVERDUE
    if head > limit or standstill.held():
        return set()
    late = Timer.objects.filter(state=Timer.State.ARMED, next_at__lte=limit).values_list("id", flat=True)
    return {*late.order_by("next_at", "id")[:SAMPLE], *late.order_by("severity", "due_at", "id")[:SAMPLE]}


def waited_for() -> tuple | None:
    """The heads of the rows that the general cluster sees to, if one is long due and nobody is at it."""
    heads = tuple(registry.oldest_waiting().values())
    first = min((head for head in heads if head is not None), default=None)
    if first is None:
        return None
    now = clock.now()
    if first > now - WAITING or standstill.held():
        return None
    talking = pending().filter(state=Delivery.State.SENDING, next_at__gt=now)  # under a lease: somebody talks
    return None if talking.exists() else heads


def in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
