"""``restore``: a backup becomes the database, whole or not at all, and nobody is called from it.

With SQLite the file is made beside its place, braked, and takes the place in one step; what was there is kept. With
PostgreSQL everything comes in one transaction, the brake with it.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, connections

from escalation.engine import lookout, standstill
from escalation.kit import clock
from escalation.people.models import User
from escalation.trail.models import Entry
from escalation.trail.writing import Actor

from . import begun, clients, facts, taking
from .archive import Archive, Unfit, keep_folder

# What pg_restore 17 and newer begin with, and servers before 17 do not know.
_OF_NEWER_SERVERS, _FIRST_LINES = b"SET transaction_timeout = 0;", 40
_LOGS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file
_BRAKE = "UPDATE {}policies_installation SET held_at = {}, held_why = '{}'"


def look(file: Path) -> Archive:
    """The copy, proved and fit for this database and this version; else ``Unfit``."""
    found = Archive(file)
    said = found.facts
    if said["kind"] != taking.KIND:
        raise Unfit(f"{file} is an export. Say `manage.py importall {file}`.")
    if said["database"] != connection.vendor:
        raise Unfit(
            f"{file} is of a {said['database']} database, and this is {connection.vendor}. "
            "What moves between the two is an export: restore the copy where it fits, and say "
            "`manage.py exportall` there."
        )
    facts.refuse_newer(said)
    found.check()
    return found


def name() -> str:
    """As a person knows the database that would be replaced."""
    there = str(connection.settings_dict["NAME"])
    return Path(there).name if connection.vendor == "sqlite" else there


def has_content() -> bool:
    """Whether there is anything to lose. A copy that was put back and is not finished is none."""
    if connection.vendor == "sqlite" and not _place().exists():
        return False
    try:
        tables = set(connection.introspection.table_names())
    except DatabaseError:  # it cannot be read, and may be all that there is
        return True
    if not {User._meta.db_table, Entry._meta.db_table} <= tables:
        return bool(tables - {"django_migrations"})
    with connection.cursor() as cursor:
        for table in (User._meta.db_table, Entry._meta.db_table):
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                return not standstill.is_put_back()
    return False


def put(archive: Archive) -> Path | None:
    """Make the copy the database. Returns where what was there before is now, if there was anything."""
    try:
        begun.begin(archive.file)
        kept = _put_file(archive) if connection.vendor == "sqlite" else _put_dump(archive)
    except (Unfit, OSError, sqlite3.Error, DatabaseError) as error:  # all is as it was
        if connection.vendor == "sqlite":
            _draft().unlink(missing_ok=True)
        begun.end()
        if isinstance(error, Unfit):
            raise
        why = str(error).strip().splitlines()[0]
        raise Unfit(f"The copy cannot be put back: {why}. Nothing was changed.") from error
    begun.end()
    return kept


def finish(actor: Actor) -> None:
    """Bring it to this version, and say on record that all is held. Interrupted, the next start does the same."""
    call_command("migrate", interactive=False, verbosity=0)
    hold(actor)


def hold(actor: Actor) -> None:
    standstill.finish(actor=actor)
    if installation := lookout.first_entry():
        lookout.remember_sent(installation)  # if this host is the one that had it before


def missing_keys(archive: Archive) -> list[Path]:
    """Put those keys in their places that the copy has and this machine lacks; which they were."""
    put_there = []
    for member, place in taking.key_files().items():
        if member in archive.members and not place.exists():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            archive.take_out(member, place)
            put_there.append(place)
    return put_there


# --- SQLite ---------------------------------------------------------------------------------------


def _place() -> Path:
    return Path(connection.settings_dict["NAME"])


def _draft() -> Path:
    return _place().with_name(f"{_place().name}.restoring")


def _put_file(archive: Archive) -> Path | None:
    place, draft = _place(), _braked(archive)
    had = has_content()
    connections.close_all()
    kept = _set_aside(place) if had else None
    _forget_logs(place)
    draft.replace(place)
    keep_folder(place.parent)
    return kept


def _braked(archive: Archive) -> Path:
    """The copy beside its place. A former one that was begun is written over."""
    draft = _draft()
    _forget_logs(draft)
    archive.take_out(taking.SQLITE, draft)
    with closing(sqlite3.connect(draft)) as opened:
        taking.sound(opened)
        opened.execute("PRAGMA synchronous=FULL")
        now = clock.now().replace(tzinfo=None).isoformat(" ")
        opened.execute(_BRAKE.format("", f"'{now}'", standstill.PUT_BACK))
        opened.commit()
    return draft


def _forget_logs(file: Path) -> None:
    """Whoever was killed left them, of what was there before: SQLite would write what they say into another file of
    this name, and find nothing wrong with it."""
    for log in _LOGS:
        file.with_name(file.name + log).unlink(missing_ok=True)


def _set_aside(place: Path) -> Path:
    """As one file, under a further name: there is no moment without a database."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(place)) as opened:  # a damaged one stays as it is
        opened.execute("PRAGMA journal_mode=DELETE")
    aside = place.with_name(f"{place.name}.before-{clock.nearly():%Y%m%dT%H%M%SZ}")
    for end in ("", *_LOGS):
        there = place.with_name(place.name + end)
        if there.exists():
            _name_too(there, Path(f"{aside}{end}"))
    return aside


