"""Injects one fault into the world, and ends it. Each kind is a function; what it did goes into the world's notes."""

import fcntl
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress

from tests.processes import ROOT, wait_for

from .chaos_evidence import Fault as Noted
from .chaos_plan import Fault
from .chaos_world import Site, World

# Until a process is there, comes by a named point or lets others write: other faults may hold all of them up meanwhile.
PATIENCE = 300.0


class NotInjected(Exception):
    """A storm that did not happen proves nothing."""


def inject(world: World, fault: Fault) -> None:
    """Have it happen, and wait until it is over."""
    start = time.monotonic()
    KINDS[fault.kind](world, fault)
    world.faults.append(Noted(start, time.monotonic(), f"{fault.kind} {fault.what}"))


# --- processes ----------------------------------------------------------------------------------------


def kill(world: World, fault: Fault) -> None:
    _there(world, fault, fault.what)
    world.sites[fault.host].kill(fault.what)


def freeze(world: World, fault: Fault) -> None:
    if fault.what.startswith("at "):
        pids = [_ordered(world, fault.what.removeprefix("at "), "freeze")]  # it has stopped itself
    elif fault.what.endswith(" and its group"):
        pids = [-pid for pid in _there(world, fault, fault.what.removesuffix(" and its group"))]
    else:
        pids = _there(world, fault, fault.what)
    _frozen(pids, fault.seconds)


def _there(world: World, fault: Fault, name: str) -> list[int]:
    """The pids of the processes of this name: at once, or when they have been started again."""
    return wait_for(lambda: world.sites[fault.host].pids(name), seconds=PATIENCE, why=f"no process {name}")


def _frozen(pids: Sequence[int], seconds: float) -> None:
    """Negative ones are groups. Who was killed meanwhile, was."""
    _signal(pids, signal.SIGSTOP)
    time.sleep(seconds)
    _signal(pids, signal.SIGCONT)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def point(world: World, fault: Fault) -> None:
    _ordered(world, fault.what, "kill")


def _ordered(world: World, name: str, order: str) -> int:
    """Leave an order at a named point; returns the pid of the process that obeyed."""
    draft = world.home / f"{name}.{order}.{time.monotonic_ns()}"
    draft.write_text(order)
    before = set(world.points.glob(f"{name}.taken.*"))
    draft.rename(world.points / name)
    new = wait_for(
        lambda: set(world.points.glob(f"{name}.taken.*")) - before,
        seconds=PATIENCE,
        why=f"nobody came by {name}",
    )
    return int(new.pop().name.rpartition(".")[2])


def tear(world: World, fault: Fault) -> None:
    """What is left of a line by who is killed while it is written: no signal comes at just that instant."""
    home = world.sites[fault.host].home
    file = wait_for(lambda: max(home.rglob("*.anchors"), default=None), seconds=PATIENCE, why="there is no anchor")
    with (file.parent / "lock").open("w") as lock, file.open("r+b") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        last = log.readlines()[-1]
        log.write(last[: len(last) // 2])


def second(world: World, fault: Fault) -> None:
    """A second supervisor on the same SQLite file has to refuse."""
    site = world.sites[0]
    words = [sys.executable, "manage.py", "up", "--port", "0"]
    told = subprocess.run(words, cwd=ROOT, env=site.env, capture_output=True, text=True, timeout=120, check=False)
    if told.returncode != 1 or "runs already" not in told.stderr:
        raise NotInjected(f"a second up did not refuse: {told.returncode} {told.stderr[-300:]}")


# --- the database -------------------------------------------------------------------------------------


def database(world: World, fault: Fault) -> None:
    if world.server is None:
        {"locked": _locked, "full": _full}[fault.what](world, fault.seconds)
    elif fault.what == "terminate":
        world.server.terminate()
    elif fault.what == "away":
        world.server.restart("fast", away=fault.seconds)
    else:
        world.server.restart(fault.what.removeprefix("restart "))


def _locked(world: World, seconds: float) -> None:
    """Somebody else writes, for a long time: as soon as whoever writes, and may be frozen at it, lets them."""
    with closing(sqlite3.connect(world.database.file, timeout=PATIENCE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")


def _full(world: World, seconds: float) -> None:
    if world.tmpfs:
        ballast = world.database.file.parent / f"ballast.{time.monotonic_ns()}"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        time.sleep(seconds)
        ballast.unlink()
    else:  # no disk of our own: none of Baton's processes may make a file longer
        size = world.database.file.stat().st_size
        _limit(world.sites[0], size)
        time.sleep(seconds)
        _limit(world.sites[0], resource.RLIM_INFINITY)


def _limit(site: Site, size: int) -> None:
    for pid in site.pids():
        with suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def silence(world: World, fault: Fault) -> None:
    """The way to the database carries nothing, and nobody is told."""
    way = world.sites[fault.host].way
    assert way is not None
    way.silent.set()
    time.sleep(fault.seconds)
    way.silent.clear()


# --- the clock and the provider -----------------------------------------------------------------------


def clock(world: World, fault: Fault) -> None:
    world.jump(float(fault.what.split()[0]))


def provider(world: World, fault: Fault) -> None:
    helper = world.provider
    assert helper.process is not None
    if fault.what == "away":
        world.provider_away = True
        helper.process.kill()
        time.sleep(fault.seconds)
        world.provider_away = False
    elif fault.what == "frozen":
        _frozen([helper.process.pid], fault.seconds)
    else:
        world.mode.write_text(fault.what)
        time.sleep(fault.seconds)
        if world.mode.read_text() == fault.what:
            world.mode.write_text("")


KINDS: dict[str, Callable[[World, Fault], None]] = {
    "kill": kill,
    "freeze": freeze,
    "point": point,
    "tear": tear,
    "second": second,
    "db": database,
    "silence": silence,
    "clock": clock,
    "provider": provider,
}
