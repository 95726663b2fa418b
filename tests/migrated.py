"""A migrated database to copy: dozens of migrations take longer than most tests.

It is made by the migrations themselves. On SQLite once for each state of the code, and kept in the folder for
temporary files: of the same code, every worker, every scene and every run has a copy. On PostgreSQL once for each
run, which drops it at its end.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.gettempdir())
NAME = f"baton-migrated-{os.getuid()}-"
KEPT = 24 * 3600  # seconds


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


@cache
def _state_of_the_code() -> str:
    state = hashlib.sha256(f"{version('django')} {version('django-q2')}".encode())
    for room in ("escalation", "incidents"):
        for source in sorted(ROOT.joinpath(room).rglob("*.py")):
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
    return name


def drop_template(server: str) -> None:
    with _maintenance(server) as ask:
        ask(f"DROP DATABASE IF EXISTS {_template()}")


def _template() -> str:
    """One name for all workers, which are children of one process."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return f"baton_migrated_{run}_{_state_of_the_code()}"


@contextmanager
def _maintenance(server: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(urlunsplit(urlsplit(server)._replace(path="/postgres")), autocommit=True) as connection:
        yield connection.execute
