"""Who works what off: at most one worker at a line, and everybody else goes on without waiting.

Held from before the attempts are counted until the work is committed, so that an attempt that was
begun and is nobody's now means that a process died. A seat dies with its holder: on PostgreSQL it
is a lock of the session, on SQLite, where only one can write anyway, a lock on a file.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection

from escalation.kit.alone import alone

from .waiting import Line


@contextmanager
def at_work() -> Iterator[bool]:
    """Whether there is work for one more; on SQLite there is one worker."""
    if connection.vendor != "sqlite":
        yield True
        return
    with alone(Path(f"{connection.settings_dict['NAME']}-intake")) as mine:
        yield mine


@contextmanager
def at_lines(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Those of ``lines`` that are ours until the end."""
    if connection.vendor != "postgresql":
        yield list(lines)
        return
    had = [lines[number - 1] for number in _try([line.key for line in lines], "pg_try_advisory_lock")]
    try:
        yield had
    finally:
        _leave([line.key for line in had])


def for_now(keys: Sequence[str]) -> list[bool]:
    """For each line's key whether it is ours until the end of this transaction; waits for nobody."""
    if connection.vendor != "postgresql":
        return [True] * len(keys)
    had = set(_try(keys, "pg_try_advisory_xact_lock"))
    return [number in had for number in range(1, len(keys) + 1)]


def _try(keys: Sequence[str], lock: str) -> list[int]:
    """Which of them, counted from 1, could be had."""
    with connection.cursor() as cursor:
        sql = "SELECT n FROM unnest(%s::text[]) WITH ORDINALITY AS line(name, n)"
        cursor.execute(f"{sql} WHERE {lock}(hashtextextended(name, 0))", [list(keys)])
        return sorted(number for (number,) in cursor.fetchall())


def _leave(keys: Sequence[str]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS line(name)",
                [list(keys)],
            )
    except DatabaseError:  # the session is spoiled; its locks go with it
        connection.close()
