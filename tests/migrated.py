"""A migrated SQLite database to copy: dozens of migrations take longer than most tests.

It is made by the migrations themselves, once for each state of the code, and kept in the folder for
temporary files: of the same code, every worker, every scene and every run has a copy.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = f"baton-migrated-{os.getuid()}-"
KEPT = 24 * 3600  # seconds


def copy_to(file: Path) -> None:
    """A database as ``migrate`` leaves it, and none that was there before."""
    for old in file.parent.glob(file.name + "-*"):  # its log, and whose it was
        old.unlink()
    shutil.copy(_made(), file)


@cache
def _made() -> Path:
    folder = Path(tempfile.gettempdir())
    file = folder / f"{NAME}{_state_of_the_code()}.sqlite3"
    with Path(folder, f"{NAME}lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the others wait for the first
        if not file.exists():
            _make(file)
        file.touch()
        for other in folder.glob(f"{NAME}*.sqlite3*"):
            if other.stat().st_mtime < time.time() - KEPT:
                other.unlink()
    return file


def _state_of_the_code() -> str:
    state = hashlib.sha256(f"{version('django')} {version('django-q2')}".encode())
    for room in ("escalation", "incidents"):
        for source in sorted(Path(ROOT, room).rglob("*.py")):
            state.update(bytes(source) + b"\0" + source.read_bytes())
    return state.hexdigest()[:16]


def _make(file: Path) -> None:
    begun = file.with_suffix(".sqlite3-begun")
    begun.unlink(missing_ok=True)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": f"sqlite:///{begun}"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    begun.rename(file)
