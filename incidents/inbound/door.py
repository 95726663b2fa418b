"""What a door is: one contract, at the addresses where its senders look for it.

A further door is a further file with a subclass of ``Door``, and a line in ``registry``. A door only knows
its contract: where the key is in a request, how much may come, what a body says (``decode``, pure: it is
called again for what is worked off later), and the contract's own words for every answer. Who may come in,
what is kept and what becomes of it is the same for all, and is not its business.
"""

import base64
import binascii
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpRequest

from incidents.howto import How

from . import reading
from .alert import Invalid, Message

if TYPE_CHECKING:
    from incidents.models import Receipt, Source, SourceKey

RETRY_SECONDS = 5
ANYTHING = re.compile(r".*", re.DOTALL)
JSON = re.compile(r"(application/(json|[\w.+-]+\+json)|text/(plain|json))?", re.IGNORECASE)


@dataclass
class Asked:
    """A request at a door. Its body is read when the door asks for it, and not before: a wrong key costs little."""

    door: "Door"
    request: HttpRequest
    words: Mapping[str, str]  # what the pattern of the address names
    began: float = field(default_factory=time.perf_counter)
    opened: "SourceKey | None" = None  # its key, once that has been found to be right

    @cached_property
    def body(self) -> bytes:
        """Raises ``Invalid``: another media type, more than the door takes, or it broke off."""
        return reading.body_of(self.request, limit=self.door.limit, types=self.door.types, said=self.door.types_said)

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The body's JSON object. Raises ``Invalid``; ``Unreadable`` if it is no JSON."""
        return reading.parse(self.body)

    @property
    def source(self) -> "Source":
        """Whose key it came with."""
        assert self.opened is not None, "nobody knows yet"
        return self.opened.source

    @property
    def authorization(self) -> tuple[str, str]:
        """The scheme in lower case, and what follows."""
        scheme, _space, value = self.request.headers.get("Authorization", "").strip().partition(" ")
        return scheme.lower(), value.strip()


@dataclass(frozen=True)
class Told:
    """What was kept of a request, and how its source is set: all that ``decode`` may go by. No query."""

    source: "Source"
    body: bytes
    envelope: Mapping[str, Any]
    now: datetime  # when it came in

    @cached_property
    def payload(self) -> dict[str, Any]:
        return reading.parse(self.body)


@dataclass(frozen=True)
class Answer:
    """In JSON, whatever happens."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Door(ABC):
    """One contract. The answers here say what went wrong in words of ours; most contracts have their own."""

    name: ClassVar[str]  # kept with each receipt whose source has several doors
    kind: ClassVar[str]  # of the sources it opens
    addresses: ClassVar[Mapping[str, str]]  # an address' name → its pattern, without the slash that may end it
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    limit: int = reading.LIMIT  # bytes
    types: ClassVar[re.Pattern[str]] = JSON
    types_said: ClassVar[str] = "Send JSON, with Content-Type: application/json."

    key_shape: ClassVar[re.Pattern[str]] = ANYTHING  # of a key that is brought along
    key_shape_said: ClassVar[Any] = ""

    # --- coming in ----------------------------------------------------------------------------

    @abstractmethod
    def key(self, asked: Asked) -> str | None:
        """The key as it was sent, right or wrong; None if there is none at all. May raise ``Invalid``."""

    def opens(self, source: "Source") -> bool:
        """Whether a key of ``source`` is one for this door."""
        return source.kind == self.kind

    def look(self, asked: Asked) -> Answer | None:
        """The answer to what leaves no receipt by itself; None for what has to be kept. May raise ``Invalid``."""
        return None

    def kept(self, asked: Asked, source: "Source") -> bytes:
        """The body as it came in, unless there is something in it that must not be kept."""
        return asked.body

    def envelope(self, asked: Asked) -> dict[str, Any]:
        """What ``decode`` needs beside the body, small and plain: kept with it. Never a key."""
        return {}

    @abstractmethod
    def decode(self, told: Told) -> Message:
        """What it says. Pure, and the same each time. Raises ``Invalid`` for the sender's mistakes."""

    def lacks(self) -> Any:
        """What this installation needs so that something can come in here; empty if that is nothing."""
        return ""

    @abstractmethod
    def how(self, key: str) -> How:
        """What is shown with a new key."""

    # --- answers ------------------------------------------------------------------------------

    def accepted(self, asked: Asked, receipt: "Receipt") -> Answer:
        """It is on disk; heard too, unless its state says that it waits."""
        told: dict[str, Any] = {"status": "accepted", "incidents": receipt.outcome.get("incidents", [])}
        if receipt.state == receipt.State.RECEIVED:
            told["message"] = "Stored. It is worked off in a moment."
        if warnings := receipt.outcome.get("warnings"):
            told["warnings"] = warnings
        return Answer(202, told)

    def finished(self, asked: Asked, answer: Answer) -> Answer:
        """What the contract wants to stand in every answer, whatever it says."""
        return answer

    def invalid(self, error: Invalid) -> Answer:
        return Answer(error.status, {"status": "invalid", "message": str(error)})

    def without_key(self) -> Answer:
        return Answer(401, {"status": "unauthorized", "message": "Send the key."})

    def unknown_key(self) -> Answer:
        """The same for a wrong key, an ended one, and one whose source is disabled."""
        return Answer(403, {"status": "unauthorized", "message": "This key is unknown or disabled."})

    def not_allowed(self) -> Answer:
        words = f"Send a {' or a '.join(self.methods)}."
        return Answer(405, {"status": "invalid", "message": words}, {"Allow": ", ".join(self.methods)})

    def too_much(self, words: str, seconds: int) -> Answer:
        """Beyond the source's quota. 503, because some senders retry no 429."""
        return Answer(503, {"status": "busy", "message": words}, {"Retry-After": str(seconds)})

    def unavailable(self) -> Answer:
        """Trouble of ours: nothing was kept."""
        words = "It could not be stored. Try again."
        return Answer(503, {"status": "unavailable", "message": words}, {"Retry-After": str(RETRY_SECONDS)})


def bearer_or_password(asked: Asked) -> str | None:
    """A Bearer token, or a Basic password whatever the user name; unreadable ones are wrong keys."""
    scheme, value = asked.authorization
    if scheme == "bearer":
        return value
    if scheme != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
