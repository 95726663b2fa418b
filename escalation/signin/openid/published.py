"""What the provider publishes of itself, kept for a while: it is the same at each sign-in, and anybody can begin one.

In this process's memory: each process asks for itself, and a start begins with nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation.kit import clock

KEPT_FOR = 3600.0  # seconds
ANEW_EVERY = 60.0  # so often at most, if what is kept is not enough


@dataclass(frozen=True)
class Page:
    said: dict[str, Any]
    at: float  # seconds of the steady clock


_kept: dict[str, Page] = {}


def read(address: str, fetch: Callable[[], dict[str, Any]], *, anew: bool = False) -> dict[str, Any]:
    """What stands at ``address``; ``fetch`` reads it, and raises what it likes: then nothing is kept."""
    now, page = clock.steady(), _kept.get(address)
    if page is None or now - page.at >= (ANEW_EVERY if anew else KEPT_FOR):
        page = _kept[address] = Page(fetch(), now)
    return page.said


def forget() -> None:
    _kept.clear()
