"""Django's ``loaddata`` is closed."""

from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Closed: it would write rows, passwords and rights among them, past the record. Use manage.py importall."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("given", nargs=REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            "loaddata is closed: it would write rows, passwords and rights among them, past the record. "
            "Use manage.py importall, or manage.py restore."
        )
