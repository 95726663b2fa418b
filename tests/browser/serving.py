"""The desk, served by uvicorn from a database of its own: a process for each test, forked from a loaded one."""

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from django.conf import settings

LOG = "server.log"
_context = multiprocessing.get_context("forkserver")


def load(env: dict[str, str]) -> None:
    """The process that the servers are forked from, with this environment."""
    _context.set_forkserver_preload(["tests.browser.loaded"])
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - env.keys():
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        forkserver.ensure_running()


def start(file: Path, listener: socket) -> ForkServerProcess:
    """Its settings are the test's: whom it may talk to, and the key for browsers, which is beside the database."""
    told = {name: getattr(settings, name) for name in ("OUTBOUND_ALLOW", "VAPID_KEY")}
    server = _context.Process(target=_serve, args=(file, listener, told), daemon=True)
    server.start()
    return server


def _serve(file: Path, listener: socket, told: dict[str, Any]) -> None:
    import uvicorn

    log = os.open(file.with_name(LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    settings.DATABASES["default"]["NAME"] = str(file)
    settings.HOME = file.parent
    for name, value in told.items():
        setattr(settings, name, value)
    config = uvicorn.Config(
        "escalation.asgi:application", lifespan="off", log_level="warning", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run([listener])
