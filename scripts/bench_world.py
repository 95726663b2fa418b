"""The world that ``bench.py`` measures: the real processes, and incidents that climb a long path."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.processes import Baton, Scratch, wait_for

SPREAD = 1.0  # seconds over which a round's timers come due
AHEAD = 2.0  # seconds to set a round up, besides what its rows need
RETRIED = timedelta(minutes=1)
PATIENCE = 300  # seconds until a round must be over
HOUR = 3600


class World:
    """One scratch database with ``runs`` climbing incidents and ``pending`` timers that are far away."""

    def __init__(self, name: str, folder: Path, *, runs: int, pending: int):
        self.name = name
        home = folder / name
        home.mkdir()
        self.baton = Baton(
            home,
            database=Scratch(home, "" if name == "sqlite" else None, migrated=True),
            BATON_BUNDLE_SECONDS="1",  # two people are called by all of them: a round must end some time
        )
        code = f"from scripts.bench_world import prepare; prepare({runs}, {pending})"
        self.baton.manage("shell", "-v", "0", "-c", code)
        self.baton.start()

    def end(self) -> None:
        self.baton.end()

    def version(self) -> str:
        sql = "SHOW server_version" if self.baton.database.server else "SELECT sqlite_version()"
        return str(self.baton.database.rows(sql)[0][0])

    # --- what is measured ---------------------------------------------------------------------

    def lateness(self, due: int, *, kill: Sequence[str] = ()) -> dict:
        """One round: ``due`` steps within a second, after ``kill`` has been killed.

        Milliseconds by severity from the instant each was due until it was seen done from outside.
        """
        before = self._steps()
        moments = self._arm(due)
        first, last = min(at for at, _severity in moments.values()), max(at for at, _severity in moments.values())
        assert datetime.now(UTC) < first, "the round was not set up in time"
        _sleep_until(first - timedelta(seconds=0.2))
        for name in kill:
            self.baton.kill(name)
        spent = self._workers_s()
        seen, looks = self._watch(set(moments), last)
        spent = self._workers_s() - spent
        assert self._steps() == before + due, "a timer fired and was no step"
        self._outbox_is_empty()
        late: dict[str, list[int]] = {}
        for pk, (at, severity) in moments.items():
            late.setdefault(str(severity), []).append(round((seen[pk] - at).total_seconds() * 1000))
        return {
            "late_ms": {severity: sorted(late[severity]) for severity in sorted(late)},
            "seconds": round((max(seen.values()) - first).total_seconds(), 3),
            "workers_s": round(max(0.0, spent), 2),  # of those that were not killed
            "looks": looks,
        }

    def _arm(self, due: int) -> dict[int, tuple[datetime, int]]:
        """Let ``due`` of the climbs' timers fall due, spread over a second: timer → when, and its severity."""
        database, choose = self.baton.database, random.Random(due)
        found = database.rows(
            "SELECT id, run_id, severity FROM engine_timer WHERE state = 'armed' AND run_id IS NOT NULL ORDER BY id"
        )
        chosen = choose.sample(found, due)
        first = datetime.now(UTC) + timedelta(seconds=AHEAD + due / 1_000)
        rows = [(row, first + timedelta(seconds=SPREAD * number / due)) for number, row in enumerate(chosen)]
        database.change(
            "UPDATE engine_escalationrun SET clock_from = %s WHERE id = %s",
            [(at - timedelta(seconds=HOUR), run) for (_pk, run, _severity), at in rows],
        )
        database.change(
            "UPDATE engine_timer SET due_at = %s, next_at = %s WHERE id = %s", [(at, at, row[0]) for row, at in rows]
        )
        return {pk: (at, severity) for (pk, _run, severity), at in rows}

    def _watch(self, waiting: set[int], last: datetime) -> tuple[dict[int, datetime], int]:
        """When each timer was first seen done (committed, that is), and in how many looks.

        A look costs what it disturbs: the next one follows after ten times its own length.
        """
        seen: dict[int, datetime] = {}
        until = last + RETRIED  # one at work after a kill is armed still, for its next try
        armed = f"SELECT id FROM engine_timer WHERE state = 'armed' AND next_at <= '{until:%Y-%m-%d %H:%M:%S.%f}'"
        looks, end = 0, time.monotonic() + PATIENCE
        with self.baton.database.reading() as read:
            while len(seen) < len(waiting):
                assert time.monotonic() < end, f"{len(waiting) - len(seen)} timers are still armed"
                began = time.monotonic()
                left = {pk for (pk,) in read(armed)}
                at = datetime.now(UTC)
                seen |= dict.fromkeys(waiting - left - seen.keys(), at)
                looks += 1
                time.sleep(max(0.005, 10 * (time.monotonic() - began)))
        return seen, looks

    def _workers_s(self) -> float:
        """CPU seconds that both clusters have used, in which timers are carried out and their time is kept.

        A worker is replaced after some hundreds of packages; then its time is counted with its cluster's.
        """
        names = [cluster + part for cluster in ("timers", "general") for part in ("", "-worker", "-pusher", "-monitor")]
        return sum(_ticks(pid, and_ended=True) for name in names for pid in self.baton.pids(name)) / 100

    def _steps(self) -> int:
        taken = "SELECT COUNT(*) FROM trail_entry WHERE kind IN ('called', 'exhausted', 'told_all')"
        return self.baton.database.rows(taken)[0][0]

    def _outbox_is_empty(self) -> None:
        waiting = "SELECT COUNT(*) FROM engine_delivery WHERE state IN ('queued', 'sending')"
        wait_for(lambda: self.baton.database.rows(waiting)[0][0] == 0, seconds=600)

    def killed(self, due: int, names: Sequence[str]) -> dict:
        """``lateness`` with processes killed a moment before; then waits until all are back."""
        whole = len(self.baton.pids())
        found = self.lateness(due, kill=names)
        wait_for(lambda: len(self.baton.pids()) == whole)
        time.sleep(2)
        return found

    def at_rest(self, seconds: float) -> dict:
        """Of all processes: per cent of a core over so many seconds, and proportional memory in MB."""
        self._outbox_is_empty()
        time.sleep(seconds / 4)
        pids = self.baton.pids()
        before = {pid: _ticks(pid) for pid in pids}
        time.sleep(seconds)
        used = {pid: _ticks(pid) - before[pid] for pid in pids}
        return {
            "processes": [{"name": _name(pid), "cpu_percent": round(used[pid] / seconds, 2)} for pid in pids],
            "cpu_percent": round(sum(used.values()) / seconds, 2),
            "pss_mb": sum(map(_pss, pids)) // 1024,
        }


