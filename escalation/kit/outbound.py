"""The guarded way out: every HTTP request that Baton makes to an address somebody typed.

A name is resolved once, *every* address it has is checked against the lists below, and the
connection goes to a checked address: a name server that answers differently the second time is
never asked a second time. No redirect is followed, no proxy or password is taken from the
environment, the whole talk has one deadline, and no more than ``MOST`` bytes of the answer are
read, unless the caller says how many. Inner hosts are reached only if an admin named them in
``BATON_OUTBOUND_ALLOW``: by name (whatever that resolves to) or by address or network.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.datastructures import CaseInsensitiveMapping

SECONDS = 10.0
MOST = 64 * 1024

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


@dataclass(frozen=True)
class Answer:
    """What came back: at most as many bytes of it as were asked for, and whether that is all."""

    status: int
    body: bytes
    whole: bool
    headers: Mapping[str, str] = field(default_factory=lambda: CaseInsensitiveMapping({}))

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300


def send(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int = MOST,
) -> Answer:
    """One request, one answer, whatever its status. Raises ``OutboundError`` if there is none."""
    from . import outbound_talk  # large libraries, which most processes never need

    return outbound_talk.exchange(method, url, body=body, headers=headers or {}, seconds=seconds, most=most)


# --- which addresses ----------------------------------------------------------------------------


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
