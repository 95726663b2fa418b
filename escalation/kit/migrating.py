"""Migrations take as long as they take: the time limits that keep the engine quick are not for them."""

from typing import Any

from django.db import connections

LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")  # waiting for a lock stays limited


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
