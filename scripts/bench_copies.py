"""Many incidents out of a few: every row that hangs on them is copied inside the database, one statement a table.

Whatever model refers to a trail or an incident, directly or by another one, is found from the models themselves, so
that a table added tomorrow is copied too. A copy keeps its original's values; its own are the keys, which move by a
fixed stride, what must be unique, and the instants of what is over, which go back in time.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models

STRIDE = 1_000_000  # more than any original's id


def stories() -> list[type[models.Model]]:
    """The models that hang on a trail, in the order in which their rows can be made."""
    from escalation.trail.models import Trail

    found: list[type[models.Model]] = [Trail]
    waiting = [model for model in apps.get_models() if model is not Trail and not model._meta.proxy]
    while more := [model for model in waiting if set(_parents(model)) & set(found)]:
        found += more
        waiting = [model for model in waiting if model not in more]
    return [model for model in _parents_first(found) if _can_be_copied(model, found)]


def _can_be_copied(model: type[models.Model], found: list[type[models.Model]]) -> bool:
    """Not what there can be only one of, whichever story it came from."""
    fields = model._meta.get_field
    return all(
        any(_is_unique(fields(name)) or fields(name).related_model in found for name in one.fields)
        for one in model._meta.constraints
        if isinstance(one, models.UniqueConstraint) and one.fields
    )


def _parents(model: type[models.Model]) -> list[type[models.Model]]:
    return [field.related_model for field in _keys(model)]


def _keys(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _parents_first(found: list[type[models.Model]]) -> list[type[models.Model]]:
    ordered: list[type[models.Model]] = []
    while len(ordered) < len(found):
        ordered += [
            model
            for model in found
            if model not in ordered
            and all(parent in ordered or parent is model for parent in _parents(model) if parent in found)
        ]
    return ordered


Marks = dict[type[models.Model], int]


def copy(since: Marks, until: Marks, times: int, *, back: str = "", first: int = 1) -> int:
    """Copy what was made between two ``marks`` so many times; returns how many rows that made.

    ``back`` is a span such as "4 hours": each copy's instants lie so much earlier than those of the one before,
    those of the first copy ``first`` spans.
    """
    made = 0
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_copy (copy_n integer)")
        cursor.executemany("INSERT INTO bench_copy VALUES (%s)", [[n] for n in range(first, first + times)])
        for model in since:
            cursor.execute(_statement(model, since, until, back))
            made += cursor.rowcount
        cursor.execute("DROP TABLE bench_copy")
        for statement in connection.ops.sequence_reset_sql(_no_style(), list(since)):
            cursor.execute(statement)
    return made


def marks() -> Marks:
    """The last id of each of those tables."""
    return {model: model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0 for model in stories()}


def analyze() -> None:
    """As PostgreSQL does by itself in its first minute, and SQLite never."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _statement(model: type[models.Model], since: Marks, until: Marks, back: str) -> str:
    name, pairs = connection.ops.quote_name, list(_columns(model, since, back))
    columns, values = ", ".join(name(column) for column, _value in pairs), ", ".join(value for _column, value in pairs)
    table, key = name(model._meta.db_table), name(model._meta.pk.column)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} one CROSS JOIN bench_copy"
        f" WHERE one.{key} > {since[model]} AND one.{key} <= {until[model]} ORDER BY copy_n, one.{key}"
    )


def _columns(model: type[models.Model], since: Marks, back: str) -> Iterator[tuple[str, str]]:
    for field in model._meta.concrete_fields:
        value = f"one.{connection.ops.quote_name(field.column)}"
        yield field.column, _value(field, value, since, back)


def _value(field: models.Field, value: str, since: Marks, back: str) -> str:
    parent = getattr(field, "related_model", None)
    if isinstance(field, models.ForeignKey) and parent in since:
        return f"CASE WHEN {value} > {since[parent]} THEN {value} + copy_n * {STRIDE} ELSE {value} END"
    if isinstance(field, models.ForeignKey):
        return value
    if field.primary_key or (_is_unique(field) and isinstance(field, models.IntegerField)):
        return f"{value} + copy_n * {STRIDE}"
    if field.name == "run" and isinstance(field, models.IntegerField):  # an entry names its run without a key
        return f"{value} + copy_n * {STRIDE}"
    if field.name == "title" or (_is_unique(field) and isinstance(field, models.CharField | models.TextField)):
        return f"{value} || ' ' || copy_n"
    if back and isinstance(field, models.DateTimeField):
        return _earlier(value, back)
    if back and field.name == "resolved_on":  # the day of an instant beside it
        return _day(_earlier("one.resolved_at", back))
    return value


def _is_unique(field: models.Field) -> bool:
    constraints = field.model._meta.constraints
    alone = any(
        isinstance(one, models.UniqueConstraint) and one.fields and set(one.fields) == {field.name}
        for one in constraints
    )
    # A cause is unique with others, some of which are not keys.
    return field.unique or alone or field.name == "cause"


def _earlier(value: str, back: str) -> str:
    if connection.vendor == "postgresql":
        return f"{value} - copy_n * interval '{back}'"
    number, unit = back.split()
    return f"strftime('%Y-%m-%d %H:%M:%f000', {value}, '-' || (copy_n * {number}) || ' {unit}')"


def _day(instant: str) -> str:
    return f"(({instant}) AT TIME ZONE 'UTC')::date" if connection.vendor == "postgresql" else f"date({instant})"


def _no_style():
    from django.core.management.color import no_style

    return no_style()
