"""What is measured inside Django: a program's own function, in a process of its own on a scratch database of each kind.

On a SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a database there; ``--db`` chooses one of them. The
function is ``measure(incidents, rounds)`` of the program; the last line that it prints is JSON.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.processes import Baton, Scratch


def chosen(said: str, *, incidents: int, rounds: int, page: str = "") -> argparse.Namespace:
    """What is asked of the program, whose door-plate is ``said``; ``page``: the one that it can write into."""
    parser = argparse.ArgumentParser(description=said.split("\n", 1)[0])
    parser.add_argument("--incidents", type=int, default=incidents)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--db", choices=("sqlite", "postgresql"))
    if page:
        parser.add_argument("--write", action="store_true", help=f"put what was found into {page}")
    return parser.parse_args()


def measured(program: str, asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """By the name of the database, what ``program`` found there."""
    code = f"from scripts.{program} import measure; print(measure({asked.incidents}, {asked.rounds}))"
    there = ["sqlite", *(["postgresql"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else [])]
    for name in [asked.db] if asked.db else there:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            scratch = Scratch(home, "" if name == "sqlite" else None, migrated=True)
            try:
                said = Baton(home, database=scratch).manage("shell", "-v", "0", "-c", code)
            finally:
                scratch.drop()
        yield name, json.loads(said.splitlines()[-1])


def without_a_limit() -> None:
    """What is built here may take longer than any page, and is thrown away: it need not survive a power failure."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("SET synchronous_commit = off")
        else:
            cursor.execute("PRAGMA synchronous = OFF")
