"""Migrations take as long as they take, are done by one process at a time, and may be killed at any moment.

Django commits a migration first and notes afterwards that it is done: whoever is killed in between finds tables that
are there already, and can never go on. ``Whole`` does both in one transaction. What follows after the last migration
(triggers, permissions, the words to search by) is noted as not done until it is: see ``to_the_end``.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from .release import VERSION

try:
    import fcntl
except ImportError:  # this system has no such locks
    fcntl = None  # type: ignore[assignment]

LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")  # waiting for a lock stays limited
BEGUN = ("kit", "begun")  # beside the migrations that are done, while one who migrates is not at the end
_LOCK = 0x6261746F6E  # "baton": an advisory lock, which ends with its session


def lift_limits(*, using: str, **kwargs: Any) -> None:
    """For ``pre_migrate``. A large table, or a slow machine, must not leave an upgrade half done."""
    _each(using, "SET {} = 0")


def put_limits_back(*, using: str, **kwargs: Any) -> None:
    """For ``post_migrate``: whatever the process does next has the connection's own limits again."""
    _each(using, "RESET {}")


def _each(using: str, words: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in LIMITS:
                cursor.execute(words.format(name))


# --- killed half-way ------------------------------------------------------------------------------


class Whole(MigrationExecutor):
    """A migration and the note that it is done come in one transaction. One that wants none is safe to begin again."""

    def apply_migration(self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False) -> Any:
        with _whole(self.connection, migration):
            return super().apply_migration(state, migration, fake, fake_initial)

    def unapply_migration(self, state: Any, migration: Any, fake: bool = False) -> Any:
        with _whole(self.connection, migration):
            return super().unapply_migration(state, migration, fake)


@contextmanager
def _whole(connection: BaseDatabaseWrapper, migration: Any) -> Iterator[None]:
    if not migration.atomic:
        yield
        return
    # SQLite rebuilds tables, and can stop looking at foreign keys only before a transaction begins. What is
    # written meanwhile is looked at before it ends, by Django.
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias):
        yield


@contextmanager
def to_the_end(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Until its end it is on record that somebody has begun."""
    recorder = MigrationRecorder(connection)
    if not is_unfinished(connection):
        recorder.record_applied(*BEGUN)
    yield
    recorder.record_unapplied(*BEGUN)


def is_unfinished(connection: BaseDatabaseWrapper) -> bool:
    """Whether somebody began to migrate and did not come to the end (or is at it)."""
    return BEGUN in MigrationRecorder(connection).applied_migrations()


# --- two at once ----------------------------------------------------------------------------------


@contextmanager
def one_at_a_time(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The others wait for the first, and find nothing left to do. Whoever dies lets go of it."""
    held = _server_lock if connection.vendor == "postgresql" else _file_lock
    with held(connection):
        yield


@contextmanager
def _server_lock(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET statement_timeout")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def _file_lock(connection: BaseDatabaseWrapper) -> Iterator[None]:
    name = str(connection.settings_dict["NAME"])
    if fcntl is None or ":memory:" in name or "mode=memory" in name:
        yield
        return
    with closing(Path(f"{name}.migrating").open("w")) as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


# --- before a start -------------------------------------------------------------------------------


def is_due(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes())) or is_unfinished(connection)


def newer(connection: BaseDatabaseWrapper) -> str | None:
    """The sentence for whoever starts this Baton on what a newer one has changed, and this one would misread."""
    loader = MigrationExecutor(connection).loader
    ours = {one.label for one in apps.get_app_configs() if one.name.startswith(("escalation", "incidents"))} - {"kit"}
    known = {*loader.disk_migrations, *(key for one in loader.disk_migrations.values() for key in one.replaces)}
    beyond = sorted(key for key in loader.applied_migrations if key[0] in ours and key not in known)
    if not beyond:
        return None
    return (
        f"The database is a newer Baton's: it has {'.'.join(beyond[-1])}, and this is {VERSION}. "
        "Install the newer version, or put back a copy from before the upgrade."
    )
