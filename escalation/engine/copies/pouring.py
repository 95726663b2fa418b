"""``importall``: an export becomes the whole content of an empty database, in one transaction, braked."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import Error, connection, models, transaction

from escalation.engine import standstill
from escalation.kit import clock, migrating, rotation
from escalation.kit.sealed import SealedAddress
from escalation.policies.models import Installation

from . import facts, putting
from .archive import Archive, Unfit
from .portable import KIND, NUMBERS, ROWS, exported, numbered, piece


def look(file: Path) -> Archive:
    """The export, proved and fit for this version; else ``Unfit``."""
    found = Archive(file)
    if found.facts["kind"] != KIND:
        raise Unfit(f"{file} is a backup. Say `manage.py restore {file}`.")
    facts.refuse_other_shape(found.facts)
    if {name for name in found.members if name != NUMBERS} != {f"{ROWS}{one._meta.label}" for one in exported()}:
        raise Unfit(f"{file} has other tables than this Baton; import it with the version that made it.")
    found.check()
    return found


def refuse_full() -> None:
    """Asked before the tables are made, too: a database that is in use is not brought up to date by mistake."""
    putting.refuse_company()
    if putting.has_content():
        raise Unfit(
            f"There is something in {putting.name()} already, and nothing was changed. Import into an empty one."
        )


def pour(archive: Archive) -> Counter[str]:
    """Every row, with its number. Returns where things are sealed that no key here opens, and how many."""
    refuse_full()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for name in migrating.LIMITS:
                    cursor.execute(f"SET LOCAL {name} = 0")
            for model in exported():  # what the migrations put there comes over as well
                cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
            for model in exported():
                _fill(cursor, model, archive)
            _go_on_numbering(cursor, json.loads(next(archive.lines(NUMBERS))))
            unreadable = _unreadable()
            Installation.objects.filter(pk=1).update(held_at=clock.now(), held_why=standstill.PUT_BACK)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, StopIteration) as error:
        raise Unfit(f"{archive.file} cannot be read: {error}. Nothing was changed.") from error
    except Error as error:
        said = str(error).strip().splitlines()[0]
        raise Unfit(f"The database does not take the rows: {said}. Nothing was changed.") from error
    return unreadable


def _fill(cursor: Any, model: type[models.Model], archive: Archive) -> None:
    fields = model._meta.concrete_fields
    lines = archive.lines(f"{ROWS}{model._meta.label}")
    columns = json.loads(next(lines))
    if columns != [field.column for field in fields]:
        raise Unfit(f"{archive.file} has other columns for {model._meta.label} than this Baton.")
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
    insert = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608
    unpack = [_unpacker(field) for field in fields]
    while rows := [json.loads(line) for line in islice(lines, piece(model))]:
        cursor.executemany(insert, [[how(one) for how, one in zip(unpack, row, strict=True)] for row in rows])


def _unreadable() -> Counter[str]:
    """By column, what no key here opens."""
    named = {model._meta.db_table: model._meta.verbose_name for model, _field in rotation.columns()}
    counts = rotation.rotate(write=False)
    return +Counter({f"{named[one.table]}: {one.column}": one.closed + one.unbound for one in counts})


def _go_on_numbering(cursor: Any, numbers: dict[str, int]) -> None:
    for model in numbered():
        table, last = model._meta.db_table, numbers.get(model._meta.db_table, 0)
        if connection.vendor == "postgresql":
            value = "1, false" if not last else f"{int(last)}, true"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), {value})", [table])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            if last:
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])


# --- one value ------------------------------------------------------------------------------------


def _unpacker(field: models.Field) -> Callable[[Any], Any]:
    """From a line to what the database takes."""
    if isinstance(field, SealedAddress):
        return lambda value: value  # as it stands: sealed
    read = next((how for kind, how in _READ.items() if isinstance(field, kind)), lambda value: value)

    def unpack(value: Any) -> Any:
        return None if value is None else field.get_db_prep_save(read(value), connection)

    return unpack


_READ: dict[type[models.Field], Callable[[Any], Any]] = {
    models.DateTimeField: datetime.fromisoformat,  # a DateField to Django, and to be asked first
    models.DateField: date.fromisoformat,
    models.TimeField: time.fromisoformat,
    models.DurationField: lambda value: timedelta(*value),
    models.UUIDField: UUID,
    models.BinaryField: base64.b64decode,
}
