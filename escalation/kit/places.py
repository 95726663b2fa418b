"""Which addresses may be talked to: every one that a name has, resolved once. See ``outbound``."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Sequence
from typing import Any

from django.conf import settings

SECONDS = 10.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Everything that is not somebody's public address. ``is_private`` is no guard: it misses half of these.
_NOT_PUBLIC_4 = _networks(
    "0.0.0.0/8",  # this host
    "10.0.0.0/8",
    "100.64.0.0/10",  # carriers' NAT
    "127.0.0.0/8",
    "168.63.129.16/32",  # Azure's inner services
    "169.254.0.0/16",  # link-local, clouds' metadata
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",
)
_PUBLIC_6 = ipaddress.ip_network("2000::/3")  # NAT64, mapped, local and multicast addresses lie outside
_NOT_PUBLIC_6 = _networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # Teredo, 6to4, documents


class OutboundError(Exception):
    """No answer. ``str`` is a sentence for whoever configured the address; it quotes nobody."""


class NotAllowed(OutboundError):
    """The address is no place to talk to; trying again cannot help."""


def is_public(address: Address) -> bool:
    """Whether it may belong to anybody out there."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
    return not any(address in network for network in _NOT_PUBLIC_4)


def checked(host: str, port: int, *, seconds: float = SECONDS) -> list[str]:
    """The addresses of ``host``, all of which may be talked to; else ``NotAllowed``."""
    found = list(dict.fromkeys(_resolve(host, port, seconds)))
    approve(host, found)
    return found


def approve(host: str, found: Sequence[str]) -> None:
    """Raise ``NotAllowed`` unless each of the addresses ``found`` for ``host`` may be talked to."""
    names, networks = _allowed()
    if _plain(host) in names:
        return
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        plain: Address = getattr(address, "ipv4_mapped", None) or address
        if not is_public(plain) and not any(plain in network for network in networks):
            raise NotAllowed("This is an inner address; BATON_OUTBOUND_ALLOW does not name it.")


def is_named(host: str) -> bool:
    """Whether an admin named ``host`` as it is written here; nothing is resolved."""
    names, networks = _allowed()
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return _plain(host) in names
    return any(address in network for network in networks)


def _plain(host: str) -> str:
    return host.strip().rstrip(".").casefold()


def _allowed() -> tuple[set[str], list[Network]]:
    names: set[str] = set()
    networks: list[Network] = []
    for entry in settings.OUTBOUND_ALLOW:
        try:
            networks.append(ipaddress.ip_network(entry.strip().strip("[]"), strict=False))
        except ValueError:
            names.add(_plain(entry))
    return names, networks


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """In a thread of its own, because the system's resolver keeps no deadline."""
    answers: queue.SimpleQueue[Sequence[Any]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        found = [place[4][0] for place in answers.get(timeout=max(0.0, seconds))]
    except queue.Empty:
        raise OutboundError("Its name was not resolved in time.") from None
    if not found:
        raise OutboundError("Its name is not known.")
    return found
