"""What is being done at this moment, for the log: a request or a task, by whom, about what.

The outermost begins it and all within add to it, also from another thread, since they share one dictionary. Ids
only: whatever stands here is written into logs.
"""

from contextvars import ContextVar
from typing import Any

_facts: ContextVar[dict[str, Any] | None] = ContextVar("baton_doing", default=None)


def begin(**facts: Any) -> None:
    """Something else is being done from here on: ``request`` (its number), ``task`` (its name)."""
    _facts.set(_said(facts))


def add(**facts: Any) -> None:
    """Known by now: ``person``, ``incident`` (its number). Where nothing was begun, this says nothing."""
    known = _facts.get()
    if known is not None:
        known.update(_said(facts))


def facts() -> dict[str, Any]:
    return dict(_facts.get() or {})


def request_number() -> str:
    """Of the request, also in a task that it led to; empty elsewhere."""
    return str((_facts.get() or {}).get("request", ""))


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "")}
