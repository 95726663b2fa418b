"""The guarded way out: every HTTP request that Baton makes to an address somebody typed.

A name is resolved once, *every* address it has is checked against the lists of ``places``, and the
connection goes to a checked address: a name server that answers differently the second time is
never asked a second time. No redirect is followed, no proxy or password is taken from the
environment, the whole talk has one deadline, and no more than ``MOST`` bytes of the answer are
read, unless the caller says how many. Inner hosts are reached only if an admin named them in
``BATON_OUTBOUND_ALLOW``: by name (whatever that resolves to) or by address or network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.datastructures import CaseInsensitiveMapping

from .places import SECONDS, NotAllowed, OutboundError, approve, checked, is_named, is_public

__all__ = [
    "MOST",
    "SECONDS",
    "Answer",
    "NotAllowed",
    "OutboundError",
    "approve",
    "checked",
    "is_named",
    "is_public",
    "send",
]

MOST = 64 * 1024


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

    told = outbound_talk.exchange(method, url, body=body, headers=headers or {}, seconds=seconds, most=most)
    return Answer(*told)
