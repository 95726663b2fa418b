"""Parts of copies that need no process of their own to be seen."""

import io
import json
import os
import shutil
import signal
import sqlite3
import time
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from escalation.engine import supervisor
from escalation.engine.copies import aging, putting, taking
from escalation.engine.copies.archive import Archive, Unfit, writing
from escalation.kit import migrating


def test_servers_before_17_are_not_told_of_what_they_do_not_know():
    limit = b"SET transaction_timeout = 0;\n"
    head, rows = b"SET lock_timeout = 0;\n", b"COPY notes FROM stdin;\n" + b"a note\n" * 60 + limit
    told = io.BytesIO()
    putting.pass_on(io.BytesIO(head + limit + rows), told)
    assert told.getvalue() == head + rows, "in a row it is somebody's text"


def test_a_copy_with_keys_has_those_of_files_and_says_which_are_only_in_the_environment(tmp_path, settings):
    given = tmp_path / "secret_key"
    given.write_text(f"{settings.SECRET_KEY}\n")
    settings.HOME, settings.ENV_FILE, settings.SEALING_KEYS = tmp_path, tmp_path / ".env", ["s" * 40]
    settings.SECRET_FILES = [given]
    files = taking.key_files()
    assert files[f"keys/files{given}"] == given
    assert files["keys/anchor.key"] == tmp_path / ".baton" / "anchor.key"
    assert taking.lacking([given]) == ["BATON_SEALING_KEY"]
    settings.SEALING_KEYS = []
    assert taking.lacking([given]) == []
    assert taking.lacking([]) == ["SECRET_KEY"]


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_this_baton_does_not_start_on_what_a_newer_one_has_changed(monkeypatch):
    assert migrating.newer(connection) is None
    MigrationRecorder(connection).record_applied("incidents", "9999_of_tomorrow")
    MigrationRecorder(connection).record_applied("gone_app", "0001_initial")
    monkeypatch.setattr(supervisor.connections, "close_all", lambda: None)
    with pytest.raises(supervisor.CannotStart, match=r"newer Baton's: it has incidents\.9999_of_tomorrow"):
        supervisor.prepare_database(print)


def copy_of(file, facts, **members):
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("manifest.json", json.dumps(facts) if isinstance(facts, dict | list) else facts)
        for name, body in members.items():
            made.writestr(name, body)
    return file


FACTS = {
    "format": "baton-copy-1",
    "kind": "backup",
    "version": "1",
    "database": "sqlite",
    "taken_at": "2026-03-02T03:17:00Z",
    "migrations": [],
    "members": {},
    "installation": "one",
}


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {"format": "baton-copy-1"},
        {name: value for name, value in FACTS.items() if name != "kind"},
        {**FACTS, "kind": ["backup"]},
        {**FACTS, "members": {"a": {"bytes": 1}}},
        {**FACTS, "members": {"a": 7}},
        {**FACTS, "migrations": [{}]},
        '{"format": ' + "9" * 5000 + "}",
        "[" * 100_000,
    ],
)
def test_whatever_a_manifest_says_the_answer_is_a_sentence(tmp_path, facts):
    with pytest.raises(Unfit, match="is no copy that Baton made"):
        Archive(copy_of(tmp_path / "a.zip", facts))


def test_an_encrypted_part_is_called_damaged(tmp_path):
    file = copy_of(tmp_path / "a.zip", {**FACTS, "members": {"part": {"sha256": "0"}}}, part="what it says")
    raw = bytearray(file.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag, in front and in the list at the end
        raw[raw.rindex(mark) + place] |= 1
    file.write_bytes(raw)
    with pytest.raises(Unfit, match="part cannot be read"):
        Archive(file).check()


def test_the_copy_that_was_just_made_stays_though_the_clock_was_put_back(tmp_path):
    times = ["2026-03-05T03:17:00Z", "2026-03-04T03:17:00Z", "2026-03-01T03:17:00Z"]
    names = [f"baton-{number}T1Z.zip" for number in (1, 2, 0)]
    old, older, new = [
        copy_of(tmp_path / name, {**FACTS, "taken_at": at}) for name, at in zip(names, times, strict=True)
    ]
    assert taking.rotate(tmp_path, keep=2, installation="one", newest=new) == [older]
    assert old.exists() and new.exists()


def test_what_a_killed_one_left_goes_after_a_day(tmp_path):
    now = datetime.now(UTC)
    ours = {".baton-copying-old": 25, ".baton-20260302T031700Z.zip.7": 25, ".baton-copying-new": 23}
    theirs = {"other": 99, ".baton-keys": 99}  # somebody keeps copies in the folder of their own things
    for name, hours in {**ours, **theirs}.items():
        (tmp_path / name).mkdir() if name.endswith(("old", "keys")) else (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, now.timestamp() - hours * 3600))
    taking._sweep(tmp_path, now)
    assert sorted(one.name for one in tmp_path.iterdir()) == [".baton-copying-new", ".baton-keys", "other"]


