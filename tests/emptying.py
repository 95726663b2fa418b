"""An empty database, for the next test or play: as the migrations left it.

Django's own flush truncates every table and writes all kinds of rows and permissions anew, which takes longer
than most tests. Here only what has rows is emptied, and the record's triggers are lifted only if it has any.
"""

from contextlib import nullcontext
from functools import cache

from django.apps import apps
from django.db import connection, transaction

from escalation.trail import triggers

FROM_THE_MIGRATIONS = {"django_content_type", "auth_permission"}


def empty_database() -> None:
    """Foreign keys are checked at the commit, so the order is free."""
    full = full_tables()
    lift = triggers.lifted(connection) if set(full) & set(triggers.TABLES) else nullcontext()
    with lift, transaction.atomic(), connection.cursor() as cursor:
        for table in full:
            cursor.execute(f"DELETE FROM {table}")


def full_tables() -> list[str]:
    """Those that have rows, but those whose rows are from the migrations."""
    with connection.cursor() as cursor:
        cursor.execute(_which_have_rows())
        return [table for (table,) in cursor.fetchall()]


@cache
def _which_have_rows() -> str:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - FROM_THE_MIGRATIONS
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in sorted(tables))
