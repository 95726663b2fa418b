"""``manage.py anchorkey``: what this host signs its anchors with; ``--new`` lets another key follow."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.kit import clock
from escalation.trail.anchors import keys, making, remembered


class Command(BaseCommand):
    help = "Print the public key of this host's anchors, to be kept elsewhere. --new: let another key follow it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="make another key; the one of now says that it follows")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            before = keys.public(keys.current())
            if options["new"]:
                self._follow()
            self.stdout.write(keys.public(keys.current()))
        except remembered.Gone as error:
            raise CommandError(f"No other key can follow now. {error}") from None
        except (OSError, ValueError) as error:
            raise CommandError(f"The key cannot be read or written: {error}") from None
        if options["new"]:
            self.stderr.write(f"It follows {before}. Keep it where you keep that one, and keep that one too.")

    def _follow(self) -> None:
        """Every log says it first. Interrupted, it goes on when it is said again."""
        coming = keys.public(keys.prepare())
        for place in making.places() if making.installation() else []:
            log = making.log_of(place)
            remembered.expect(log.folder)  # else it would never say what it has to
            last = log.last()
            if last is None or making.names(last, coming):
                continue  # a log that begins with it needs no word of another
            if making.add(log, now=clock.now(), next_key=coming) is None:
                raise CommandError(f"An anchor is being written to {place} at this moment. Say it again.")
        keys.follow()
