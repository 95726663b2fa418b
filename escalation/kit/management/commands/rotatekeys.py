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
        parser.add_argument(
            "--unbound",
            action="store_true",
            help="also what an upgrade could not bind to its column, because its key was missing then",
        )
        parser.add_argument("--json", action="store_true", help="say it as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = rotation.rotate(write=not options["check"], unbound=options["unbound"])
        older, unbound, closed, changed = (
            sum(getattr(one, name) for one in counts) for name in ("older", "unbound", "closed", "changed")
        )
        twice = [one for one in counts if one.twice]
        if options["json"]:
            said = {"columns": [asdict(one) for one in counts], "older": older, "unbound": unbound}
            self.stdout.write(json.dumps(said | {"closed": closed, "changed": changed}))
        else:
            for one in counts:
                words = f"{one.first} by the first key, {one.older} by older ones, {one.closed} that no key here opens"
                words += f", {one.unbound} bound to no column" if one.unbound else ""
                self.stdout.write(f"{one.table}.{one.column}: {words}")
        if options["check"] and older:
            raise CommandError(f"{older} are not sealed with the first key yet: older keys are still needed.")
        if twice:
            rows = "; ".join(f"{one.table} {', '.join(map(str, one.twice))}" for one in twice)
            raise CommandError(f"Kept twice, by an older key and by the first one: {rows}. Remove one of each.")
        if closed:
            raise CommandError(
                f"{closed} cannot be opened by any key here, or were not sealed for the column they are in."
                " Is a key missing from the environment?"
            )
        if unbound and (options["check"] or not options["unbound"]):
            raise CommandError(
                f"{unbound} are sealed as before the upgrade, bound to no column, and opened nowhere."
                " If their key was missing then, say `manage.py rotatekeys --unbound`. See docs/secrets.md."
            )
        if not options["json"]:
            done = "Nothing needs an older key." if not changed else f"Sealed {changed} anew."
            self.stdout.write(done)
