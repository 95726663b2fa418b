"""``manage.py import_from``: what another product knows of people, on-call and escalation, brought along."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.policies.models import Installation
from incidents.importers import comparing, onhere, passing, report
from incidents.importers.answers import Answers, Files, Kept, from_files, made_by
from incidents.importers.every import KINDS
from incidents.importers.moving import Item, Move
from incidents.importers.plain import Odd
from incidents.importers.records import Organisation
from incidents.importers.systems import SYSTEMS, System

DIFFERS = 3  # how it ends when the two calendars do; with 2 ends what is mistyped


class Command(BaseCommand):
    help = "Shows what would come over from another product, and with --apply brings it along."
    _quiet = False  # what it says is for a program

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", choices=sorted(SYSTEMS), help="the product to move in from")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--file", type=Path, help="an export: a zip or a folder")
        where.add_argument("--key-file", type=Path, help="a file with the key of its API; it is asked itself")
        parser.add_argument("--url", default="", help="its API, if it is another than that for everybody")
        parser.add_argument(
            "--export", type=Path, metavar="ZIP", help="keep the raw answers there, and do nothing else"
        )
        parser.add_argument("--apply", action="store_true", help="write it; without, nothing is written")
        parser.add_argument("--compare", action="store_true", help="compare who is on call in the next 60 days")
        parser.add_argument("--create-people", action="store_true", help="make accounts for people who have none")
        parser.add_argument("--keep-keys", action="store_true", help="let senders' keys open the sources here too")
        parser.add_argument("--by", metavar="EMAIL", help="the admin on whose behalf it is; else the first one")
        parser.add_argument("--json", action="store_true", help="say it for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        system = SYSTEMS[options["system"]]
        try:
            self._do(system, options)
        except (Refused, Odd) as why:
            raise CommandError(str(why)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing is half done: the same again goes on from here.") from None

    def _do(self, system: System, options: dict[str, Any]) -> None:
        if options["export"]:
            self._export(system, options)
            return
        _be_ready()
        self._quiet = options["json"]
        raw, now = self._raw(system, options), clock.now()
        said, differs = system.read(raw, now), ""
        told: dict[str, Any] = {"system": system.name}
        if options["apply"] or not options["compare"]:
            noted = passing.noted(said, system.calendar(raw), now, system.label) if system.waits_in_vain else said
            told |= self._planned(system, noted, now, options)
        if options["compare"]:
            told["comparison"], differs = self._compared(system, said, system.calendar(raw), now)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        if said.is_empty:
            raise CommandError("There is nothing in it that could come over.")
        if differs:
            raise CommandError(differs, returncode=DIFFERS)

    def _planned(self, system: System, said: Organisation, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        """What comes over, in words for a program; with --apply it has."""
        move = Move(
            system.name,
            system.label,
            said,
            now=now,
            by=_admin(options["by"]) if options["apply"] else None,
            create_people=options["create_people"],
            keep_keys=options["keep_keys"],
        )
        items: list[Item] = []
        for item in move.walk(KINDS, write=options["apply"]):  # said as it is done: it may take a while, or break
            items.append(item)
            self._say(report.of(item))
        listed = {(item.kind, item.id.partition("#")[0]) for item in items}
        loose = [note for note in said.notes if (note.kind, note.id) not in listed]
        self._say(report.ending(items, loose, done=options["apply"]))
        return {"applied": options["apply"], **report.plain(items, loose)}

    def _compared(
        self, system: System, said: Organisation, calendar: comparing.Calendar, now: datetime
    ) -> tuple[dict[str, Any], str]:
        """Who is on call there and here, in words for a program; and why that is not the same, if it is not."""
        until = now + comparing.AHEAD
        here, missing = onhere.on_here(system.name, said, now, until)
        names = onhere.names(system.name, said)
        found, asked = comparing.differences(calendar, here, lambda who: names.get(who, who), since=now, until=until)
        self._say(report.differing(found, missing, asked))
        differs = "Not the same people are on call." if found else "Not every schedule is here." if missing else ""
        return report.plain_differences(found, missing, asked), differs

    def _say(self, lines: Iterable[str]) -> None:
        if self._quiet:
            return
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()

    def _wait(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()

    def _live(self, system: System, options: dict[str, Any]) -> Answers:
        return system.live(options["url"] or system.host, _key(options["key_file"]), self._wait)

    # --- where it comes from -------------------------------------------------------------------

    def _raw(self, system: System, options: dict[str, Any]) -> Any:
        if options["key_file"]:
            return system.gather(self._live(system, options))
        files = Files(options["file"])
        made = made_by(files)
        if made == system.name:
            return system.gather(from_files(files))
        if made:
            raise Refused(f"{options['file']} is an export of {made}.")
        raw = system.foreign(files)
        if raw is None:
            raise Refused(f"{options['file']} is no whole export of {system.label}. --export makes one.")
        return raw

    def _export(self, system: System, options: dict[str, Any]) -> None:
        if not options["key_file"]:
            raise Refused("An export is asked of the API: give --key-file.")
        kept = Kept(self._live(system, options), system.name, options["export"])
        whole = False
        try:
            system.gather(kept)
            whole = True
        finally:
            if kept.files:
                kept.write(whole=whole)
        refused = f" Refused: {kept.refused}; a plan says what." if kept.refused else ""
        self.stdout.write(
            f"{options['export']} holds {len(kept.files)} answers. It may hold keys: keep it to yourself.{refused}"
        )


def _be_ready() -> None:
    """Before anything is asked of the other product, for that may take long."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused("The database is older than this Baton, or empty: manage.py migrate.")
    if not Installation.objects.exists():
        raise Refused("Set this installation up first: manage.py setup.")


def _key(file: Path) -> str:
    try:
        key = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as why:
        raise Refused(f"{file} cannot be read: {why}.") from None
    if not key or not key.isascii() or not key.isprintable():
        raise Refused(f"{file} holds no key.")
    return key


def _admin(email: str | None) -> User:
    admins = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    found = admins.filter(email=email.strip().casefold()).first() if email else admins.first()
    if found is None:
        raise Refused(f"{email} is no admin here." if email else "There is no admin here.")
    return found
