"""An upgrade that is killed wherever it may be goes on at the next start; two at once are as one."""

import signal
import socket
import sqlite3
import subprocess
from contextlib import closing, suppress

import pytest

from escalation.engine import systemd
from tests.processes import Scratch

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("processes"),
]

UPGRADE = ["migrate", "policies", "-v", "0"]  # five rooms' worth: the others are made alike, and take as long again
NOTED = 'INSERT INTO "django_migrations"'
# Before a migration is noted as done, which Django alone would never get over, and in the middle of tables.
WHERE = [(NOTED, 5), ("", 100), (NOTED, 2), ("", 25)]


def shape(database: Scratch) -> list[tuple]:
    """Tables, indexes and triggers, and the migrations that are done."""
    done = [(f"{app}.{name}",) for app, name in database.rows("SELECT app, name FROM django_migrations")]
    if database.server:
        dumped = subprocess.run(["pg_dump", "-s", database.url], check=True, capture_output=True, text=True).stdout
        lines = {(line,) for line in dumped.splitlines() if not line.startswith(("--", "\\"))}
    else:
        with closing(sqlite3.connect(database.file)) as opened:
            lines = set(opened.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    return sorted(done) + sorted(lines, key=str)


def test_a_killed_upgrade_goes_on_and_two_at_once_are_as_one(machines, console):
    unharmed, killed = machines("unharmed"), machines("killed")
    unharmed.says(*UPGRADE)
    for where in WHERE[:2] if killed.database.server else WHERE:  # there one of each kind, as each takes long
        killed.says(*UPGRADE, code=-signal.SIGKILL, dies=("sql", *where))
    again = {"words": UPGRADE, "home": str(killed.home), "url": killed.database.url}
    assert console.begin(again, again) == [(0, ""), (0, "")]
    assert shape(killed.database) == shape(unharmed.database)


UNPROTECT = """
from django.db import connection
from escalation.trail import triggers
with connection.cursor() as cursor:
    for name in triggers._definitions(connection):
        triggers._drop(cursor, connection, name)
"""
START = "from escalation.engine import supervisor; supervisor.prepare_database(print)"


OFTEN = """
import os
from escalation.engine import systemd
systemd.AGAIN, os.environ["NOTIFY_SOCKET"] = 0.05, "{where}"
"""


def heard(unit: socket.socket) -> list[str]:
    found = []
    with suppress(BlockingIOError):
        while True:
            found.append(unit.recv(100).decode())
    return found


def test_who_is_killed_after_the_last_migration_leaves_a_note_and_the_next_start_goes_on(machines, tmp_path):
    """And asks its unit again and again to wait for that."""
    made = machines("made", migrated=True)
    whole = shape(made.database)
    made.plays(UNPROTECT)  # as the last migration leaves it; what protects the record comes after it
    made.says("migrate", "--skip-checks", code=-signal.SIGKILL, dies=("sql", "CREATE TRIGGER", 2))
    assert shape(made.database) != whole
    assert "no issues" in made.says("check", "--database", "default")  # nobody took them: they are not there yet
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unit:
        unit.bind(str(tmp_path / "unit"))
        unit.setblocking(False)
        start = OFTEN.format(where=tmp_path / "unit") + START
        assert "Preparing the database" in made.plays(start)
        asked = heard(unit)
        assert len(asked) > 1 and set(asked) == {systemd.WAIT}
        assert shape(made.database) == whole
        assert made.plays(start) == "" and heard(unit) == []
