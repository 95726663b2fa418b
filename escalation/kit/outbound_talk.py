"""One exchange with a server elsewhere, for ``outbound.send``, which says who may be talked to."""

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from django.utils.datastructures import CaseInsensitiveMapping
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from urllib3.connectionpool import HTTPConnectionPool

from .places import NotAllowed, OutboundError, checked

Told = tuple[int, bytes, bool, Mapping[str, str]]  # status, body, whether that is all of it, headers
_GRACE = 0.5  # seconds: a step that ends by its own timeout says so more clearly


def exchange(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, most: int
) -> Told:
    """As ``outbound.send``, in the order of its ``Answer``."""
    talk = _Talk(time.monotonic() + seconds)
    # Asked for uncompressed, because a small answer may unpack to a huge one.
    told = {"Accept-Encoding": "identity", "User-Agent": "Baton", **headers}
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


def _read(response: requests.Response, talk: "_Talk", most: int) -> Told:
    """The status is known already, so an answer that breaks off is an answer all the same."""
    try:
        body = response.raw.read(most + 1, decode_content=False)
    except Exception:  # urllib3 has many words for a broken line
        return response.status_code, b"", False, CaseInsensitiveMapping(response.headers)
    whole = len(body) <= most and not talk.over
    return response.status_code, body[:most], whole, CaseInsensitiveMapping(response.headers)


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
