"""``If-Match`` for what counts its own changes: the verb is given the version that the program saw."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.http import HttpRequest

from escalation.kit.errors import Refused

from .answers import had
from .problems import Problem

V = TypeVar("V")


def seen(request: HttpRequest, version: V, *, other: V, as_text: Callable[[V], str] = str) -> V | None:
    """For a verb's ``seen``: None if the program does not say, ``version`` if it saw that one, else ``other``."""
    tags = had(request)
    if tags is None:
        return None
    return version if as_text(version) in tags else other


@contextmanager
def matching(request: HttpRequest) -> Iterator[None]:
    """What is stale was asked for with ``If-Match``, so the answer is 412."""
    try:
        yield
    except Refused as refused:
        if refused.code == "stale" and had(request) is not None:
            raise Problem(412, str(refused), code="stale") from refused
        raise
