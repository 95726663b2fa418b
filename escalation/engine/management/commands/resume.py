"""``manage.py resume``: after an older copy of the database was put back, let calls go on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.engine import recovery
from escalation.kit import clock
from escalation.trail.terminal import operator


class Command(BaseCommand):
    help = "Lets calls go on after an older copy of the database was put back. Says first what that will do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        found = recovery.prospect(clock.now())
        if found is None:
            self.stdout.write("Nothing is held: calls go their way.")
            return
        for line in recovery.told(found):
            self.stdout.write(line)
        if not options["yes"] and input("Resume now? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed; nobody is being called.")
        done = recovery.resume(actor=operator())
        self.stdout.write(f"Resumed. Incidents that go on: {done}.")
