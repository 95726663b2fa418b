"""How many alerts a second are on disk, and how soon somebody is called? ``python scripts/bench_intake.py [--quick]``.

Starts the real processes on a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a scratch
database there; beside them, on the same database and settings, a server that only inserts a row and answers
(the floor). The load generator is a process of its own on the same machine. In one run:

    floor     as fast as answers come, on 50 connections: the bare insert and the door, turn by turn
    steady    an open loop at the rate of the goal: four of five messages repeat, one is a new alert
    burst     the same at a higher rate, for ten seconds
    distinct  2 000 alerts, one message each: when the last of them has its first call queued
    storm     10 000 alerts on one key in a minute, and one critical on another: when its first call has left

``--only NAME`` measures one of them, ``--quick`` a tenth of everything. The last line is one JSON object.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_intake_report import intake
from scripts.bench_report import machine
from scripts.bench_world import _ticks
from tests.processes import ROOT, Baton, Scratch, wait_for

CONNECTIONS = 50
GOALS: dict[str, dict[str, int]] = {"sqlite": {"steady": 50, "burst": 150}, "postgresql": {"steady": 200, "burst": 500}}
GROUPS = 200  # living groups that repeat
TABLES = {
    "sqlite": "CREATE TABLE bench_floor (id integer PRIMARY KEY, body blob)",
    "postgresql": "CREATE TABLE bench_floor (id bigserial PRIMARY KEY, body bytea)",
}
PROFILES = ("floor", "steady", "burst", "distinct", "storm")


def message(group: str, *, severity: str = "warning", note: str = "") -> str:
    """What Alertmanager sends, about 1 KB."""
    labels = {"alertname": "QueueTooLong", "instance": group, "severity": severity, "job": "queues", "cluster": "north"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"Messages wait on {group}", "description": "The queue has grown for 20 minutes."},
        "startsAt": "2026-03-02T09:12:44.518203991Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=queue_length+%3E+5000&g0.tab=1",
    }
    return json.dumps(
        {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="QueueTooLong", instance="{group}"}}',
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "baton",
            "groupLabels": {"alertname": "QueueTooLong", "instance": group},
            "commonLabels": labels,
            "commonAnnotations": alert["annotations"],
            "externalURL": "http://alertmanager.example.org",
            "notification_reason": note,
            "alerts": [alert],
        }
    )


class Stack:
    """All processes of Baton and the floor, on one scratch database."""

    def __init__(self, name: str, folder: Path, scale: int):
        self.name, self.scale = name, scale
        home = folder / name
        home.mkdir()
        # A short run waits for no messages to gather: each settling would last a quarter of a minute.
        env = {"BATON_BUNDLE_SECONDS": "1"} if scale > 1 else {}
        self.baton = Baton(home, database=Scratch(home, "" if name == "sqlite" else None, migrated=True), **env)
        code = "from tests.organisation import assemble, door; assemble(); print(door())"
        key = self.baton.manage("shell", "-v", "0", "-c", code).split()[-1]
        self.baton.database.change(TABLES[name], [[]])
        self.baton.start()
        self.door = f"{self.baton.url}/integrations/alertmanager/{key}"
        self.server, self.floor = self._serve()
        self.runs = 0

    def _serve(self) -> tuple[subprocess.Popen, str]:
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            words = ["-m", "uvicorn", "scripts.bench_floor:application", "--fd", str(listener.fileno())]
            quiet = ["--lifespan", "off", "--log-level", "warning", "--no-access-log"]
            env = {**self.baton.env, "BATON_ROLE": "web"}
            fds = [listener.fileno()]
            server = subprocess.Popen([sys.executable, *words, *quiet], cwd=ROOT, env=env, pass_fds=fds)
            return server, f"http://127.0.0.1:{listener.getsockname()[1]}/floor"

    def end(self) -> None:
        self.server.terminate()
        self.server.wait(20)
        self.baton.end()

    # --- loads --------------------------------------------------------------------------------

    def load(self, url: str, messages: list[tuple[float, str]], *, is_open: bool) -> dict:
        told = {"url": url, "connections": CONNECTIONS, "messages": messages, "open": is_open}
        words = [sys.executable, str(Path(__file__).with_name("bench_load.py"))]
        done = subprocess.run(words, input=json.dumps(told), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def mixed(self, count: int, rate: float) -> list[tuple[float, str]]:
        """Four of five repeat what lives, with other bytes each time; one is a new alert."""
        self.runs += 1
        return [
            (
                number / rate,
                message(f"new-{self.runs}-{number}")
                if number % 5 == 0
                else message(f"g-{number % GROUPS}", note=f"{self.runs}/{number}"),
            )
            for number in range(count)
        ]

    def measure_floor(self) -> dict:
        count = 3_000 // self.scale
        rounds = []
        for _ in range(3):
            before = [_ticks(pid) for pid in self.servers()]
            bare = self.load(self.floor, self.mixed(count, 1), is_open=False)
            if lost := _not_accepted(bare):
                raise RuntimeError(f"The floor did not take everything: {lost}")
            spent = self._used()
            door = self.load(self.door, self.mixed(count, 1), is_open=False)
            spent = round((self._used() - spent) * 10 / count, 2)
            used = [
                round((_ticks(pid) - ticks) * 10 / count, 2) for pid, ticks in zip(self.servers(), before, strict=True)
            ]
            one = {"floor": _rate(bare), "door": _rate(door), "refused": _not_accepted(door)}
            rounds.append({**one, "cpu_ms": used, "whole_cpu_ms": spent})
            self.settle()
        return {"rounds": rounds}

    def measure_steady(self) -> dict:
        rate = GOALS[self.name]["steady"]
        return self._open_loop(rate, seconds=30 / self.scale)

    def measure_burst(self) -> dict:
        rate = GOALS[self.name]["burst"]
        return self._open_loop(rate, seconds=10 / self.scale)

    def _open_loop(self, rate: int, *, seconds: float) -> dict:
        found = self.load(self.door, self.mixed(int(rate * seconds), rate), is_open=True)
        behind = self.settle()
        return {
            "rate": rate,
            "accepted_per_second": _rate(found),
            "not_accepted": _not_accepted(found),
            "latency_ms": sorted(ms for _due, ms, _status in found["answers"]),
            "worked_off_after_s": behind,
        }

    def measure_distinct(self) -> dict:
        count = 2_000 // self.scale
        before = self.one("SELECT COUNT(*) FROM incidents_incident")
        self.runs += 1
        used = self._used()
        found = self.load(self.door, [(0.0, message(f"d-{self.runs}-{n}")) for n in range(count)], is_open=False)
        wait_for(lambda: self.one("SELECT COUNT(*) FROM incidents_incident") == before + count, seconds=300)
        used = self._used() - used
        last = self.one("SELECT MAX(queued_at) FROM engine_delivery WHERE kind = 'call'")
        self.settle()
        return {
            "count": count,
            "seconds": round(_epoch(last) - found["began"], 2),
            "accepted_s": found["seconds"],
            "cpu_s": used / 100,  # of all of Baton's processes
            "not_accepted": _not_accepted(found),
        }

    def _used(self) -> int:
        """By all of Baton's processes; a worker that was replaced meanwhile counts among its parent's."""
        return sum(_ticks(pid, and_ended=True) for pid in self.baton.pids())

    def measure_storm(self) -> dict:
        count, span = 10_000 // self.scale, 60 / self.scale
        self.runs += 1
        messages = [(n * span / count, message(f"storm-{self.runs}", note=str(n))) for n in range(count)]
        messages.insert(count // 2, (span / 2, message(f"critical-{self.runs}", severity="critical")))
        found = self.load(self.door, messages, is_open=True)
        behind = self.settle()
        told = "SELECT MIN(d.finished_at) FROM engine_delivery d JOIN incidents_incident i ON i.trail_id = d.trail_id"
        call = "d.kind = 'call' AND d.channel = 'email' AND d.state = 'sent'"
        first = self.one(f"{told} WHERE {call} AND i.title LIKE '%critical-{self.runs}'")
        keys = "SELECT SUM(k.count) FROM incidents_alertkey k JOIN incidents_incident i ON i.id = k.incident_id"
        heard = self.one(f"{keys} WHERE i.title LIKE '%storm-{self.runs}'")
        return {
            "count": count,
            "critical_called_after_s": round(_epoch(first) - found["began"] - span / 2, 2),
            "not_accepted": _not_accepted(found),
            "heard": heard,
            "latency_ms": sorted(ms for _due, ms, _status in found["answers"]),
            "worked_off_after_s": behind,
        }

    def servers(self) -> list[int]:
        """The floor's process, and Baton's own web process."""
        return [self.server.pid, *self.baton.pids("web")]

    # --- the rows -----------------------------------------------------------------------------

    def one(self, sql: str) -> Any:
        return self.baton.database.rows(sql)[0][0]

    def settle(self) -> float:
        """Wait until everything is worked off and has left; returns the seconds until the first of it."""
        began = datetime.now(UTC).timestamp()
        wait_for(lambda: not self.one("SELECT COUNT(*) FROM incidents_receipt WHERE state = 'received'"), seconds=300)
        behind = datetime.now(UTC).timestamp() - began
        left = "SELECT COUNT(*) FROM engine_delivery WHERE state IN ('queued', 'sending')"
        wait_for(lambda: not self.one(left), seconds=600)
        return round(behind, 2)


def _epoch(value: Any) -> float:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _rate(found: dict) -> float:
    return round(sum(status == 202 for *_rest, status in found["answers"]) / found["seconds"], 1)


def _not_accepted(found: dict) -> dict[str, int]:
    statuses = [status for *_rest, status in found["answers"] if status != 202]
    return {str(status): statuses.count(status) for status in set(statuses)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: does the program work?")
    parser.add_argument("--only", choices=PROFILES)
    parser.add_argument("--db", choices=list(GOALS))
    chosen = parser.parse_args()
    there = ["sqlite", *(["postgresql"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else [])]
    databases, profiles = [chosen.db] if chosen.db else there, [chosen.only] if chosen.only else PROFILES
    samples = {"machine": machine(), "intake": measure(databases, profiles, scale=10 if chosen.quick else 1)}
    print("\n".join(intake(samples)))
    print(json.dumps(samples))


def measure(databases: Sequence[str], profiles: Sequence[str] = PROFILES, *, scale: int = 1) -> dict:
    """The raw samples of each database and profile: what ``intake`` makes its section from."""
    found: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in databases:
            stack = Stack(name, Path(folder), scale)
            try:
                of = found.setdefault(name, {"scale": scale})
                for profile in profiles:
                    of[profile] = getattr(stack, f"measure_{profile}")()
                    print(f"{name:11} {profile:9} {_shown(of[profile])}", flush=True)
            finally:
                stack.end()
    return found


def _shown(found: dict) -> str:
    return json.dumps({name: value for name, value in found.items() if name != "latency_ms"})


if __name__ == "__main__":
    main()
