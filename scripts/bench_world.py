"""The world that ``bench.py`` measures: the real processes, and incidents that climb a long path."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.processes import Baton, Scratch, wait_for

SPREAD = 1.0  # seconds over which a round's timers come due
AHEAD = 2.0  # seconds to set a round up, besides what its rows need
REST_SECONDS = 20.0
HOUR = 3600


class World:
    """One scratch database with ``runs`` climbing incidents and ``pending`` timers that are far away."""

    def __init__(self, name: str, folder: Path, *, runs: int, pending: int):
        self.name = name
        home = folder / name
        home.mkdir()
        self.baton = Baton(home, database=Scratch(home, "" if name == "sqlite" else None))
        self.baton.manage("migrate", "-v", "0")
        code = f"from scripts.bench_world import prepare; prepare({runs}, {pending})"
        self.baton.manage("shell", "-v", "0", "-c", code)
        self.baton.start()

    def end(self) -> None:
        self.baton.end()

    def version(self) -> str:
        sql = "SHOW server_version" if self.baton.database.server else "SELECT sqlite_version()"
        return str(self.baton.database.rows(sql)[0][0])

    # --- what is measured ---------------------------------------------------------------------

    def lateness(self, due: int) -> dict:
        """One round: ``due`` steps within a second. Milliseconds each was late, worst severity and best apart."""
        database, choose = self.baton.database, random.Random(due)
        found = database.rows(
            "SELECT id, run_id, severity FROM engine_timer WHERE state = 'armed' AND run_id IS NOT NULL ORDER BY id"
        )
        chosen = choose.sample(found, due)
        first = datetime.now(UTC) + timedelta(seconds=AHEAD + due / 2_000)
        moments = [first + timedelta(seconds=SPREAD * number / due) for number in range(due)]
        rows = list(zip(chosen, moments, strict=True))
        database.change(
            "UPDATE engine_escalationrun SET clock_from = %s WHERE id = %s",
            [(at - timedelta(seconds=HOUR), run) for (_pk, run, _severity), at in rows],
        )
        database.change(
            "UPDATE engine_timer SET due_at = %s, next_at = %s WHERE id = %s", [(at, at, row[0]) for row, at in rows]
        )
        before = self._steps()
        assert datetime.now(UTC) < first, "the round was not set up in time"
        ids = ", ".join(str(row[0]) for row in chosen)
        over = f"SELECT COUNT(*) FROM engine_timer WHERE state = 'fired' AND id IN ({ids})"
        time.sleep(AHEAD + SPREAD)
        wait_for(lambda: database.rows(over)[0][0] == due, seconds=300)
        fired = f"SELECT severity, due_at, fired_at FROM engine_timer WHERE id IN ({ids})"
        late = [(severity, self.baton.late(when, then) * 1000) for severity, when, then in database.rows(fired)]
        ends = max(self.baton.late(first, then) for _s, _w, then in database.rows(fired))
        assert self._steps() == before + due, "a timer fired and was no step"
        self._outbox_is_empty()
        return {
            "late_ms": sorted(round(ms) for _severity, ms in late),
            "worst_ms": sorted(round(ms) for severity, ms in late if severity <= 2),
            "seconds": round(ends, 3),
        }

    def _steps(self) -> int:
        taken = "SELECT COUNT(*) FROM trail_entry WHERE kind IN ('called', 'exhausted', 'told_all')"
        return self.baton.database.rows(taken)[0][0]

    def _outbox_is_empty(self) -> None:
        waiting = "SELECT COUNT(*) FROM engine_delivery WHERE state IN ('queued', 'sending')"
        wait_for(lambda: self.baton.database.rows(waiting)[0][0] == 0, seconds=600)

    def at_rest(self) -> dict:
        """Of all processes: per cent of a core, and proportional memory in MB."""
        self._outbox_is_empty()
        time.sleep(5)
        pids = self.baton.pids()
        before = sum(map(_ticks, pids))
        time.sleep(REST_SECONDS)
        used = sum(map(_ticks, pids)) - before
        return {
            "processes": len(pids),
            "cpu_percent": round(used / REST_SECONDS, 2),
            "pss_mb": sum(map(_pss, pids)) // 1024,
        }


def _ticks(pid: int) -> int:
    """Hundredths of a second of one core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


# --- inside Django ------------------------------------------------------------------------------


def prepare(runs: int, pending: int) -> None:
    """An organisation whose path has thirty steps, ``runs`` incidents on it, and timers that nobody will see fire."""
    from django.db import transaction
    from django.utils import timezone

    from escalation.engine.models import Delivery, Timer
    from escalation.policies.models import Policy
    from escalation.trail.models import Trail
    from incidents.models import Incident
    from incidents.models.ending import CLOSE
    from tests.organisation import assemble

    cast = assemble()
    Policy.objects.update(rounds=9)
    cast.policy.steps.update(ack_minutes=60)
    cast.policy.refresh_from_db()
    for first in range(0, runs, 200):
        with transaction.atomic():
            for number in range(first, min(first + 200, runs)):
                level = {"impact": 1 + number % 3, "urgency": 1 + number // 3 % 3}
                Incident.open(title=f"Trouble {number}", service=cast.service, by=cast.ana, **level)
    Delivery.objects.update(state=Delivery.State.SENT, next_at=None, finished_at=timezone.now())
    far = timezone.now() + timedelta(days=7)
    for first in range(0, pending, 5_000):
        numbers = range(first, min(first + 5_000, pending))
        trails = Trail.objects.bulk_create([Trail(subject=f"FAR-{number}") for number in numbers])
        Timer.objects.bulk_create([Timer(trail=trail, kind=CLOSE, due_at=far, next_at=far) for trail in trails])
