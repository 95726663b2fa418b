"""``exportall``: every row as a line of JSON, the same whichever database it is from.

A member for each model: its columns, then its rows by their primary keys, each a list. Two databases with the same
rows make the same bytes. One moment, some rows at a time: neither end ever holds a table in memory.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import Error, connection, models
from django.db.models.functions import Cast, Collate

from escalation.kit import clock, migrating
from escalation.kit.sealed import SealedAddress
from escalation.trail import chain

from . import facts
from .archive import Archive, Sink, Unfit, writing

KIND = "export"
ROWS, NUMBERS = "rows/", "numbers.json"
# What the rows of these say is over with the process, or the place, that wrote them.
LEFT_OUT = {
    "people.Session": "everybody signs in anew",
    "sessions.Session": "where Django would keep them, and kept them once",
    "django_q.Task": "what a queue has done",
    "django_q.Schedule": "made anew at the start",
    "django_q.OrmQ": "a queue: each package is a hint, and the rows it hints at come over",
}


def exported() -> list[type[models.Model]]:
    """Every model whose rows come over, those between two of them too."""
    found = [one for one in apps.get_models(include_auto_created=True) if not one._meta.proxy and one._meta.managed]
    return sorted((one for one in found if one._meta.label not in LEFT_OUT), key=lambda one: one._meta.label)


def piece(model: type[models.Model]) -> int:
    """So many rows are in memory at once. Files and messages may have megabytes each."""
    return 8 if any(isinstance(field, models.BinaryField) for field in model._meta.concrete_fields) else 2000


def export(file: Path) -> dict[str, Any]:
    try:
        with writing(file) as writer, one_moment():
            said = facts.gathered(_ask, kind=KIND, at=clock.now())
            for model in exported():
                with writer.member(f"{ROWS}{model._meta.label}") as sink:
                    _write(sink, model)
            with writer.member(NUMBERS) as sink:
                sink.write(_line(numbers()))
            writer.finish(said)
    except Error as error:
        raise Unfit(f"The database cannot be read: {str(error).strip().splitlines()[0]}.") from error
    return Archive(file).facts


def _write(sink: Sink, model: type[models.Model]) -> None:
    fields = model._meta.concrete_fields
    sink.write(_line([field.column for field in fields]))
    pack = [_packer(field) for field in fields]
    rows = model._base_manager.order_by(_by_bytes(model._meta.pk)).values_list(*(_as_it_stands(one) for one in fields))
    for row in rows.iterator(chunk_size=piece(model)):
        sink.write(_line([value if value is None else how(value) for how, value in zip(pack, row, strict=True)]))


def _as_it_stands(field: models.Field) -> Any:
    """What is sealed is not opened on its way: neither who finds the file reads it, nor is lost what no key opens."""
    return Cast(field.attname, models.TextField()) if isinstance(field, SealedAddress) else field.attname


def _by_bytes(key: models.Field) -> Any:
    """Text is in the same order on every database."""
    is_text = isinstance(key, models.CharField) and connection.vendor == "postgresql"
    return Collate(models.F(key.attname), "C") if is_text else key.attname


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


# --- one moment -----------------------------------------------------------------------------------


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read meanwhile is of one instant. Nobody who writes waits: it is no transaction of Django's, which
    on SQLite would keep everybody else from writing."""
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        if connection.vendor == "postgresql":
            for name in migrating.LIMITS:
                cursor.execute(f"SET LOCAL {name} = 0")
    try:
        yield
    finally:
        connection.close()  # and with it what was begun


def _ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


# --- the numbers that come next -------------------------------------------------------------------


def numbered() -> Iterator[type[models.Model]]:
    """Models whose rows the database numbers."""
    return (one for one in exported() if isinstance(one._meta.auto_field, models.AutoField | models.BigAutoField))


def numbers() -> dict[str, int]:
    """The highest number ever given in each table; those of which none ever was are left out."""
    given = _given_by_server if connection.vendor == "postgresql" else _given_by_file
    found = {one._meta.db_table: given(one._meta.db_table) for one in numbered()}
    return {table: last for table, last in found.items() if last}


def _given_by_server(table: str) -> int:
    [(sequence,)] = _ask(f"SELECT pg_get_serial_sequence('{table}', 'id')")
    [(last, called)] = _ask(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608
    return max(last if called else 0, _most(table))


def _given_by_file(table: str) -> int:
    found = _ask(f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'")  # noqa: S608
    return max(found[0][0] if found else 0, _most(table))


def _most(table: str) -> int:
    return _ask(f"SELECT COALESCE(MAX(id), 0) FROM {table}")[0][0]  # noqa: S608


# --- one value ------------------------------------------------------------------------------------


def _packer(field: models.Field) -> Callable[[Any], Any]:
    for kind, how in _PACKED.items():
        if isinstance(field, kind):
            return how
    return _plain


_PACKED: dict[type[models.Field], Callable[[Any], Any]] = {
    SealedAddress: lambda value: value,
    models.JSONField: lambda value: value,
    models.BinaryField: lambda value: base64.b64encode(bytes(value)).decode(),
}


def _plain(value: Any) -> Any:
    """A type that nobody thought of must not become something else on its way."""
    match value:
        case str() | bool() | int() | float():
            return value
        case datetime():
            return chain.instant(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return [value.days, value.seconds, value.microseconds]
        case UUID():
            return str(value)
    raise Unfit(f"A value of type {type(value).__name__} has no place in an export.")
