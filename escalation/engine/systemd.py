"""What a unit of ``Type=notify`` wants to hear of us: that we are ready, that we live, that we stop.

Three datagrams (sd_notify(3)), which need no library. Where nobody listens, nothing is said.
"""

import os
import socket
from contextlib import suppress

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def say(what: str) -> None:
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.setblocking(False)  # whoever does not listen is not waited for
        out.sendto(what.encode(), "\0" + where[1:] if where.startswith("@") else where)
