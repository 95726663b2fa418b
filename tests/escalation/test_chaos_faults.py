"""How faults are injected: what other faults hold up is waited for."""

import sqlite3
import time
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from scripts import chaos_faults
from scripts.chaos_plan import Fault

LOCKED = Fault(0, "db", "locked", 0.01)


def test_who_locks_a_database_waits_as_long_as_every_fault_for_whoever_has_it(tmp_path, monkeypatch):
    """A writer may be frozen, and then the lock comes when it goes on."""
    monkeypatch.setattr(chaos_faults, "PATIENCE", 0.2)
    file = tmp_path / "db"
    world: Any = SimpleNamespace(server=None, database=SimpleNamespace(file=file), faults=[])
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            chaos_faults.inject(world, LOCKED)
        assert time.monotonic() - begun < 10
        writer.execute("ROLLBACK")
        chaos_faults.inject(world, LOCKED)
    assert [fault.what for fault in world.faults] == ["db locked"]
