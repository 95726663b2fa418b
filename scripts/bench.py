"""How late, how many, how much? ``python scripts/bench.py [--rounds 3] [--quick] [--write]``.

Starts the real processes on a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a
scratch database there, both in the same run, turn by turn. Real incidents climb a real policy: each due
timer is a step with its entry, its messages and its next timer. Lateness is read from the rows.

``--write`` keeps the raw samples in ``docs/performance.json`` and makes the table of
``docs/performance.md`` from them. The last line is one JSON object. Figures depend on the machine:
compare what was measured in one run, never with another day.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_report import machine, summary, write_report
from scripts.bench_world import World

DUE = (200, 2_000, 10_000)
PENDING = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a hundredth of everything: does the program work?")
    parser.add_argument("--write", action="store_true", help="make docs/performance.md from this run")
    chosen = parser.parse_args()
    scale = 100 if chosen.quick else 1
    databases = ["sqlite", *(["postgresql"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else [])]
    samples: dict = {"machine": machine(), "rounds": chosen.rounds, "scale": scale, "databases": {}}
    with tempfile.TemporaryDirectory() as folder:
        worlds = [World(name, Path(folder), runs=max(DUE) // scale, pending=PENDING // scale) for name in databases]
        try:
            for world in worlds:
                samples["databases"][world.name] = {"version": world.version(), "due": {}, "rest": world.at_rest()}
            for due in DUE:
                for _ in range(chosen.rounds):
                    for world in worlds:
                        of = samples["databases"][world.name]["due"].setdefault(str(due), [])
                        of.append(world.lateness(due // scale))
                        print(f"{world.name:11} {due // scale:>6} due: {summary(of[-1])}", flush=True)
        finally:
            for world in worlds:
                world.end()
    samples["taken"] = time.strftime("%Y-%m-%d", time.gmtime())
    if chosen.write:
        write_report(samples)
    print(json.dumps({"databases": databases, "figures": {n: _figures(d) for n, d in samples["databases"].items()}}))


def _figures(of: dict) -> dict:
    return {due: [summary(one) for one in rounds] for due, rounds in of["due"].items()} | {"rest": of["rest"]}


if __name__ == "__main__":
    main()
