"""``manage.py demo``: a sample organisation at work, to try Baton out. Nothing leaves this machine."""

import os
import re
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.engine import supervisor
from escalation.notify import vapid
from incidents.demo import organisation, past
from incidents.demo.people import LOGINS


class Command(BaseCommand):
    help = "Runs the demonstration on this machine. Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
        parser.add_argument(
            "--quiet", action="store_true", help="without colleagues and history: nothing happens by itself"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("BATON_DEMO is switched off in the environment. Leave it unset, or set it to 1.")
        os.environ["BATON_DEMO"] = "1"  # for the processes we start
        companions = [] if options["quiet"] else [["demo_life"]]
        errands = [] if options["quiet"] else [["demo_history"]]
        try:
            supervisor.run(
                port=options["port"],
                banner=partial(banner, quiet=options["quiet"]),
                companions=companions,
                errands=errands,
                prepare=self._prepare,
                say=self._say,
            )
        except supervisor.CannotStart as reason:
            raise SystemExit(_for_make(str(reason))) from None

    def _prepare(self) -> None:
        if not organisation.is_ours():
            file = settings.DATABASES["default"]["NAME"]
            raise CommandError(
                f"{file} holds somebody's organisation, and the demonstration would mix with it: move that file away."
            )
        vapid.make()
        organisation.build()
        past.play()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _for_make(reason: str) -> str:
    """The same advice in the words of whoever typed ``make demo``."""
    return re.sub(r"use --port (\d+)", r"run: make demo PORT=\1", reason) if os.environ.get("MAKELEVEL") else reason


def banner(*, quiet: bool) -> str:
    goes_on = [
        "Half a year of history is added in about a minute; pages say how far it is.",
        "Something happens every twenty seconds.",
    ]
    lines = [f"  {login.email:<20} {login.password:<20} {login.what}" for login in LOGINS]
    return "\n".join(
        [
            "",
            "Step in as one of them (the sign-in page has a button for each):",
            *lines,
            "",
            *([] if quiet else goes_on),
            "Ctrl-C stops it; `make clean` forgets it.",
        ]
    )
