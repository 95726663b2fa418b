"""The old product's API, asked politely: through the guarded way out, one question at a time, as fast as it allows.

A 429 is waited out: for as long as the answer says, or twice as long each time. So is a server that is away for a
moment. Every wait is said, with its end: whoever looks on must not take it for a standstill. The key goes to the host
it was given for and to no other: of an address in an answer (the next page) only what follows the host is used.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from escalation.kit import outbound
from escalation.kit.errors import Refused
from escalation.notify.web import pause_of

from .answers import NotThere, from_json

MOST = 64 * 1024 * 1024  # bytes of one answer
SECONDS = 60.0
TRIES = 8
LONGEST = 300.0  # seconds, of one wait
_PACES = ("retry-after", "ratelimit-reset", "x-ratelimit-period-in-sec")

Say = Callable[[str], None]  # a line for whoever waits


class Api:
    def __init__(self, base: str, headers: Mapping[str, str], say: Say = lambda _line: None):
        try:
            parts = urlsplit(base if "://" in base else f"https://{base}")
        except ValueError as why:
            raise Refused(f"{base} is no address: {why}.") from None
        if "@" in parts.netloc:  # it would be in every message, and no product is asked so
            raise Refused("--url has a name or a password in it. Give the address alone.")
        self.base, self.prefix = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self.headers, self.say = headers, say
        self.heard = False  # until then an address is more likely wrong than away for a moment
        self.understood = False  # until then it is more likely no API at all

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
                if not self.heard:
                    raise Refused(f"{self.base}: {why}") from None
                trouble, pause = str(why), 2.0**attempt
            else:
                self.heard = True
                if answer.status != 429 and answer.status < 500:
                    return self._read(answer, address)
                trouble, pause = _trouble(answer), _pause(answer, attempt)
            if attempt < TRIES - 1:
                self._wait(pause, trouble)
        raise Refused(
            f"{self.base}: {trouble} That was asked {TRIES} times. Try again later:"
            " an --export of the same name goes on where it stopped."
        )

    def _wait(self, seconds: float, trouble: str) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        self.say(f"{self.base}: {trouble} Asked again in {seconds:.0f} s, at {until:%H:%M:%S} UTC.")
        time.sleep(seconds)

    def _read(self, answer: outbound.Answer, address: str) -> Any:
        if answer.status == 401:
            raise Refused(f"{self.base} does not know this key (401). Some products have one host for each region.")
        if 300 <= answer.status < 400 and not self.understood:
            raise Refused(f"{self.base} leads elsewhere ({answer.status}). Give the address it leads to with --url.")
        if not answer.fine:
            raise NotThere(f"{address} was refused ({answer.status}).")
        if not answer.whole:
            raise NotThere(f"The answer to {address} broke off, or is larger than {MOST >> 20} MiB.")
        try:
            found = from_json(answer.body)
        except ValueError:
            if not self.understood:
                raise Refused(f"{self.base} answers, but not with JSON: it is not the API. Look at --url.") from None
            raise NotThere(f"The answer to {address} is not JSON.") from None
        self.understood = True
        return found


def _asked_for(answer: outbound.Answer) -> float | None:
    """How many seconds it wants to be left alone, if it says so."""
    said = next((answer.headers[name] for name in _PACES if name in answer.headers), None)
    return pause_of(said) if answer.status == 429 else None


def _pause(answer: outbound.Answer, attempt: int) -> float:
    asked = _asked_for(answer)
    return min(LONGEST, 2.0**attempt if asked is None else max(1.0, asked))


def _trouble(answer: outbound.Answer) -> str:
    asked = _asked_for(answer)
    if asked is None:
        return f"It answered {answer.status}."
    return f"It asks to wait {'an hour or more' if asked >= 3600 else f'{asked:.0f} s'} ({answer.status})."


def page(address: str, *, base: str = "") -> str:
    """Of the address of the next page, what follows the host; empty if it is none. ``base``: how every path begins."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = parts.path.removeprefix(base.rstrip("/")) if base else parts.path
    path = "/" + path.lstrip("/")  # whatever it is, it stays behind the host
    return f"{path}?{parts.query}" if parts.query else path
