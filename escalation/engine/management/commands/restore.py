"""``manage.py restore FILE``: a backup becomes the database, and all is held until somebody says resume."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from escalation.engine import standstill, supervisor
from escalation.engine.copies import facts, putting
from escalation.engine.copies.archive import Archive, Unfit
from escalation.trail.terminal import operator

SEALED = (
    "The key that sealed what is secret in the copy is not here (SECRET_KEY, or BATON_SEALING_KEY if there was one): "
    "addresses and secrets of webhooks, people's ways and chat channels cannot be read. Put the old key into its "
    "place, or into SECRET_KEY_FALLBACKS or BATON_SEALING_KEY_FALLBACKS."
)
AS_IT_WAS = (
    "Everybody signs in anew. Accounts, tokens, keys and passwords that were ended or changed since are again as they "
    "were in the copy: end them again."
)
NEXT = "Nobody is called yet. Start Baton, look around, and say `manage.py resume`."


class Command(BaseCommand):
    help = "Puts a backup back, onto a clean machine, and holds all calls until `manage.py resume`. See docs/backup.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` made")
        parser.add_argument(
            "--replace", metavar="NAME", help="replace the database of this name, which has something in it; it is kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            raise CommandError("The demonstration has nothing to restore.")
        try:
            with supervisor.alone(Path(connection.settings_dict["NAME"])):
                self._restore(options["file"], options["replace"])
        except (Unfit, supervisor.CannotStart) as why:
            raise CommandError(str(why)) from None

    def _restore(self, file: Path, replace: str | None) -> None:
        archive = putting.look(file)
        if putting.has_content() and replace != putting.name():
            raise Unfit(
                f"There is something in {putting.name()} already, and nothing was changed. To put the copy "
                f"in its place, say --replace {putting.name()}; what is there now is kept."
            )
        kept = putting.put(archive)
        keys = putting.missing_keys(archive)  # before anything makes one of its own
        putting.finish(operator())
        self._say(archive, kept, keys)

    def _say(self, archive: Archive, kept: Path | None, keys: list[Path]) -> None:
        said = archive.facts
        self.stdout.write(f"The copy of {said['taken_at'][:16].replace('T', ' ')} UTC is the database now.")
        self.stdout.write("What happened after it is not in it, and is lost.")
        self.stdout.write(AS_IT_WAS)
        if kept is not None:
            self.stdout.write(f"What was there before is in {kept}.")
        for place in keys:
            self.stdout.write(f"{place} was put back.")
        if not facts.can_be_opened(said):
            self.stdout.write(SEALED)
        if standstill.held():
            self.stdout.write(NEXT)
