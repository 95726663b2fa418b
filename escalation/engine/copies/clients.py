"""PostgreSQL's own programs: ``pg_dump``, ``pg_restore`` and ``psql``, at least as new as the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import IO, Any

from .archive import Unfit

_NOT_THEIRS = {"options", "dbname"}  # our time limits are not for them; the database is named


def environment(session: Any) -> dict[str, str]:
    """How the session (psycopg's) reached its server, for programs. A password on a command line is everybody's."""
    from psycopg import pq

    names = {one.keyword.decode(): one.envvar.decode() for one in pq.Conninfo.get_defaults() if one.envvar}
    said = {**session.info.get_parameters(), "password": session.info.password}
    told = {names[key]: value for key, value in said.items() if key in names and key not in _NOT_THEIRS and value}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **told, "PGDATABASE": session.info.dbname, "LC_ALL": "C"}


def program(name: str, session: Any) -> str:
    """Where it is. ``Unfit`` says what to install."""
    server = session.info.server_version // 10_000
    path = shutil.which(name)
    if path is None:
        raise Unfit(f"{name} is not installed here. Install PostgreSQL's client programs, version {server} or newer.")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None or int(found[1]) < server:
        is_ = f"version {found[1]}" if found else "of an unknown version"
        raise Unfit(f"{name} is {is_}, and the server {server}. Install client programs of version {server} or newer.")
    return path


def run(words: Sequence[str], session: Any, *, stdin: "IO[bytes] | int | None" = None) -> str:
    """What it said. ``Unfit`` with its last line if it failed."""
    done = subprocess.run(  # noqa: S603
        words, env=environment(session), stdin=stdin, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise failed(words[0], done.stderr)
    return done.stdout


def failed(name: str, said: str) -> Unfit:
    lines = [line for line in said.strip().splitlines() if "error" in line.lower()] or said.strip().splitlines()
    return Unfit(f"{os.path.basename(name)} failed: {lines[0] if lines else 'it said nothing'}")
