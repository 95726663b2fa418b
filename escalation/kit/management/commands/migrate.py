"""Django's ``migrate``, so that it can be killed at any moment and said again, on several hosts at once."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from escalation.kit import migrating


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        # Plans read and write nothing. Django asks its own module for the executor, and has no other way to say which.
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        migrate.MigrationExecutor = migrating.Whole  # type: ignore[attr-defined]
        with migrating.one_at_a_time(connection), migrating.to_the_end(connection):
            super().handle(*args, **options)
