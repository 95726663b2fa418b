"""The cast, quickly: assembled once in each database, and put back as rows at the next test.

Nearly every test begins with the organisation, and assembling it takes a hundred statements.
The people and what they own are the same objects as ``assemble`` makes, with the same keys.
"""

import pickle
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from tests.organisation import assemble

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]  # by table: its columns, and their values


@dataclass(frozen=True)
class Kept:
    """What one assembly wrote, and what it gave back."""

    rows: Rows
    people: bytes
    nobody_is_there: str  # asks whether the tables are as empty as they were
    go_on_counting: str  # the next keys, on PostgreSQL

    def is_free(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(self.nobody_is_there)
            return bool(cursor.fetchone()[0])

    def put_back(self) -> SimpleNamespace:
        with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at its end
            for table, (columns, rows) in self.rows.items():
                line = f"({', '.join(['%s'] * len(columns))})"
                names = ", ".join(map(connection.ops.quote_name, columns))
                sql = f"INSERT INTO {table} ({names}) VALUES {', '.join([line] * len(rows))}"
                cursor.execute(sql, [value for row in rows for value in row])
            if self.go_on_counting:
                cursor.execute(self.go_on_counting)
        return pickle.loads(self.people)


_kept: dict[str, Kept] = {}  # by the database's name


def the_cast() -> SimpleNamespace:
    """Everybody, as ``assemble`` makes them. Where somebody is already, it does make them."""
    name = str(connection.settings_dict["NAME"])
    if name in _kept:
        return _kept[name].put_back() if _kept[name].is_free() else assemble()
    before = _read()
    cast = assemble()
    made = {table: rows for table, rows in _read().items() if rows != before.get(table)}
    if not made.keys() & before.keys():  # else somebody was there, and their keys are not the usual ones
        _kept[name] = _keep(made, cast)
    return cast


def _keep(made: Rows, cast: SimpleNamespace) -> Kept:
    empty = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table})" for table in made)
    count = ""
    if connection.vendor == "postgresql":
        last = {table: max(row[columns.index("id")] for row in rows) for table, (columns, rows) in made.items()}
        count = ", ".join(f"setval(pg_get_serial_sequence('{table}', 'id'), {key})" for table, key in last.items())
    return Kept(made, pickle.dumps(cast), f"SELECT {empty}", f"SELECT {count}" if count else "")


def _read() -> Rows:
    """All rows of all tables that have any."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)}):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = ([column[0] for column in cursor.description], [tuple(row) for row in rows])
    return found
