"""Many rows of one model in one statement, for the hot paths.

``bulk_create`` and ``bulk_update`` prepare every cell of every row by itself, which costs more than the
database's own work. Here a batch goes as it is: to SQLite as one prepared statement, to PostgreSQL as one
JSON document that it takes apart (``json_to_recordset``). No signals, no ``auto_now``, no ids back.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, cast

from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model


def insert_all(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """INSERT the rows, all of one model, in their order."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(map(_column, fields))
    into = f"INSERT INTO {_table(rows)} ({columns})"
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            source = f"SELECT {columns} FROM {_records(fields)}"  # noqa: S608
            cursor.execute(f"{into} {source}{conflict}", [_document(rows, fields)])
        else:
            cells = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"{into} VALUES ({cells}){conflict}", _cells(rows, fields))


def update_all(rows: Sequence[Model], names: Iterable[str]) -> None:
    """UPDATE the fields ``names`` of the rows, all of one model, each to what the instance has."""
    if not rows:
        return
    meta, table = rows[0]._meta, _table(rows)
    changed = [cast(Field, meta.get_field(name)) for name in names]
    fields, key = [*changed, meta.pk], _column(meta.pk)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            change = ", ".join(f"{_column(field)} = new.{_column(field)}" for field in changed)
            source = f"FROM {_records(fields)} WHERE {table}.{key} = new.{key}"
            cursor.execute(f"UPDATE {table} SET {change} {source}", [_document(rows, fields)])  # noqa: S608
        else:
            change = ", ".join(f"{_column(field)} = %s" for field in changed)
            cursor.executemany(f"UPDATE {table} SET {change} WHERE {key} = %s", _cells(rows, fields))  # noqa: S608


def _table(rows: Sequence[Model]) -> str:
    return connection.ops.quote_name(rows[0]._meta.db_table)


def _column(field: Field) -> str:
    return connection.ops.quote_name(str(field.column))


# --- PostgreSQL ---------------------------------------------------------------------------------


def _records(fields: Iterable[Field]) -> str:
    """The document as a table named ``new``."""
    return f"json_to_recordset(%s) AS new ({', '.join(f'{_column(f)} {f.db_type(connection)}' for f in fields)})"


def _document(rows: Iterable[Model], fields: Sequence[Field]) -> str:
    names, values = [field.column for field in fields], attrgetter(*[field.attname for field in fields])
    return json.dumps([dict(zip(names, values(row), strict=True)) for row in rows], default=datetime.isoformat)


# --- SQLite -------------------------------------------------------------------------------------


def _cells(rows: Iterable[Model], fields: Sequence[Field]) -> list[list[Any]]:
    values = attrgetter(*[field.attname for field in fields])
    table = [list(values(row)) for row in rows]
    for at, field in enumerate(fields):
        if adapt := _adapter(field):
            for cells in table:
                cells[at] = None if cells[at] is None else adapt(cells[at])
    return table


def _adapter(field: Field) -> Callable[[Any], Any] | None:
    """For the kinds of value that SQLite does not take as they are."""
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    return json.dumps if isinstance(field, JSONField) else None
