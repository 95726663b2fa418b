"""One django-q2 cluster, as ``manage.py up`` starts it. By hand: on a host that serves no pages."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from escalation.kit import checks, failpoint


class Command(BaseCommand):
    help = "Runs one cluster (timers or general) until it is told to stop."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        known: dict[str, Any] = settings.Q_CLUSTER
        parser.add_argument("name", choices=[known["name"], *known["ALT_CLUSTERS"]])

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if os.environ.get("Q_CLUSTER_NAME") != name:
            # Both are read when settings and django-q2 are imported, which has happened: begin again.
            os.environ.update(Q_CLUSTER_NAME=name, BATON_ROLE=name)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
        checks.by_hand()
        from escalation.engine import cluster

        failpoint.arm_from_environment()
        cluster.run()
