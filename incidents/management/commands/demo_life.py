"""The colleagues of the demonstration, as ``manage.py demo`` starts them."""

import logging
import random
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from escalation.engine import lifeline
from incidents.demo import flags
from incidents.demo.life import Life

log = logging.getLogger(__name__)

SHORTEST, LONGEST = 15, 25  # seconds between two things


class Command(BaseCommand):
    help = "Keeps life going in the demonstration until it is told to stop."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pace", type=float, default=1.0, help="2 is twice as fast")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is for the demonstration only.")
        lifeline.name("demo life")
        lifeline.watch_parent()
        life = Life()
        while True:
            self._rest(options["pace"])
            try:
                log.info("%s", life.turn())
            except Exception:  # a fault in the play must not end it, nor fill the terminal
                log.info("life stumbled", exc_info=True)
            finally:
                connections.close_all()

    @staticmethod
    def _rest(pace: float) -> None:
        """A while, and for as long as it is paused."""
        time.sleep(random.uniform(SHORTEST, LONGEST) / pace)  # noqa: S311
        while flags.paused():
            time.sleep(0.5)
