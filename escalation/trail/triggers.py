"""The database itself refuses to change or delete the record: triggers on entries and their texts.

One thing it allows: a text may go once an entry of the kind ``text_taken`` says so, with the text's id in its cause.

SQLite's table rebuild drops them without a word, so ``apps.py`` puts them back after every
migrate, and a check compares what the database has with what is written here. They stop
accidents and code paths; against an owner of the database there is the chain.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import checks
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import NotSupportedError

from escalation.kit import migrating

TABLES = ("trail_entry", "trail_entrytext")

# INSERT OR REPLACE deletes without firing a trigger on DELETE, hence the third trigger on SQLite.
_TAKEN = {
    "trail_entry": "id = NEW.id OR (trail_id = NEW.trail_id AND seq = NEW.seq) OR cause = NEW.cause",
    "trail_entrytext": "entry_id = NEW.entry_id",
}

_TAKING_TRIGGER = "trail_entrytext_no_delete"
TAKING = "taken:"  # begins the cause of the entry that takes a text away, before the text's id
_TAKES = f"SELECT 1 FROM trail_entry WHERE cause = '{TAKING}' || OLD.entry_id AND kind = 'text_taken'"  # noqa: S608

# PostgreSQL, written as pg_get_triggerdef() gives it back. Two functions, because a whole table has no OLD.
_FUNCTION, _TEXTS = "trail_refuse", "trail_refuse_text"
_RAISE = "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';"
_BODIES = {
    _FUNCTION: f"BEGIN {_RAISE} END",
    _TEXTS: f"BEGIN IF TG_OP = 'DELETE' THEN IF EXISTS ({_TAKES}) THEN RETURN OLD; END IF; END IF; {_RAISE} END",
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create what is missing and replace what differs. Nothing to do while there are no tables."""
    if not _has_tables(connection):
        return
    wrong = missing(connection)
    if not wrong:
        return
    definitions = _definitions(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for name, body in _BODIES.items():
                cursor.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        for name in wrong:
            _drop(cursor, connection, name)
            cursor.execute(definitions[name])


def step_aside(connection: BaseDatabaseWrapper) -> None:
    """Before migrations: SQLite cannot rebuild a table that another one's trigger speaks of. ``install`` follows."""
    if connection.vendor == "sqlite" and _has_tables(connection):
        with connection.cursor() as cursor:
            _drop(cursor, connection, _TAKING_TRIGGER)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that the database lacks, has switched off or has otherwise than written here."""
    found = _found(connection)
    return [name for name, definition in _definitions(connection).items() if found.get(name) != definition]


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Without the triggers. Only tests may: to empty the tables after a test, and to break a chain on purpose."""
    _only_in_tests()
    if connection.vendor == "postgresql":
        connection.check_constraints()  # a trigger cannot be dropped while foreign keys wait for the commit
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for name in _definitions(connection):
            _drop(cursor, connection, name)
    try:
        yield
    finally:
        if not connection.needs_rollback:  # else the rollback brings them back
            install(connection)


def check(databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """trail.E001. Silent while migrations wait or are not at their end: they are what puts the triggers (back)."""
    return [
        checks.Error(
            f"The database {alias!r} does not protect the record; missing or different: {', '.join(names)}.",
            hint="Find out who removed them and run verifytrails. `manage.py migrate --skip-checks` puts them back.",
            id="trail.E001",
        )
        for alias in databases or []
        if (names := missing(connections[alias])) and not _migrations_wait(connections[alias])
    ]


def _definitions(connection: BaseDatabaseWrapper) -> dict[str, str]:
    if connection.vendor == "sqlite":
        return {name: sql for table in TABLES for name, sql in _for_sqlite(table)}
    if connection.vendor == "postgresql":
        return {name: sql for table in TABLES for name, sql in _for_postgresql(table)}
    raise NotSupportedError("Baton keeps its record in PostgreSQL or SQLite only.")


def _for_sqlite(table: str) -> Iterator[tuple[str, str]]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for event in ("UPDATE", "DELETE"):
        name = f"{table}_no_{event.lower()}"
        lawful = f" WHEN NOT EXISTS ({_TAKES})" if name == _TAKING_TRIGGER else ""
        yield name, f"CREATE TRIGGER {name} BEFORE {event} ON {table}{lawful} {refuse}"
    name = f"{table}_no_replace"
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE {_TAKEN[table]})"  # noqa: S608
    yield name, f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {taken} {refuse}"


def _for_postgresql(table: str) -> Iterator[tuple[str, str]]:
    call = f"EXECUTE FUNCTION {_FUNCTION}()"
    name, of_row = f"{table}_no_change", f"EXECUTE FUNCTION {_TEXTS if table == TABLES[1] else _FUNCTION}()"
    yield name, f"CREATE TRIGGER {name} BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW {of_row}"
    name = f"{table}_no_truncate"
    yield name, f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"


def _found(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Name and definition of the triggers at work on our tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT t.tgname, pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid"
                " WHERE t.tgrelid IN (to_regclass('trail_entry'), to_regclass('trail_entrytext'))"
                " AND t.tgenabled IN ('O', 'A') AND (f.proname, f.prosrc) IN ((%s, %s), (%s, %s))",
                [word for function in _BODIES.items() for word in function],
            )
        return dict(cursor.fetchall())


def _drop(cursor: Any, connection: BaseDatabaseWrapper, name: str) -> None:
    on_table = f" ON {name.rsplit('_no_', 1)[0]}" if connection.vendor == "postgresql" else ""
    cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def _has_tables(connection: BaseDatabaseWrapper) -> bool:
    return set(TABLES) <= set(connection.introspection.table_names())


def _migrations_wait(connection: BaseDatabaseWrapper) -> bool:
    if migrating.is_unfinished(connection):
        return True
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _only_in_tests() -> None:
    """setup_test_environment() leaves this mark; no server, task or command of ours calls it."""
    from django.test.utils import _TestState

    if not hasattr(_TestState, "saved_data"):
        raise RuntimeError("the record's triggers can be lifted in tests only")
