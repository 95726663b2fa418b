"""How late, how many, how much? ``python scripts/bench.py [--rounds 3] [--quick] [--only PART…] [--write]``.

Starts the real processes on a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a
scratch database there, both in the same run, turn by turn. Real incidents climb a real policy: each due
timer is a step with its entry, its messages and its next timer. Lateness is read from the rows.

``--write`` keeps the raw samples in ``docs/performance.json`` and makes the table of
``docs/performance.md`` from them; with ``--only``, the other parts stay as they were measured, each with its own
date. The last line is one JSON object. Figures depend on the machine:
compare what was measured in one run, never with another day.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import bench_intake, bench_pages
from scripts.bench_intake_report import intake
from scripts.bench_pages_report import pages
from scripts.bench_report import Section, kills, machine, rest, summary, taken, timers, write_report
from scripts.bench_world import World

DUE = (200, 2_000, 10_000)
PENDING = 100_000
TRIED = ("floor", "distinct")  # of the intake, by a quick run
REST_SECONDS = 20.0
PARTS = ("timers", "intake", "pages")
KILLED = (["timers"], ["timers-worker"], ["timers-pusher"], ["general"], ["timers", "general"])
SECTIONS: list[Section] = [timers, kills, rest, intake, pages]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a hundredth of everything: does the program work?")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="measure these parts")
    parser.add_argument("--write", action="store_true", help="make docs/performance.md from this run")
    chosen = parser.parse_args()
    if chosen.quick and chosen.write:
        parser.error("a quick run measures nothing that is worth a page")
    scale, rounds = (100, 1) if chosen.quick else (1, chosen.rounds)
    names = ["sqlite", *(["postgresql"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else [])]
    samples: dict = {"machine": machine(), "taken": dict.fromkeys(chosen.only, taken())}
    if "timers" in chosen.only:
        samples["setup"] = {
            "rounds": rounds,
            "runs": max(DUE) // scale,
            "pending": PENDING // scale,
            "killed_due": DUE[0] // scale,
        }
        samples["timers"] = _timers(names, samples["setup"], scale)
    if "intake" in chosen.only:
        tried = (TRIED,) if chosen.quick else ()
        samples["intake"] = bench_intake.measure(names, *tried, scale=10 if chosen.quick else 1)
    if "pages" in chosen.only:
        rounds = 3 if chosen.quick else bench_pages.ROUNDS
        samples["pages"] = bench_pages.measure(names, scale=scale, rounds=rounds)
    if chosen.write:
        write_report(samples, SECTIONS)
    print(json.dumps({name: _figures(of) for name, of in samples.get("timers", {}).items()}))


def _timers(names: list[str], setup: dict, scale: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        worlds: list[World] = []
        try:
            for name in names:
                worlds.append(World(name, Path(folder), runs=setup["runs"], pending=setup["pending"]))
            return measure(worlds, scale, setup["rounds"])
        finally:
            for world in worlds:
                world.end()


def measure(worlds: list[World], scale: int, rounds: int) -> dict:
    """The raw samples of each database, taken turn by turn."""
    found: dict = {world.name: {"version": world.version(), "due": {}, "killed": {}} for world in worlds}
    for world in worlds:
        found[world.name]["rest"] = world.at_rest(REST_SECONDS if scale == 1 else 1.0)
        print(f"{world.name:11} at rest: {found[world.name]['rest']}", flush=True)
    for due in DUE:
        for _ in range(rounds):
            for world in worlds:
                one = world.lateness(due // scale)
                found[world.name]["due"].setdefault(str(due // scale), []).append(one)
                print(f"{world.name:11} {due // scale:>6} due: {summary(one)}", flush=True)
    for names in KILLED if scale == 1 else KILLED[:1]:
        for world in worlds:
            one = found[world.name]["killed"][" and ".join(names)] = world.killed(DUE[0] // scale, names)
            print(f"{world.name:11} {' and '.join(names)} killed: {summary(one)}", flush=True)
    return found


def _figures(of: dict) -> dict:
    return {due: [summary(one) for one in rounds] for due, rounds in of["due"].items()} | {"rest": of["rest"]}


if __name__ == "__main__":
    main()
