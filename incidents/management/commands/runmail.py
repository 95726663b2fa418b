"""Where alerts by mail come in, as ``manage.py up`` starts it, on a socket that is open already."""

import asyncio
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from escalation.engine import lifeline
from escalation.kit import failpoint
from incidents.inbound import smtp


class Command(BaseCommand):
    help = "Takes alerts by mail on an inherited listening socket."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, required=True, help="the listening socket's file descriptor")

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.name("mail")
        lifeline.watch_parent()
        failpoint.arm_from_environment()
        asyncio.run(smtp.serve(socket.socket(fileno=options["fd"])))
