"""Where alerts by mail are picked up from a mailbox, as ``manage.py up`` starts it."""

from typing import Any

from django.core.management.base import BaseCommand

from escalation.engine import lifeline
from escalation.kit import failpoint
from incidents.inbound import imap


class Command(BaseCommand):
    help = "Picks alerts up from a mailbox until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.name("mailbox")
        lifeline.watch_parent()
        failpoint.arm_from_environment()
        imap.run()
