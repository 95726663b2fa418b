"""A copy is proved before it counts, takes its place whole or not at all, and nobody is called from it."""

import json
import os
import signal
import zipfile

import pytest

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("processes"),
]

OPEN = """
from tests.organisation import assemble
from incidents.models import Incident
cast = assemble()
for number in range(2):
    Incident.open(title=f"Number {number}", service=cast.service, by=cast.ana)
from django.test import Client
Client().force_login(cast.ana)
"""
SESSIONS = "SELECT count(*) FROM people_session"


def test_a_copy_on_a_clean_machine_is_whole_and_held_and_what_is_there_is_not_lost(machines, tmp_path):
    old = machines("old", migrated=True)
    old.plays(OPEN)
    (old.home / ".vapid.key").write_text("a key\n")
    (old.home / ".baton").mkdir(exist_ok=True)
    (old.home / ".baton" / "anchor.key").write_text("ab" * 32)
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "notes.zip").write_text("no copy")
    said = json.loads(old.says("backup", copies, "--with-keys", "--keep", "1", "--json"))
    [newest] = old.database.rows("SELECT id, hash FROM trail_entry ORDER BY id DESC LIMIT 1")
    assert (said["newest_entry"]["id"], said["newest_entry"]["hash"]) == newest
    assert said["keys_lacking"] == ["SECRET_KEY"], "here it is only in the environment"
    assert os.stat(said["file"]).st_mode & 0o777 == 0o600
    assert sorted(one.name for one in copies.iterdir()) == sorted(["notes.zip", os.path.basename(said["file"])])
    assert "is there already" in old.says("backup", said["file"], code=1)
    trails = "SELECT subject, length, head FROM trail_trail WHERE kind = 'incident' ORDER BY id"

    new = machines("new")
    told = new.says("restore", said["file"])
    assert "is the database now" in told
    assert "`manage.py resume`" in told
    assert "Everybody signs in anew." in told and "end them again" in told
    assert (old.database.rows(SESSIONS), new.database.rows(SESSIONS)) == ([(1,)], [(0,)])
    assert new.database.rows(trails) == old.database.rows(trails)
    assert "is an older copy" in new.held()[1]
    assert (new.home / ".vapid.key").read_text() == "a key\n"
    assert (new.home / ".baton" / "anchor.key").read_text() == "ab" * 32
    assert "all intact" in new.says("verifytrails")
    # What is there is not lost by mistake, and kept on purpose.
    assert "There is something in" in new.says("restore", said["file"], code=1)
    name = new.database.name if new.database.server else new.database.file.name
    new.says("resume", "--yes")
    told = new.says("restore", said["file"], "--replace", name, key="quite-another-" * 5)
    assert "The key that sealed what is secret in the copy is not here" in told
    assert list(new.home.glob("*before-*"))
    assert new.held()[0] is not None
    assert "Incidents that go on: 2" in new.says("resume", "--yes")


def test_whoever_is_killed_while_putting_back_begins_again_and_nobody_is_called_meanwhile(machines, tmp_path):
    old = machines("old", migrated=True)
    old.plays(OPEN)
    copy = tmp_path / "copy.zip"
    old.says("backup", copy)
    new = machines("new")
    killed = {"code": -signal.SIGKILL}
    new.says("restore", copy, **killed, dies=("call", "escalation.engine.copies.begun.end"))
    assert "did not end" in new.says("up", "--port", "0", code=1)
    # The copy is in its place, braked: to say it again needs no name.
    new.says("restore", copy, **killed, dies=("call", "escalation.engine.standstill.finish"))
    assert new.held()[1] == "a copy is being put back"
    new.plays("from escalation.engine import supervisor; supervisor.prepare_database(print)")  # as the next start does
    assert "is an older copy" in new.held()[1]
    assert new.database.rows(SESSIONS) == [(0,)]
    assert "2 incidents were open" in new.says("resume", "--yes")


@pytest.mark.sqlite_enough
def test_what_is_no_copy_or_not_whole_or_newer_changes_nothing(machines, tmp_path):
    old = machines("old", migrated=True)
    copy, torn, newer = (tmp_path / name for name in ("copy.zip", "torn.zip", "newer.zip"))
    old.says("backup", copy)
    new = machines("new")

    torn.write_bytes(copy.read_bytes()[:-200])
    assert "no copy that Baton made, or not whole" in new.says("restore", torn, code=1)
    changed(copy, newer, migrations=["incidents.9999_of_tomorrow"], version="9.0")
    assert "was made by a newer Baton (9.0" in new.says("restore", newer, code=1)
    with open(copy, "r+b") as opened:  # a byte in the middle
        opened.seek(copy.stat().st_size // 2)
        byte = opened.read(1)
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([byte[0] ^ 1]))
    assert "is damaged" in new.says("restore", copy, code=1)
    assert "There is no file" in new.says("restore", tmp_path / "none.zip", code=1)
    assert not list(new.home.glob(".restoring"))


def changed(copy, into, **facts):
    with zipfile.ZipFile(copy) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, json.dumps(json.loads(body) | facts) if name == "manifest.json" else body)


@pytest.mark.postgresql_only
def test_without_postgresqls_programs_or_with_old_ones_it_says_what_to_install(machines, tmp_path):
    old = machines("old", migrated=True)
    bare = tmp_path / "bin"
    bare.mkdir()
    said = old.says("backup", tmp_path / "copy.zip", code=1, environ={"PATH": str(bare)})
    assert "pg_dump is not installed here" in said
    (bare / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    (bare / "pg_dump").chmod(0o755)
    said = old.says("backup", tmp_path / "copy.zip", code=1, environ={"PATH": str(bare)})
    assert "pg_dump is version 9, and the server" in said
    assert not (tmp_path / "copy.zip").exists()
