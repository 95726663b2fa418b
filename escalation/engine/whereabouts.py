"""Where the pages are: as people type it, as they listen, and whether they answer there."""

import http.client
import socket
from urllib.parse import urlsplit

from django.conf import settings


def own_port() -> int:
    """The port of our address where that is this machine itself; behind a proxy, the usual 8000."""
    address = urlsplit(settings.ADDRESS)
    return address.port or 8000 if address.hostname in ("127.0.0.1", "localhost", "::1") else 8000


def address_of(listener: socket.socket, host: str) -> str:
    """As a person on this machine would type it."""
    port = listener.getsockname()[1]
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers(url: str) -> bool:
    """Whether the web process answers at all, whatever it says."""
    client = http.client.HTTPConnection(url.split("//", 1)[1], timeout=60)
    try:
        client.request("GET", "/livez")
        return bool(client.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