def _name_too(file: Path, further: Path) -> None:
    try:
        os.link(file, further)
    except OSError:  # not every file system can
        shutil.copy2(file, further)


# --- PostgreSQL -----------------------------------------------------------------------------------


def _put_dump(archive: Archive) -> Path | None:
    refuse_company()
    kept = None
    if has_content():
        kept = Path(settings.HOME, f"before-{clock.nearly():%Y%m%dT%H%M%SZ}.zip")
        taking.take(kept, with_keys=False)
    with (
        taking.session() as (opened, _),
        tempfile.TemporaryDirectory(prefix=taking.BESIDE, dir=settings.HOME) as folder,
    ):
        opened.execute("ROLLBACK")  # it only knows the way to the server
        restore, psql = clients.program("pg_restore", opened), clients.program("psql", opened)
        dump = Path(folder, taking.DUMP)
        archive.take_out(taking.DUMP, dump)
        _fill(opened, restore, psql, dump)
    return kept


def _fill(session: Any, restore: str, psql: str, dump: Path) -> None:
    """One transaction: what is there goes, the copy comes, braked. Only the last word commits it: whoever is killed
    before, here or there, leaves all as it was."""
    clear = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;" if connection.introspection.table_names() else ""
    before = f"BEGIN; SET LOCAL lock_timeout = '10s'; {clear}\n".encode()
    brake = _BRAKE.format("public.", "clock_timestamp()", standstill.PUT_BACK)
    env = clients.environment(session)
    words = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    out = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with (
        tempfile.TemporaryFile() as why,
        subprocess.Popen(words, env=env, stdin=subprocess.PIPE, **out) as filled,  # type: ignore[call-overload] # noqa: S603
    ):
        whole = False
        with suppress(BrokenPipeError):  # it says itself why it is gone
            filled.stdin.write(before)
            filled.stdin.flush()
            script = [restore, "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(dump)]
            whole = _passed_on(script, env, filled.stdin, why)
            if whole:
                filled.stdin.write(f"\n{brake};\nCOMMIT;\n".encode())
        with suppress(BrokenPipeError):
            filled.stdin.close()
        said = filled.stderr.read().decode(errors="replace")
        why.seek(0)
        not_given = why.read().decode(errors="replace")
    if filled.returncode:
        raise clients.failed("psql", said)
    if not whole:
        raise clients.failed("pg_restore", not_given)


def _passed_on(script: list[str], env: dict[str, str], target: IO[bytes], why: IO[bytes]) -> bool:
    """What ``pg_restore`` makes goes to ``psql``. Whether that was all of it."""
    with subprocess.Popen(script, env=env, stdout=subprocess.PIPE, stderr=why) as given:  # noqa: S603
        try:
            pass_on(cast(IO[bytes], given.stdout), target)
        except BrokenPipeError:
            given.kill()
            raise
    return given.returncode == 0


def pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    """All but what servers before 17 refuse. It stands among the first lines; further down it would be somebody's."""
    for line in islice(source, _FIRST_LINES):
        if line.strip() != _OF_NEWER_SERVERS:
            target.write(line)
    shutil.copyfileobj(source, target)


def refuse_company() -> None:
    """Whoever works on a database while it is replaced believes what is gone. Who uses a file has its lock."""
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()[0]
    if others:
        raise Unfit(f"Somebody is still connected to {name()} ({others}). Stop Baton on every host first.")
