"""The old product's API, asked politely: through the guarded way out, one question at a time, as fast as it allows.

A 429 is waited out: for as long as the answer says, or twice as long each time. So is a server that is away for a
moment. The key goes to the host it was given for and to no other: of an address in an answer (the next page) only what
follows the host is used.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from escalation.kit import outbound
from escalation.kit.errors import Refused

from .answers import NotThere, from_json

MOST = 64 * 1024 * 1024  # bytes of one answer
SECONDS = 60.0
TRIES = 8
LONGEST = 300.0  # seconds, of one wait
_PACES = ("retry-after", "ratelimit-reset", "x-ratelimit-period-in-sec")


class Api:
    def __init__(self, base: str, headers: Mapping[str, str]):
        try:
            parts = urlsplit(base if "://" in base else f"https://{base}")
        except ValueError as why:
            raise Refused(f"{base} is no address: {why}.") from None
        if "@" in parts.netloc:  # it would be in every message, and no product is asked so
            raise Refused("--url has a name or a password in it. Give the address alone.")
        self.base, self.prefix = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self.headers = headers
        self.heard = False  # until then an address is more likely wrong than away for a moment

    def get(self, address: str) -> Any:
        return self.ask("GET", address)

    def ask(self, method: str, address: str, body: bytes | None = None) -> Any:
        """The JSON of the answer. ``NotThere``: it is refused or unknown; ``Refused``: nothing can be had at all."""
        for attempt in range(TRIES):
            try:
                answer = outbound.send(
                    method,
                    self.base + self.prefix + address,
                    body=body,
                    headers=self.headers,
                    seconds=SECONDS,
                    most=MOST,
                )
            except outbound.NotAllowed as why:
                raise Refused(f"{self.base}: {why}") from None
            except outbound.OutboundError as why:
                if attempt == TRIES - 1 or not self.heard:
                    raise Refused(f"{self.base}: {why}") from None
                time.sleep(2.0**attempt)
                continue
            self.heard = True
            if answer.status == 429 or answer.status >= 500:
                time.sleep(_pause(answer, attempt))
                continue
            return self._read(answer, address)
        raise Refused(
            f"{self.base} asks to wait longer than is sensible. Try again later: what is kept is not asked again."
        )

    def _read(self, answer: outbound.Answer, address: str) -> Any:
        if answer.status == 401:
            raise Refused(f"{self.base} does not know this key (401). Some products have one host for each region.")
        if not answer.fine:
            raise NotThere(f"{address} was refused ({answer.status}).")
        if not answer.whole:
            raise NotThere(f"The answer to {address} broke off, or is larger than {MOST >> 20} MiB.")
        try:
            return from_json(answer.body)
        except ValueError:
            raise NotThere(f"The answer to {address} is not JSON.") from None


def _pause(answer: outbound.Answer, attempt: int) -> float:
    said = next((answer.headers[name] for name in _PACES if name in answer.headers), "")
    if answer.status == 429 and said.strip().isdigit():
        return min(LONGEST, max(1.0, float(said)))
    return min(LONGEST, 2.0**attempt)


def page(address: str, *, base: str = "") -> str:
    """Of the address of the next page, what follows the host; empty if it is none. ``base``: how every path begins."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = parts.path.removeprefix(base.rstrip("/")) if base else parts.path
    path = "/" + path.lstrip("/")  # whatever it is, it stays behind the host
    return f"{path}?{parts.query}" if parts.query else path
