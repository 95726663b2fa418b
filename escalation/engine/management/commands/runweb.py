"""The web process, as ``manage.py up`` starts it, on a socket that is open already."""

import gc
import socket
import warnings
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils.module_loading import import_string

from escalation.engine import lifeline
from escalation.kit import checks, failpoint


def settle() -> None:
    """The views behind every address are there before somebody asks: the first page would wait for all of them.

    What is loaded by now stays. A collection that walks through it again, in the middle of a page, takes as long as
    the page; and a page makes many objects, few of which refer to themselves."""
    reverse("favicon")  # which reads them all
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class Command(BaseCommand):
    help = "Serves the pages on an inherited listening socket."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, required=True, help="the listening socket's file descriptor")

    def handle(self, *args: Any, **options: Any) -> None:
        checks.by_hand()
        lifeline.name("web")
        lifeline.watch_parent()
        failpoint.arm_from_environment()
        # A fresh clone serves its files from where they lie; that none are collected is no news.
        warnings.filterwarnings("ignore", "No directory at", UserWarning)
        application = import_string("escalation.asgi.application")
        settle()
        config = uvicorn.Config(
            application,
            timeout_graceful_shutdown=1,
            access_log=False,
            log_config=None,  # Django's
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,  # kit.addresses reads them, by how many proxies there are
        )
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=options["fd"])])
