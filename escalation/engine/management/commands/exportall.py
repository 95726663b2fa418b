"""``manage.py exportall FILE``: every row, in a form that any database takes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.engine.copies import portable
from escalation.engine.copies.archive import Unfit


class Command(BaseCommand):
    help = "Writes every row into one file, from which `manage.py importall` fills a database of either kind."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that is not there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            said = portable.export(options["file"])
        except Unfit as why:
            raise CommandError(str(why)) from None
        self.stdout.write(f"{options['file']}: all rows of {len(said['members']) - 1} tables, read again and whole.")
