"""An upgrade of a large table takes longer than a step may; afterwards the limits hold again."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_migrate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_only]


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return cursor.fetchone()[0]


def test_migrations_have_no_time_limit_and_what_follows_has():
    seen = []

    def look(**kwargs):
        seen.append(limit())

    pre_migrate.connect(look)  # after those of the product
    try:
        before = limit()
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)
    assert set(seen) == {"0"}
    assert limit() == before != "0"
