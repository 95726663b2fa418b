"""``manage.py rotatekeys``: seal with the first key what older ones have sealed."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.kit import rotation


class Command(BaseCommand):
    help = "Seals anew, with the first key, what is sealed in the database. Safe while all runs, and to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exits with 1 while older keys are still needed"
        )
        parser.add_argument("--json", action="store_true", help="say it as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = rotation.rotate(write=not options["check"])
        older, closed = sum(one.older for one in counts), sum(one.closed for one in counts)
        if options["json"]:
            said = {"columns": [asdict(one) for one in counts], "older": older, "closed": closed}
            self.stdout.write(json.dumps(said | {"changed": 0 if options["check"] else older}))
        else:
            for one in counts:
                words = f"{one.first} by the first key, {one.older} by older ones, {one.closed} that no key here opens"
                self.stdout.write(f"{one.table}.{one.column}: {words}")
        if options["check"] and older:
            raise CommandError(f"{older} are not sealed with the first key yet: older keys are still needed.")
        if closed:
            raise CommandError(f"{closed} cannot be opened by any key here. Is one missing from the environment?")
        if not options["json"]:
            done = "Nothing needs an older key." if options["check"] or not older else f"Sealed {older} anew."
            self.stdout.write(done)
