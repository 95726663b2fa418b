"""A migrated database to copy: dozens of migrations take longer than most tests.

It is made by the migrations themselves. On SQLite once for each state of what makes a database, and kept in the folder
for temporary files: every worker, every scene and every run has a copy. On PostgreSQL once for each run, which drops it
at its end; with KEEP_MIGRATED=1, on a server that is for tests alone, once for all runs.
"""

import atexit
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.gettempdir())
NAME = f"baton-migrated-{os.getuid()}-"
KEPT = 24 * 3600  # seconds
# What makes a database: the migrations, what they are helped by, and what is installed after them.
DECIDES = ("escalation/*/migrations/*.py", "incidents/migrations/*.py", "escalation/*/apps.py", "incidents/apps.py")
DECIDES += (
    "escalation/settings.py",
    "escalation/trail/triggers.py",
    "escalation/kit/rotation.py",
    "escalation/kit/seal*.py",
)
DECIDES += ("incidents/models/search_tables.py", "incidents/models/words.py")
DECIDES += ("incidents/learning/*.py", "incidents/models/effort.py")


def copy_to(file: Path) -> None:
    """A database as ``migrate`` leaves it, and none that was there before."""
    for old in file.parent.glob(file.name + "-*"):  # its log, and whose it was
        old.unlink()
    with _one_after_the_other():
        shutil.copy(_made(), file)


@contextmanager
def _one_after_the_other() -> Iterator[None]:
    """The others wait for the first."""
    with Path(FOLDER, f"{NAME}lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made() -> Path:
    file = FOLDER / f"{NAME}{_state_of_the_code()}.sqlite3"
    if not file.exists():
        begun = file.with_suffix(".sqlite3-begun")
        begun.unlink(missing_ok=True)
        _migrate(f"sqlite:///{begun}")
        begun.rename(file)
        for other in FOLDER.glob(f"{NAME}*.sqlite3*"):
            if other != file and other.stat().st_mtime < time.time() - KEPT:
                other.unlink()
    os.utime(file)
    return file


def deciding() -> set[Path]:
    return {file for which in DECIDES for file in ROOT.glob(which)}


@cache
def _state_of_the_code() -> str:
    state = hashlib.sha256(f"{version('django')} {version('django-q2')}".encode())
    for source in sorted(deciding()):
        state.update(bytes(source.relative_to(ROOT)) + b"\0" + source.read_bytes())
    return state.hexdigest()[:16]


def _migrate(url: str) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@cache
def template(server: str) -> str:
    """The name of a database beside the one of this address, to make others from."""
    name = _template()
    with _one_after_the_other(), _maintenance(server) as ask:
        if not ask("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            ask(f"CREATE DATABASE {name}")
            _migrate(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
            if not _is_worker():
                atexit.register(drop_template, server)
    return name


def drop_template(server: str) -> None:
    if not _is_kept():
        with suppress(psycopg.OperationalError), _maintenance(server) as ask:  # the server may be gone, or never was
            ask(f"DROP DATABASE IF EXISTS {_template()}")


def _template() -> str:
    """One name for all workers, which are children of one process."""
    run = "" if _is_kept() else f"{os.getppid() if _is_worker() else os.getpid()}_"
    return f"baton_migrated_{run}{_state_of_the_code()}"


def _is_kept() -> bool:
    return os.environ.get("KEEP_MIGRATED") == "1"


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@contextmanager
def _maintenance(server: str) -> Iterator[Any]:
    with psycopg.connect(urlunsplit(urlsplit(server)._replace(path="/postgres")), autocommit=True) as connection:
        yield connection.execute
