"""An upgrade that is killed wherever it may be goes on at the next start; two at once are as one."""

import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest

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


def test_who_is_killed_after_the_last_migration_leaves_a_note_and_the_next_start_goes_on(machines):
    made = machines("made", migrated=True)
    whole = shape(made.database)
    made.plays(UNPROTECT)  # as the last migration leaves it; what protects the record comes after it
    made.says("migrate", "--skip-checks", code=-signal.SIGKILL, dies=("sql", "CREATE TRIGGER", 2))
    assert shape(made.database) != whole
    assert "no issues" in made.says("check", "--database", "default")  # nobody took them: they are not there yet
    assert "Preparing the database" in made.plays(START)
    assert shape(made.database) == whole
    assert made.plays(START) == ""
