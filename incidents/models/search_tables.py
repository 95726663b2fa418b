"""How each database finds words: FTS5 over the rows of ``SearchText`` in SQLite, a GIN index in PostgreSQL.

Both take the words as they are, apart by spaces; neither has a language. ``install`` makes what is missing. It runs
with the migration and after each: SQLite's table rebuild drops triggers without a word.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .words import Term, Wish

TABLE, INDEX = "incidents_searchtext", "incidents_search"
_HAS = {
    "sqlite": f"SELECT found.rowid FROM {INDEX} found CROSS JOIN incidents_incident i ON i.id = found.rowid"  # noqa: S608
    f" WHERE found.{INDEX} MATCH %s AND i.resolved_at IS NOT NULL ORDER BY found.rowid DESC LIMIT %s",
    "postgresql": f"SELECT one.incident_id FROM {TABLE} one JOIN incidents_incident i ON i.id = one.incident_id"  # noqa: S608
    " WHERE one.found @@ %s::tsquery AND i.resolved_at IS NOT NULL ORDER BY one.incident_id DESC LIMIT %s",
}


def newest(vendor: str) -> str:
    """The ids of what is resolved and has the words, the newest first. Parameters: an ``expression``, how many."""
    return _HAS[vendor]


def expression(vendor: str, asked: Iterable[Wish]) -> str:
    """What is asked for, in the database's own language. A word holds letters, digits and our mark alone."""
    term, both, either = (_in_sqlite, " AND ", " OR ") if vendor == "sqlite" else (_in_postgresql, " & ", " | ")
    groups = ([both.join(map(term, way)) for way in (*wish.ways, *wish.marks)] for wish in asked)
    return both.join("(" + either.join(f"({way})" for way in group) + ")" for group in groups)


def _in_sqlite(term: Term) -> str:
    return f'"{term.word}"{" *" if term.open else ""}'


def _in_postgresql(term: Term) -> str:
    return f"'{term.word}'{':*' if term.open else ''}"


_ADD = f"INSERT INTO {INDEX} (rowid, words) VALUES (NEW.incident_id, NEW.words)"  # noqa: S608
_TAKE = f"INSERT INTO {INDEX} ({INDEX}, rowid, words) VALUES ('delete', OLD.incident_id, OLD.words)"  # noqa: S608
_SQLITE = [
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5"
    f"(words, content='{TABLE}', content_rowid='incident_id', detail=none, tokenize='ascii')",
    f"CREATE TRIGGER IF NOT EXISTS {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {_ADD}; END",
    f"CREATE TRIGGER IF NOT EXISTS {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {_TAKE}; END",
    f"CREATE TRIGGER IF NOT EXISTS {INDEX}_update AFTER UPDATE ON {TABLE} BEGIN {_TAKE}; {_ADD}; END",
]
_POSTGRESQL = [
    f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS found tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin (found)",
]


def install(connection: BaseDatabaseWrapper) -> None:
    """Nothing to do while there is no table."""
    if TABLE not in connection.introspection.table_names():
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """For a migration back. In PostgreSQL all of it goes with the table."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in ("insert", "delete", "update"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{name}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
