"""``backup``: what the database itself gives, while everything runs, proved before it counts."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection

from escalation.kit import clock
from escalation.notify import vapid
from escalation.trail.anchors import keys as anchor_keys

from . import clients, facts
from .archive import Archive, Unfit, Writer, writing

KIND = "backup"
SQLITE, DUMP = "database.sqlite3", "database.pgdump"
KEYS = "keys/"
_LEFT = 24 * 3600  # seconds; no copy takes so long
NAMED = "baton-%Y%m%dT%H%M%SZ.zip"  # in a folder; by name is by time
BESIDE = ".baton-copying-"  # the folder in which a copy is made
_LEAVES = (f"{BESIDE}*", ".baton-????????T??????Z.zip.*")  # what is there while one is made, and no longer


def take(target: Path, *, with_keys: bool) -> tuple[Path, dict[str, Any]]:
    """Make a copy: a file, or one more in a folder. Returns where it is, and what it says of itself."""
    now = clock.now()
    file = target / now.strftime(NAMED) if target.is_dir() else target
    if not file.parent.is_dir():
        raise Unfit(f"There is no folder {file.parent}.")
    _sweep(file.parent, now)
    try:
        with writing(file) as writer, tempfile.TemporaryDirectory(prefix=BESIDE, dir=file.parent) as folder:
            copied = _sqlite if connection.vendor == "sqlite" else _postgresql
            said = copied(writer, Path(folder), now)
            kept = _keep_keys(writer) if with_keys else {"keys": []}
            writer.finish({**said, **kept})
    except (sqlite3.Error, Error) as error:
        raise Unfit(f"The database cannot be copied: {str(error).strip().splitlines()[0]}.") from error
    return file, Archive(file).facts


def _sweep(folder: Path, now: datetime) -> None:
    """What somebody left who was killed a day ago, or longer."""
    for left in chain.from_iterable(map(folder.glob, _LEAVES)):
        with suppress(OSError):
            if now.timestamp() - left.lstat().st_mtime > _LEFT:
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def rotate(folder: Path, *, keep: int, installation: str, newest: Path) -> list[Path]:
    """Remove all but ``newest``, which was just made whatever its time says, and the ``keep`` - 1 before it of this
    installation. Other files stay."""
    ours = []
    for file in sorted(folder.glob("baton-*T*Z.zip")):
        try:
            said = Archive(file).facts
        except Unfit:
            continue  # whatever it is, it is not ours to remove
        if said.get("kind") == KIND and said.get("installation") == installation:
            ours.append((file.name == newest.name, said["taken_at"], file))
    old = [file for *_, file in sorted(ours)[: max(0, len(ours) - keep)]]
    for file in old:
        file.unlink()
    return old


def key_files() -> dict[str, Path]:
    """By their names in a copy: what a new machine needs beside the database."""
    given = {f"{KEYS}files{file.absolute()}": file for file in settings.SECRET_FILES}
    return {
        f"{KEYS}env": Path(settings.ENV_FILE),
        f"{KEYS}vapid.key": vapid.file(),
        f"{KEYS}anchor.key": anchor_keys.file(),
        **given,
    }


def _keep_keys(writer: Writer) -> dict[str, list[str]]:
    there = {name: file for name, file in key_files().items() if file.is_file()}
    for name, file in there.items():
        writer.add(name, file)
    return {"keys": sorted(there), "keys_lacking": lacking(list(there.values()))}


def lacking(files: list[Path]) -> list[str]:
    """Keys without which the copy is not of much use, and which none of these files says: the environment gave them."""
    needed = {"SECRET_KEY": settings.SECRET_KEY}
    if settings.SEALING_KEYS:
        needed["BATON_SEALING_KEY"] = settings.SEALING_KEYS[0]
    said = "\n".join(file.read_text(errors="replace") for file in files)
    return [name for name, key in needed.items() if key not in said]


# --- SQLite ---------------------------------------------------------------------------------------


def _sqlite(writer: Writer, folder: Path, now: datetime) -> dict[str, Any]:
    """In one step, so of one moment. Whoever writes meanwhile does not wait."""
    copy = folder / SQLITE
    place = str(connection.settings_dict["NAME"])
    if not Path(place).exists():
        raise Unfit(f"There is no database {place}.")
    with closing(sqlite3.connect(place, timeout=20)) as live, closing(sqlite3.connect(copy)) as kept:
        live.backup(kept)
        kept.execute("PRAGMA journal_mode=DELETE")  # one file
    with closing(sqlite3.connect(copy)) as kept:
        sound(kept)
        said = facts.gathered(lambda sql: kept.execute(sql).fetchall(), kind=KIND, at=now)
    writer.add(SQLITE, copy)
    return said


def sound(opened: sqlite3.Connection) -> None:
    """What SQLite can prove of a file."""
    try:
        found = [line for (line,) in opened.execute("PRAGMA integrity_check(1)")]
        if found == ["ok"] and not opened.execute("PRAGMA foreign_key_check").fetchone():
            return
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    raise Unfit(
        f"The database is damaged: {found[0] if found != ['ok'] else 'rows lead to others that are not there'}."
    )


# --- PostgreSQL -----------------------------------------------------------------------------------


def _postgresql(writer: Writer, folder: Path, now: datetime) -> dict[str, Any]:
    with session() as (opened, snapshot):
        dump, restore = clients.program("pg_dump", opened), clients.program("pg_restore", opened)
        copy = folder / DUMP
        words = [dump, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={copy}"]
        clients.run(words, opened)
        said = facts.gathered(lambda sql: opened.execute(sql).fetchall(), kind=KIND, at=now)
        listed = clients.run([restore, "--list", str(copy)], opened)
        tables = opened.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()[0]
        if listed.count(" TABLE DATA ") < tables:
            raise Unfit("The copy is not whole: pg_restore finds fewer tables in it than there are.")
        said["server"] = opened.info.server_version // 10_000
    writer.add(DUMP, copy, compress=False)  # it is already
    return said


@contextmanager
def session() -> Iterator[tuple[Any, str]]:
    """A connection of its own that sees one moment, and by which name others may see the same."""
    other = connection.copy()
    try:
        other.ensure_connection()
        raw = other.connection
        with other.wrap_database_errors:
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            raw.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield raw, raw.execute("SELECT pg_export_snapshot()").fetchone()[0]
    finally:
        other.close()
