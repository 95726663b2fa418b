"""Half a year of history, as ``manage.py demo`` has it made once the desk is up. Ends when it is there."""

import os
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from escalation.engine import lifeline
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
        os.nice(10)  # the desk goes first
        _wait_for_the_desk()
        said = 0
        for history in making.make():
            if history.made // SAID > said or history.over:
                said = history.made // SAID
                self.stdout.write(f"Half a year of history: {history.made} of {history.count}")
                self.stdout.flush()


def _wait_for_the_desk() -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{settings.ADDRESS}/livez", timeout=5):  # noqa: S310 (this machine)
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.5)
