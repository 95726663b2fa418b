"""What a unit of ``Type=notify`` wants to hear of us: that we are ready, live, stop, or take long.

Datagrams (sd_notify(3)), which need no library. Where nobody listens, nothing is said.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
WAIT = "EXTEND_TIMEOUT_USEC=120000000"  # whatever a start may take, wait two more minutes
AGAIN = 20.0  # seconds


@contextmanager
def taking_long() -> Iterator[None]:
    """Nobody ends the start while the block goes on: a migration that is killed half-way has to begin anew."""
    done = Event()

    def go_on() -> None:
        say(WAIT)
        while not done.wait(AGAIN):
            say(WAIT)

    Thread(target=go_on, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def say(what: str) -> None:
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.setblocking(False)  # whoever does not listen is not waited for
        out.sendto(what.encode(), "\0" + where[1:] if where.startswith("@") else where)
