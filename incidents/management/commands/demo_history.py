"""Half a year of history, as ``manage.py demo`` has it made once the desk is up. Ends when it is there."""

import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from escalation.engine import lifeline, whereabouts
from incidents.demo.history import making

PATIENCE = 60  # seconds until it begins although nobody answers
SAID = 100  # a line for each so many


class Command(BaseCommand):
    help = "Makes the half year of history of the demonstration, or what is missing of it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is for the demonstration only.")
        lifeline.name("demo history")
        lifeline.watch_parent()
        _wait_for_the_desk()
        said = 0
        for history in making.make():
            if history.made // SAID > said or history.over:
                said = history.made // SAID
                self.stdout.write(f"Half a year of history: {history.made} of {history.count}")
                self.stdout.flush()


def _wait_for_the_desk() -> None:
    """Where it listens, as the supervisor says: the address that people type may lead through a proxy."""
    url, end = os.environ.get("BATON_DESK"), time.monotonic() + PATIENCE
    while url and not whereabouts.answers(url) and time.monotonic() < end:
        time.sleep(0.5)
