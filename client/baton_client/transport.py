"""HTTP with patience: what may have been lost on the way is sent again, with the same key, and done once.

The standard library alone, so that the package can be put wherever a Python is.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from .errors import Garbled, Unreachable, problem

AGAIN = frozenset({429, 502, 503, 504})  # nothing was done, or the key sees to it that it is done once
MOST = 30.0  # seconds of a pause that a server may ask for
READS = ("GET", "HEAD")


class Unset(Enum):
    """What is not said at all, and so stays as it is; ``None`` says that there is none."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET


class Answer(dict[str, Any]):
    """What came back, as its schema says; with its ``etag``, by which a later change can say what it saw."""

    etag: str | None = None


@dataclass(frozen=True)
class File:
    """A file to send: its name for people, and what is in it."""

    name: str
    content: bytes
    kind: str = "application/octet-stream"


class _NoRedirects(HTTPRedirectHandler):
    """A token goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class Transport:
    """One installation, one token. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30.0,
        tries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        agent: str = "baton-client",
    ) -> None:
        """``url``: where people open Baton, such as https://baton.example.com. ``timeout``: seconds for one try."""
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ValueError(f"{url!r} is no address of a Baton: it begins with https://")
        if not (token.isascii() and token.isprintable() and token.strip() == token != ""):
            raise ValueError("This is no token: it begins with baton_ and has letters, digits, - and _ only.")
        self._base = url.rstrip("/")
        self._token, self._timeout, self._tries, self._sleep, self._agent = token, timeout, tries, sleep, agent
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, File] | None = None,
        if_match: str | None = None,
        key: str | None = None,
    ) -> Any:
        """The decoded answer; ``bytes`` if it is no JSON, ``None`` if there is nothing in it.

        ``key``: by which a repeat is known as one; a new one for each call unless it is given.
        """
        content, kind = _content(body, files)
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json, */*;q=0.1"}
        headers["User-Agent"] = self._agent
        if kind:
            headers["Content-Type"] = kind
        if method not in READS:
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        if if_match:
            headers["If-Match"] = if_match
        request = Request(self._address(path, query or {}), content, headers, method=method)  # noqa: S310  http, as checked
        return self._patiently(request)

    def pages(self, call: Callable[[str | None], Any]) -> Iterator[Any]:
        """Every item of a list, page after page; ``call`` gets the cursor."""
        cursor: str | None = None
        while True:
            page = call(cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def _address(self, path: str, query: Mapping[str, Any]) -> str:
        pairs: list[tuple[str, str]] = []
        for name, value in query.items():
            for one in value if isinstance(value, list | tuple) else [value]:
                if one is not None and one is not UNSET:
                    pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
        return f"{self._base}{path}{'?' if pairs else ''}{urlencode(pairs)}"

    def _patiently(self, request: Request) -> Any:
        for left in range(self._tries - 1, -1, -1):
            pause = self._pause(self._tries - 1 - left)
            try:
                with self._opener.open(request, timeout=self._timeout) as response:
                    return _read(response)
            except HTTPError as error:
                told = _left_of(error)
                if error.code not in AGAIN or not left:
                    raise problem(error.code, _told(error, told)) from None
                pause = max(pause, _asked_to_wait(error))
            except (OSError, HTTPException) as error:
                if not left:
                    reason = getattr(error, "reason", error)
                    raise Unreachable(f"No answer from {self._base}: {reason}") from error
            self._sleep(pause)
        raise AssertionError("there is always a last try")

    @staticmethod
    def _pause(tried: int) -> float:
        """Seconds; each time longer, and never the same for everybody."""
        return random.uniform(0.5, 1.0) * 2**tried / 2  # noqa: S311  nobody guards anything with it


def part(value: object) -> str:
    """A value as a part of a path."""
    return quote(str(value), safe="")


def said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A body of what is said."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def _content(body: Mapping[str, Any] | None, files: Mapping[str, File] | None) -> tuple[bytes | None, str]:
    if files:
        return _form(body or {}, files)
    return (None, "") if body is None else (json.dumps(body).encode(), "application/json")


def _form(fields: Mapping[str, Any], files: Mapping[str, File]) -> tuple[bytes, str]:
    """multipart/form-data, in one piece."""
    boundary = uuid.uuid4().hex
    lines: list[bytes] = []
    for name, value in fields.items():
        lines += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()]
    for name, file in files.items():
        called = "".join("_" if one in '"\\\r\n' else one for one in file.name)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{called}"\r\n'
        lines += [f"{head}Content-Type: {file.kind}\r\n\r\n".encode(), file.content, b"\r\n"]
    return b"".join([*lines, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _read(response: HTTPResponse) -> Any:
    content = response.read()
    if not content:
        return None
    if "json" not in (response.headers.get("Content-Type") or ""):
        return content
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Garbled(f"{response.url} says that it answers with JSON, and does not.") from error
    return _answer(found, response.headers.get("ETag")) if isinstance(found, dict) else found


def _answer(found: dict[str, Any], etag: str | None) -> Answer:
    answer = Answer(found)
    answer.etag = etag
    return answer


def _left_of(error: HTTPError) -> bytes:
    """What it says, as far as it got here: its status is known anyway."""
    try:
        with error:
            return error.read()
    except (OSError, HTTPException):
        return b""


def _told(error: HTTPError, content: bytes) -> dict[str, Any]:
    """What a refusal says; what is no problem document, as of a proxy, is told by its status."""
    if 300 <= error.code < 400:
        return {"detail": f"It leads on to {error.headers.get('Location')}: give that address instead."}
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {"detail": f"{error.code} {error.reason}"}
    if isinstance(found.get("state"), dict):
        found["state"] = _answer(found["state"], error.headers.get("ETag"))
    return found


def _asked_to_wait(error: HTTPError) -> float:
    asked = error.headers.get("Retry-After") or ""
    return min(MOST, float(asked)) if asked.isdecimal() else 0.0
