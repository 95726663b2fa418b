"""Does it hold when everything goes wrong? ``scripts/chaos.py --seed 1 --seconds 30 --db sqlite --profile kill``.

Starts the real processes with a provider that logs every arrival to disk, monitoring that posts to the real
door and people who work; then things go wrong by a plan, which is printed first and depends on seed, seconds,
profile and database alone. When all has settled, what the provider received is held against the database.
Anything missing, double, early, late, after an acknowledgement, lost, forked, contradicted by an anchor or left over
fails.

``--ci`` runs each profile once with both databases, with times scaled down. ``--soak`` runs each with five
seeds at full times; ``--write`` (and every soak) makes the table of ``docs/chaos.md`` from the result, and
``--page`` makes it again from what was kept in ``docs/chaos.json``. The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import chaos_faults, chaos_judge, chaos_plan, chaos_report, chaos_server
from scripts.bench_report import taken
from scripts.chaos_evidence import Evidence
from scripts.chaos_world import World

CI_SECONDS, SOAK_SECONDS, SOAK_SEEDS = 18.0, 180.0, 5
UNDER_WAY: list[World] = []
STOPPED = threading.Event()
SHOWN = 10  # of each kind of fault


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="of storm; from 120 on with the product's own times"
    )
    parser.add_argument("--db", choices=chaos_plan.DATABASES, default="sqlite")
    parser.add_argument("--profile", choices=chaos_plan.PROFILES, default="all")
    parser.add_argument("--plan", action="store_true", help="only print the plan")
    parser.add_argument("--keep", type=Path, help="keep logs and databases of failed storms in this folder")
    parser.add_argument("--ci", action="store_true", help="each profile and database once, times scaled down")
    parser.add_argument("--soak", action="store_true", help="full times, five seeds each; writes as well")
    parser.add_argument("--at-once", type=int, default=2, help="how many storms of a series rage side by side (2)")
    parser.add_argument("--write", action="store_true", help="make the table of docs/chaos.md from this series")
    parser.add_argument("--page", action="store_true", help="only make that table anew, from docs/chaos.json")
    chosen = parser.parse_args()
    if chosen.page:
        chaos_report.rewrite()
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told_to_stop)
    if chosen.ci or chosen.soak:
        results = series(chosen)
        print(chaos_report.table(results))
        totals = {name: sum(one.get(name, 0) for one in results) for name in chaos_judge.COUNTS}
        result = {"ok": all(one["ok"] for one in results), **totals, "storms": results}
    else:
        result = storm(chosen.seed, chosen.seconds, chosen.profile, chosen.db, keep=chosen.keep, dry=chosen.plan)
    print(json.dumps(result))
    sys.exit(not result["ok"])


def told_to_stop(number: int, _frame: object) -> NoReturn:
    """At once, and nothing is left behind: neither a process nor a database nor a disk."""
    STOPPED.set()
    for world in list(UNDER_WAY):
        world.end()
        shutil.rmtree(world.home, ignore_errors=True)
    chaos_server.forget()
    os._exit(128 + number)


def series(chosen: argparse.Namespace) -> list[dict]:
    """Most of a storm is waiting, so several rage side by side."""
    seeds = range(1, SOAK_SEEDS + 1) if chosen.soak else [chosen.seed]
    seconds = SOAK_SECONDS if chosen.soak else CI_SECONDS
    began_with = taken()  # hours later there may be another commit
    with ThreadPoolExecutor(chosen.at_once) as pool:
        under_way = [
            pool.submit(storm, seed, chaos_plan.length(seconds, profile), profile, database, keep=chosen.keep)
            for seed in seeds
            for profile, database in chaos_plan.every()
        ]
        for _ended in as_completed(under_way):  # hours of it must not be lost with the last one
            results = [one.result() for one in under_way if one.done()]
            if chosen.soak or chosen.write:
                chaos_report.write(results, of=len(under_way), taken=began_with)
    return results


def storm(
    seed: int, seconds: float, profile: str, database: str, *, keep: Path | None = None, dry: bool = False
) -> dict:
    """One storm, from the plan to the judgement."""
    faults = chaos_plan.plan(seed, seconds, profile, database)
    what = {"profile": profile, "db": database, "seed": seed, "seconds": seconds, "plan": chaos_plan.digest(faults)}
    print(f"{profile} on {database}, seed {seed}, plan {what['plan']}\n{chaos_plan.printed(faults)}", flush=True)
    if dry:
        return {**what, "ok": True}
    if STOPPED.is_set():
        return {**what, "ok": False, "not_injected": ["it was told to stop"]}
    began = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="baton-chaos-"))
    world = World(home, seed, seconds, profile, database)
    UNDER_WAY.append(world)
    try:
        world.begin()
        troubles = rage(world, faults)
        world.settle()
        seen = world.evidence()
        wrong = chaos_judge.judge(seen)
    except Exception as error:  # the rest of a series goes on
        traceback.print_exc()
        print(f"{profile} on {database} broke down; what is left of it is in {home}", file=sys.stderr)
        return {**what, "ok": False, "not_injected": [f"it broke down: {error}"]}
    finally:
        world.end()
        UNDER_WAY.remove(world)
    troubles += too_quiet(seen)
    result = summary(what, seen, wrong, troubles, time.monotonic() - began)
    tell(result, wrong)
    _clear_up(home, None if result["ok"] else keep, f"{profile}-{database}-{seed}")
    return result


def rage(world: World, faults: list[chaos_plan.Fault]) -> list[str]:
    """Inject every fault at its time, each in a thread of its own; returns those that could not be."""
    begin = time.monotonic()
    with ThreadPoolExecutor(len(faults)) as pool:
        under_way = []
        for fault in faults:
            time.sleep(max(0.0, begin + fault.at - time.monotonic()))
            under_way.append((fault, pool.submit(chaos_faults.inject, world, fault)))
        time.sleep(max(0.0, begin + world.seconds - time.monotonic()))
    return [
        f"{fault.kind} {fault.what}: {error or type(error).__name__}"
        for fault, one in under_way
        if (error := one.exception()) is not None
    ]


def too_quiet(seen: Evidence) -> list[str]:
    """A storm in which nothing happens proves nothing."""
    counts = {"arrivals": len(seen.arrivals), "accepted messages": len(seen.receipts), "verbs": seen.verbs}
    if sum(fault.what.startswith("provider") for fault in seen.faults) > 4:
        counts["tries that failed"] = seen.in_vain
    few = [name for name, count in counts.items() if count < 5]
    if seen.anchors < 2:  # one after the other
        few.append("anchors")
    return [f"there were hardly any {name}" for name in few]


def summary(what: dict, seen: Evidence, wrong: dict[str, list[str]], troubles: list[str], took: float) -> dict:
    counts = {name: len(wrong[name]) for name in chaos_judge.COUNTS}
    return {
        **what,
        "ok": not any(counts.values()) and not troubles,
        **counts,
        "faults": len(seen.faults),
        "restarts": len(seen.restarts),
        "not_injected": troubles,
        "messages": len(seen.answers),
        "incidents": len(seen.incidents),
        "timers_fired": sum(timer.fired_at is not None for timer in seen.timers),
        "timers_dead": sum(timer.state == "dead" for timer in seen.timers),
        "quarantined": sum(receipt.state == "quarantined" for receipt in seen.receipts),
        "deliveries": len(seen.deliveries),
        "failed": sum(delivery.state in chaos_judge.GIVEN_UP for delivery in seen.deliveries),
        "arrivals": len(seen.arrivals),
        "in_vain": seen.in_vain,
        "repeated": len(seen.arrivals) - len({arrival.key for arrival in seen.arrivals}),
        "verbs": seen.verbs,
        "anchors": seen.anchors,
        "torn": seen.pieces,
        "took": round(took, 1),
    }


def tell(result: dict, wrong: dict[str, list[str]]) -> None:
    for name, found in wrong.items():
        for line in found[:SHOWN]:
            print(f"  {name}: {line}")
        if len(found) > SHOWN:
            print(f"  {name}: … and {len(found) - SHOWN} more")
    for line in result["not_injected"]:
        print(f"  {line}")
    held = "held" if result["ok"] else "FAILED"
    print(f"{result['profile']} on {result['db']}, seed {result['seed']}: {held} in {result['took']} s", flush=True)


def _clear_up(home: Path, keep: Path | None, name: str) -> None:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copytree(home, keep / f"{name}-{os.getpid()}", dirs_exist_ok=True)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
