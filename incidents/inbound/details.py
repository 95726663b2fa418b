"""What events carry besides: free details of any shape, links and images, as text that people can read. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from escalation.kit.text import one_line

from . import alert

LINES = 40  # details spelled out in a symptom
WIDE = 400  # characters of one
LINKS = 10


def as_map(details: Any) -> Mapping[str, Any]:
    """Some senders give a text or a list where the contract wants an object."""
    if isinstance(details, dict):
        return details
    return {} if details in (None, "", []) else {"details": details}


def flat(details: Any) -> dict[str, Any]:
    """Those that are one value: they can choose a service, and are found."""
    return {name: value for name, value in as_map(details).items() if isinstance(value, str | int | float)}


def links(value: Any, of: str = "href") -> list[tuple[str, str]]:
    """(words, address) of those that lead to the web."""
    found = []
    for one in value[:LINKS] if isinstance(value, list) else ():
        href = alert.link(one.get(of)) if isinstance(one, dict) else ""
        if href:
            words = one.get("text") or one.get("alt")
            found.append((one_line(words, limit=120) if isinstance(words, str) else "", href))
    return found


def body(details: Any, links: Sequence[tuple[str, str]]) -> str:
    """A line for each detail, then the links."""
    listed = list(as_map(details).items())
    lines = [f"{name}: {_said(value)}" for name, value in listed[:LINES] if value not in (None, "", [], {})]
    if len(listed) > LINES:
        lines.append(f"… and {len(listed) - LINES} more")
    lines += [f"{words or 'Link'}: {href}" for words, href in dict.fromkeys(links)]
    return alert.body("\n".join(lines))


def _said(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), limit=WIDE)
