"""Rows that hold many bytes, read as bytes.

PostgreSQL writes every value out as text for Django, and bytes as hexadecimal digits: twice as long, and where a page
reads some megabytes of them that takes longer than all the rest. SQLite has no such form.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def bytewise(rows: QuerySet[Any, tuple]) -> Iterable[tuple]:
    """What ``values_list`` has of dates, whole numbers, texts and bytes: nothing that Django would have to convert.

    Django's cursor puts parameters into the text, and its driver can only be answered in text then. So the driver's
    other one takes its place, inside Django's: the query is counted and logged as any is, and its errors are Django's.
    """
    if connection.vendor != "postgresql":
        return rows
    from psycopg import Cursor  # whoever has SQLite need not load it
    from psycopg.pq import Format

    try:
        asked = rows.query.sql_with_params()
    except EmptyResultSet:  # there can be none
        return []
    with connection.cursor() as cursor:
        cursor.cursor.close()
        cursor.cursor = Cursor(connection.connection)
        cursor.cursor.format = Format.BINARY
        cursor.execute(*asked)
        return cursor.fetchall()
