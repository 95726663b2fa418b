"""The one clock. Read it once per transaction and pass the instant on.

Production reads the database's clock, so that several hosts agree on what is due.
Tests set it by hand and move it.
"""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, Expression, Func, Value

_fixed: datetime | None = None
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> datetime:
    """The present instant: aware, UTC, microseconds."""
    if _fixed is not None:
        return _fixed
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)
    return datetime.now(UTC)  # SQLite has no clock but the host's


def reading() -> Expression:
    """The same as a column of a query that has something else to ask: no second way to the database."""
    if _fixed is None and connection.vendor == "postgresql":
        return Func(function="clock_timestamp", output_field=DateTimeField())
    return Value(now(), output_field=DateTimeField())


def nearly() -> datetime:
    """The present instant by this host's clock: where seconds do not matter, and a query does."""
    return _fixed or datetime.now(UTC)


def steady() -> float:
    """Seconds of a clock that nobody sets and that counts a machine's sleep where the system can tell: for spans."""
    return time.clock_gettime(_STEADY)


def fix(instant: datetime | None) -> None:
    """Stop the clock at ``instant`` (aware), or let it run again with ``None``. For tests."""
    global _fixed
    _fixed = instant


def forward(span: timedelta) -> datetime:
    """Move a stopped clock; returns the new instant."""
    if _fixed is None:
        raise RuntimeError("the clock is running; fix() it first")
    fix(_fixed + span)
    return now()
