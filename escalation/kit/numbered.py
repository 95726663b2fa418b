"""Every request has a number: in each line of the log, in the answer, on the page that says that something broke.

The proxy's own number is taken where there is a proxy and it looks like one; what anybody else sends is not, since
nobody is to choose what stands in our log. The line of a request says its path without keys and without its query.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import doing
from .addresses import asked_for
from .bounded import App, Message, Receive, Send
from .hiding import hide

log = logging.getLogger("baton.access")
HEADER = b"x-request-id"
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ASKED_ALL_THE_TIME = ("/livez", "/readyz", "/healthz", "/metrics", "/static/", "/favicon.ico")
_LIKE_A_KEY = re.compile(r"(?<=/)(?=[^/]*[^a-z/-])[^/]{16,}")  # a long part of a path that is no words


def numbered(app: App) -> App:
    """``app``, each request of which has a number and leaves a line."""

    async def answered(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        number, begun, status, size = _number(scope), time.monotonic(), 0, 0
        doing.begin(request=number)

        async def with_number(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, number.encode())]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await app(scope, receive, with_number)
        finally:
            _say(scope, status, size, time.monotonic() - begun)

    return answered


def _header(scope: Any, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for one, value in scope["headers"] if one == name)


def _number(scope: Any) -> str:
    said = _header(scope, HEADER)
    trusted = settings.SECURE_PROXY_SSL_HEADER is not None
    return said if trusted and _NUMBER.fullmatch(said) else secrets.token_hex(8)


def _say(scope: Any, status: int, size: int, seconds: float) -> None:
    level = logging.DEBUG if scope["path"].startswith(_ASKED_ALL_THE_TIME) else logging.INFO
    if not log.isEnabledFor(level):
        return
    path, took = shown(scope), round(seconds * 1000)
    client = asked_for(_header(scope, b"x-forwarded-for")) or (scope.get("client") or ("",))[0]
    more = {"method": scope["method"], "path": path, "status": status, "ms": took, "bytes": size, "client": client}
    log.log(level, "%s %s %s in %s ms", scope["method"], path, status or "unanswered", took, extra={"facts": more})


def shown(scope: Any) -> str:
    """The path as it came, percent signs and all: so it has no line ends. Nothing in it opens anything."""
    path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")[:300]
    return _LIKE_A_KEY.sub("…", hide(path))


class WhoMiddleware:
    """Who asks, and about which incident. Behind what has found out who somebody is: it asks the database nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        doing.add(person=getattr(getattr(request, "_cached_user", None), "pk", None), incident=kwargs.get("number"))
