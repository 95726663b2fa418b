"""``manage.py up``: everything that Baton needs, in one command."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from escalation.engine import supervisor, whereabouts

log = logging.getLogger("baton.up")


def mail_place() -> list[tuple[str, str, int]]:
    """Where alerts by mail come in, and what serves them there: one, or none."""
    if not settings.MAIL_LISTEN:
        return []
    host, _colon, port = settings.MAIL_LISTEN.rpartition(":")
    if not port.isdecimal():
        raise supervisor.CannotStart(f"BATON_MAIL_LISTEN is no host:port: {settings.MAIL_LISTEN}")
    return [("runmail", host.strip("[]") or "127.0.0.1", int(port))]


class Command(BaseCommand):
    help = "Runs Baton: the pages, the timers and the messages. Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (only this machine)")
        parser.add_argument(
            "--port", type=int, default=whereabouts.own_port(), help="%(default)s if not given; 0 takes any free one"
        )
        parser.add_argument("--no-web", action="store_true", help="timers and messages only, for a further host")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mail = mail_place() if not options["no_web"] else []
            where = {"host": options["host"], "port": options["port"], "web": not options["no_web"]}
            box = [["pickmail"]] if settings.IMAP_URL and not options["no_web"] else []
            supervisor.run(**where, listening=mail, companions=box, say=self._say)
        except supervisor.CannotStart as reason:
            raise SystemExit(str(reason)) from None

    def _say(self, line: str) -> None:
        if settings.LOG == "json":  # who reads that reads lines of one form
            log.info(line.strip())
            return
        self.stdout.write(line)
        self.stdout.flush()