def _sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _ticks(pid: int, *, and_ended: bool = False) -> int:
    """Hundredths of a second of one core; none of a process that is gone.

    ``and_ended``: with those of its children that ended.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0
    return sum(map(int, fields[11 : 15 if and_ended else 13]))


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


# --- inside Django ------------------------------------------------------------------------------


def prepare(runs: int, pending: int) -> None:
    """An organisation whose path has thirty steps, ``runs`` incidents on it, and timers that nobody will see fire."""
    from django.utils import timezone

    from escalation.engine.models import Delivery, Timer
    from escalation.policies.models import Policy
    from escalation.trail.models import Trail
    from incidents.models import Incident
    from incidents.models.ending import CLOSE
    from incidents.models.opening import Report
    from tests.organisation import assemble

    cast = assemble()
    Policy.objects.update(rounds=9)
    cast.policy.steps.update(ack_minutes=60)
    cast.policy.refresh_from_db()
    for first in range(0, runs, 500):
        reports = [
            Report(title=f"Trouble {number}", service=cast.service, impact=1 + number % 3, urgency=1 + number // 3 % 3)
            for number in range(first, min(first + 500, runs))
        ]
        Incident.open_many(reports, by=cast.ana)
    Delivery.objects.update(state=Delivery.State.SENT, next_at=None, finished_at=timezone.now())
    far = timezone.now() + timedelta(days=7)
    for first in range(0, pending, 5_000):
        numbers = range(first, min(first + 5_000, pending))
        trails = Trail.objects.bulk_create([Trail(subject=f"FAR-{number}") for number in numbers])
        Timer.objects.bulk_create([Timer(trail=trail, kind=CLOSE, due_at=far, next_at=far) for trail in trails])
