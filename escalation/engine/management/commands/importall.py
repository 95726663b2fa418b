"""``manage.py importall FILE``: an export becomes the content of an empty database, and all is held."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from escalation.engine import standstill, supervisor
from escalation.engine.copies import pouring, putting
from escalation.engine.copies.archive import Unfit
from escalation.engine.management.commands.restore import NEXT
from escalation.trail.terminal import operator


class Command(BaseCommand):
    help = "Fills an empty database from an export, and holds all calls until `manage.py resume`. See docs/backup.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py exportall` made")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            raise CommandError("The demonstration takes no export.")
        try:
            with supervisor.alone(Path(connection.settings_dict["NAME"])):
                archive = pouring.look(options["file"])
                pouring.refuse_full()
                call_command("migrate", interactive=False, verbosity=0)
                closed = pouring.pour(archive)
                putting.hold(operator())
        except (Unfit, supervisor.CannotStart) as why:
            raise CommandError(str(why)) from None
        self._say(archive.facts, closed)

    def _say(self, said: dict[str, Any], closed: Counter[str]) -> None:
        self.stdout.write(f"All rows of {said['taken_at'][:16].replace('T', ' ')} UTC are in the database now.")
        if closed:
            self.stdout.write("Sealed with another SECRET_KEY or BATON_SEALING_KEY, and not readable here:")
        for where, count in sorted(closed.items()):
            self.stdout.write(f"  {where} ({count})")
        if standstill.held():
            self.stdout.write(NEXT)
