"""The guarded way out: every HTTP request that Baton makes to an address somebody typed.

A name is resolved once, *every* address it has is checked against the lists below, and the
connection goes to a checked address: a name server that answers differently the second time is
never asked a second time. No redirect is followed, no proxy or password is taken from the
environment, the whole talk has one deadline, and no more than ``MOST`` bytes of the answer are
read, unless the caller says how many. Inner hosts are reached only if an admin named them in
``BATON_OUTBOUND_ALLOW``: by name (whatever that resolves to) or by address or network.
"""

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_hardened import Config, HTTPSession
from urllib3.connectionpool import HTTPConnectionPool

SECONDS = 10.0
MOST = 64 * 1024
_GRACE = 0.5  # seconds: a step that ends by its own timeout says so more clearly

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
    headers: Mapping[str, str] = field(default_factory=CaseInsensitiveDict)

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
    talk = _Talk(time.monotonic() + seconds)
    # Asked for uncompressed, because a small answer may unpack to a huge one.
    told = {"Accept-Encoding": "identity", "User-Agent": "Baton", **(headers or {})}
    config = Config(
        ip_filter_enable=False,  # its filter checks one address of several, and knows no allow-list
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(seconds, seconds),
    )
    try:
        with talk, HTTPSession(config) as session:
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Guarded(talk))
            with session.request(method, url, data=body, headers=told, stream=True) as response:
                if talk.over:  # its head ended only because we hung up
                    raise OutboundError("It did not answer in time.")
                return _read(response, talk, most)
    except requests.exceptions.Timeout:
        raise OutboundError("It did not answer in time.") from None
    except requests.exceptions.SSLError:
        raise OutboundError("Its certificate is not trusted.") from None
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
        raise NotAllowed("This is not an http or https address.") from None
    except (requests.RequestException, OSError, ValueError):
        raise OutboundError("It did not answer in time." if talk.over else "It could not be reached.") from None


def _read(response: requests.Response, talk: "_Talk", most: int) -> Answer:
    """The status is known already, so an answer that breaks off is an answer all the same."""
    try:
        body = response.raw.read(most + 1, decode_content=False)
    except Exception:  # urllib3 has many words for a broken line
        return Answer(response.status_code, b"", whole=False, headers=response.headers)
    whole = len(body) <= most and not talk.over
    return Answer(response.status_code, body[:most], whole=whole, headers=response.headers)


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


# --- the connection -----------------------------------------------------------------------------


@dataclass
class _Talk:
    """One exchange with its deadline: a server that drips keeps every single step in time, so hang up on it."""

    end: float
    over: bool = False
    _lines: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "_Talk":
        self._cut = threading.Timer(self.left + _GRACE, self._hang_up)
        self._cut.daemon = True
        self._cut.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._cut.cancel()
        for line in self._lines:
            line.close()

    @property
    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())

    def _hang_up(self) -> None:
        self.over = True
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int) -> socket.socket:
        """To the first of the checked addresses that answers."""
        for address in checked(host, port, seconds=self.left):
            if not self.left:
                break
            with contextlib.suppress(OSError):
                line = socket.create_connection((address, port), timeout=self.left)
                self._lines.append(line.dup())  # TLS takes the first one away
                return line
        raise OutboundError("It could not be reached.")


class _Guarded(HTTPAdapter):
    """Connections go where ``checked`` says; names stay names, for the Host header and the certificate."""

    def __init__(self, talk: _Talk) -> None:
        super().__init__(max_retries=0)
        self._talk = talk

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        talk = self._talk

        class Connection(pool.ConnectionCls):  # type: ignore[name-defined]
            def _new_conn(self) -> socket.socket:
                return talk.connect(self._dns_host, self.port)

        pool.ConnectionCls = Connection
        return pool
