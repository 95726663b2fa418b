"""How late are timers, through the real processes? ``python scripts/bench_timers.py [--due 200] [--rounds 3]``.

Starts ``manage.py up`` on a scratch database (SQLite, or beside the PostgreSQL of ``DATABASE_URL``),
spreads the timers over one second, and reads from the rows when each was carried out. Then kills
the timers cluster, and both, with timers due. The last line is JSON. Figures depend on the
machine: compare runs side by side, never with another day.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.processes import Baton, wait_for


def lateness(baton: Baton, due: int, *, spread: float = 1.0) -> dict[str, float]:
    """Of one round of timers that come due within ``spread`` seconds, in milliseconds."""
    before, began = baton.fired(), time.time()
    assert baton.arm(seconds=1.0, step=spread / due) == due
    wait_for(lambda: baton.fired() == before + due, seconds=120)
    sql = f"SELECT due_at, fired_at FROM engine_timer WHERE state = 'fired' ORDER BY fired_at DESC LIMIT {due}"
    late = sorted(baton.late(*row) * 1000 for row in baton.database.rows(sql))
    return {
        "p50": round(late[due // 2]),
        "p99": round(late[min(due - 1, due * 99 // 100)]),
        "most": round(late[-1]),
        "seconds": round(time.time() - began, 1),
    }


def recovery(baton: Baton, due: int, *names: str) -> dict[str, float]:
    """The same, with processes killed a moment before the timers are due."""
    for name in names:
        baton.kill(name)
    figures = lateness(baton, due, spread=0.001)
    wait_for(lambda: len(baton.pids()) == 11)
    time.sleep(2)
    return figures


def at_rest(baton: Baton, seconds: float = 20.0) -> dict[str, float]:
    """Of all processes: per cent of a core, and proportional memory in MB."""
    pids = baton.pids()
    before = sum(map(_ticks, pids))
    time.sleep(seconds)
    used = sum(map(_ticks, pids)) - before
    return {"processes": len(pids), "cpu_percent": round(used / seconds, 2), "pss_mb": sum(map(_pss, pids)) // 1024}


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=200, help="timers due within one second")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, Baton(Path(home)) as baton:
        baton.climb(chosen.due)
        time.sleep(2)
        found = {
            "database": "postgresql" if baton.database.server else "sqlite",
            "due": chosen.due,
            "lateness_ms": [lateness(baton, chosen.due) for _ in range(chosen.rounds)],
            "at_rest": at_rest(baton),
            "killed_ms": {
                "-".join(names): recovery(baton, chosen.due, *names)
                for names in (["timers"], ["timers-worker"], ["timers-pusher"], ["general"], ["timers", "general"])
            },
            "stop_seconds": round(baton.stop(), 1),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