def test_of_two_copies_of_one_name_the_second_is_refused_and_the_first_is_kept(tmp_path):
    file = tmp_path / "baton-20260302T031700Z.zip"

    def both():
        with writing(file) as writer:
            copy_of(file, {**FACTS, "host": "another"})  # of an installation that keeps its copies in the same folder
            writer.finish(FACTS)

    with pytest.raises(Unfit, match="is there already; nothing was overwritten"):
        both()
    assert Archive(file).facts["host"] == "another"
    assert list(tmp_path.iterdir()) == [file]


@pytest.fixture
def _same_end():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.django_db
@pytest.mark.usefixtures("_same_end")
def test_whoever_is_told_to_end_takes_what_was_begun_away(tmp_path, monkeypatch):
    def ends(writer, folder, now):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr(taking, "_sqlite", ends)
    monkeypatch.setattr(taking, "_postgresql", ends)
    with pytest.raises(SystemExit) as ended:
        call_command("backup", tmp_path)
    assert ended.value.code == 143 and not list(tmp_path.iterdir())


@pytest.mark.django_db
@pytest.mark.usefixtures("_same_end")
def test_what_fails_after_the_copy_does_not_hide_that_it_is_whole(tmp_path, monkeypatch):
    def fails(**_more):
        raise OperationalError("database is locked\nand more")

    monkeypatch.setattr(taking, "take", lambda target, with_keys: (tmp_path / "a.zip", {"installation": ""}))
    monkeypatch.setattr(aging, "taken", fails)
    with pytest.raises(CommandError, match=r"a\.zip is whole, but what follows failed: database is locked\."):
        call_command("backup", tmp_path)


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(tmp_path, settings):
    settings.HOME = tmp_path / "gone"
    with pytest.raises(Unfit, match="Nothing was changed"):
        putting.put(Archive(copy_of(tmp_path / "a.zip", FACTS)))


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(CommandError, match=r"There is no folder .*/copies, and --keep wants one"):
        call_command("backup", tmp_path / "copies", keep=14)


def file_of(path, word: str) -> sqlite3.Connection:
    """A database with many rows that say ``word``, and what a copy is braked by."""
    opened = sqlite3.connect(path)
    opened.execute("CREATE TABLE policies_installation (held_at, held_why)")
    opened.execute("CREATE TABLE said (word)")
    opened.executemany("INSERT INTO said VALUES (?)", [(word * 50,)] * 300)
    opened.commit()
    return opened


@pytest.mark.sqlite_only
def test_what_a_killed_restore_left_beside_its_draft_is_not_written_into_the_next(tmp_path, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "baton.sqlite3"))
    draft, journal, kept = (tmp_path / f"baton.sqlite3{end}" for end in (".restoring", ".restoring-journal", ".kept"))
    killed = file_of(draft, "before")
    killed.execute("PRAGMA cache_size=1")  # so that its journal is on disk before it ends
    killed.execute("UPDATE said SET word = 'never'")
    shutil.copy(journal, kept)
    killed.rollback()
    shutil.copy(kept, journal)

    file_of(tmp_path / "copied.sqlite3", "copied").close()
    with writing(tmp_path / "copy.zip") as writer:
        writer.add(taking.SQLITE, tmp_path / "copied.sqlite3")
        writer.finish({"kind": "backup", "version": "1", "database": "sqlite", "taken_at": "", "migrations": []})
    found = sqlite3.connect(putting._braked(Archive(tmp_path / "copy.zip")))
    assert found.execute("SELECT DISTINCT word FROM said").fetchall() == [("copied" * 50,)]
    killed.close()
