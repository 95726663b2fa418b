"""A message as it leaves: the exact bytes that are signed, and the headers. Pure: no database, no clock.

Every try has its own timestamp and signatures over the same id and body; a receiver refuses an old timestamp.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from escalation.notify.chat import cut_bytes
from escalation.notify.webhook import signature

MOST = 20_000  # bytes of a body
_TEXT = 12_000  # of what somebody wrote
_LITTLE = 400  # of a text and of a title, where that is still too much
AGENT = "Baton-Webhooks/1"
PLAIN, STRUCTURED, BINARY = "plain", "structured", "binary"
_LISTS = ("people", "mentioned", "added", "removed")


@dataclass(frozen=True)
class Event:
    """What is told. ``at`` is an instant as the wire has it; ``text`` what somebody wrote."""

    mid: str
    type: str
    at: str
    facts: Mapping[str, Any]
    text: str = ""


def body_of(event: Event, *, format: str, address: str) -> bytes:
    """``address``: this installation's own, which CloudEvents want for a source."""
    data = _data(event, _TEXT)
    body = _written(event, data, format, address)
    if len(body) > MOST:
        body = _written(event, _cut(_data(event, _LITTLE)), format, address)
    return body


def headers_of(
    event: Event, body: bytes, *, now: int, keys: Sequence[bytes], format: str, address: str, authorization: str = ""
) -> dict[str, str]:
    """``now``: seconds of this try. ``keys``: the newest first, each signs."""
    kind = "application/cloudevents+json" if format == STRUCTURED else "application/json"
    found = {
        "Content-Type": f"{kind}; charset=utf-8",
        "User-Agent": AGENT,
        "webhook-id": event.mid,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(signature(key, event.mid, now, body) for key in keys),
    }
    if format == BINARY:
        context = _context(event, address)
        found |= {f"ce-{name}": _in_a_header(value) for name, value in context.items()}
    if authorization:
        found["Authorization"] = authorization
    return found


def _data(event: Event, most: int) -> dict[str, Any]:
    data = dict(event.facts)
    if event.text:
        text = cut_bytes(event.text, most)
        data["change"] = {**data.get("change", {}), "text": text}
        if text != event.text:
            data["truncated"] = True
    return data


def _cut(data: dict[str, Any]) -> dict[str, Any]:
    """Down to what always fits: a short title, and nothing long of the change."""
    incident, change = dict(data.get("incident", {})), dict(data.get("change", {}))
    incident["title"] = cut_bytes(str(incident.get("title", "")), _LITTLE)
    change = {name: value for name, value in change.items() if name not in _LISTS}
    return {**data, "incident": incident, "change": change, "truncated": True}


def _written(event: Event, data: Mapping[str, Any], format: str, address: str) -> bytes:
    said: Mapping[str, Any] = {"type": event.type, "timestamp": event.at, "data": data}
    if format == STRUCTURED:
        said = {**_context(event, address), "datacontenttype": "application/json", "data": data}
    elif format == BINARY:
        said = data
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _context(event: Event, address: str) -> dict[str, str]:
    """What CloudEvents 1.0 calls context attributes."""
    number = event.facts.get("incident", {}).get("id")
    subject = {"subject": f"incident/{number}"} if number else {}
    kind = f"{_reversed(address)}.{event.type}.v1"
    return {"specversion": "1.0", "id": event.mid, "source": address, "type": kind, "time": event.at, **subject}


def _reversed(address: str) -> str:
    """The host, as names of types begin: ``com.example.desk``; of a bare address nothing can be said."""
    host = urlsplit(address).hostname or ""
    parts = host.split(".")
    return "baton" if ":" in host or parts[-1].isdigit() else ".".join(reversed(parts))


def _in_a_header(value: str) -> str:
    return quote(value, safe="!#$&'()*+,/:;<=>?@[]^_`{|}~-.")
