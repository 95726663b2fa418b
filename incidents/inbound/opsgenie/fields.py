"""What an alert of the Alert API carries, read leniently: what can be read is kept, and the rest is left out. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from escalation.kit.text import clean, one_line

from .. import alert
from ..alert import Invalid

TAGS, TAG_LIMIT = 20, 50
NAMES, NAME_LIMIT = 50, 255
NOTE_LIMIT = 25_000
PRIORITIES = {f"P{number}": number for number in range(1, 6)}  # as many as there are severities
DEFAULT_PRIORITY = "P3"
TAG = "#"  # before a tag among an alert's labels
OWN = "opsgenie."  # before a field that is no detail
_ESCAPE = "="  # before a detail whose name begins like one of these

Payload = Mapping[str, Any]


class Unprocessable(Invalid):
    """JSON, but not what the call needs: ``errors`` says why, by the field."""

    def __init__(self, **errors: str):
        super().__init__("Request body is not processable. Please check the errors.", status=422)
        self.errors = errors


# --- reading ----------------------------------------------------------------------------------


def said(payload: Payload, name: str, *, limit: int = NAME_LIMIT) -> str:
    """One line of text; a plain number is one too."""
    return one_line(_text(payload.get(name)), limit=limit)


def words(payload: Payload, name: str, *, limit: int) -> str:
    """Text of many lines."""
    return clean(_text(payload.get(name)), limit=limit).strip()


def needed(payload: Payload, name: str, *, limit: int) -> str:
    """``words``, or ``Unprocessable`` if there are none."""
    found = words(payload, name, limit=limit)
    if not found:
        raise Unprocessable(**{name: f"{name.capitalize()} can not be empty."})
    return found


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def priority(payload: Payload) -> str | None:
    """``P1`` to ``P5``; None if it says nothing. Raises ``Unprocessable`` for what is none of them."""
    given = payload.get("priority")
    if given is None or given == "":
        return None
    name = given.strip().upper() if isinstance(given, str) else ""
    if name not in PRIORITIES:
        raise Unprocessable(priority="Priority must be one of P1, P2, P3, P4 and P5.")
    return name


def future(payload: Payload, name: str, now: datetime) -> datetime:
    """An instant that is still to come. Raises ``Unprocessable``."""
    given = payload.get(name)
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) and len(given) < 64 else None
        if read is not None:
            read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        read = None
    if read is None:
        raise Unprocessable(**{name: f"{name} must be a time such as 2026-11-23T14:00:00Z."})
    if read <= now:
        raise Unprocessable(**{name: f"{name} must be in the future."})
    return read


def tags(value: Any) -> list[str]:
    """At most so many, in their order, each once."""
    return names(value, limit=TAG_LIMIT)[:TAGS]


def names(value: Any, *, limit: int = NAME_LIMIT) -> list[str]:
    """A list of texts, or one text with commas."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    found = (one_line(_text(name), limit=limit) for name in listed)
    return list(dict.fromkeys(name for name in found if name))


def details(value: Any) -> dict[str, str]:
    """Names with their values as text; what is nested stays JSON."""
    if not isinstance(value, dict):
        return {}
    return alert.labels({name: item if isinstance(item, str) else _as_json(item) for name, item in value.items()})


def _as_json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def responders(value: Any) -> list[tuple[str, str]]:
    """(type, name) of each that is named; an empty name, which some senders write, is nobody."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            name = next((text for key in ("username", "name", "id") if (text := said(one, key))), "")
            kind = said(one, "type", limit=20) or ("user" if "username" in one else "team")
            if name:
                found.append((kind, name))
    return found[:NAMES]


def link(source: str, given: Mapping[str, str]) -> str:
    """Where one can read on: the first address among what was sent."""
    return next((url for text in (given.get("url"), source, *given.values()) if (url := alert.link(text))), "")


# --- keeping ----------------------------------------------------------------------------------


def labels(own: Mapping[str, str], given_tags: Sequence[str] = (), given: Mapping[str, str] | None = None) -> dict:
    """One map of everything, as an alert keeps it; ``parts`` takes it apart again."""
    found = {OWN + name: value for name, value in own.items() if value}
    found |= {tag_label(tag): "" for tag in given_tags}
    return alert.labels(found | {detail_label(name): value for name, value in (given or {}).items()})


def described(text: str) -> dict[str, str]:
    """Longer than any other label."""
    return {f"{OWN}description": text}


def tag_label(tag: str) -> str:
    return TAG + tag


def detail_label(name: str) -> str:
    return _ESCAPE + name if name.startswith((TAG, OWN, _ESCAPE)) else name


def parts(kept: Mapping[str, str]) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """The fields, the tags and the details of an alert's labels."""
    own = {name.removeprefix(OWN): value for name, value in kept.items() if name.startswith(OWN)}
    listed = [name.removeprefix(TAG) for name in kept if name.startswith(TAG)]
    free = {name.removeprefix(_ESCAPE): text for name, text in kept.items() if not name.startswith((TAG, OWN))}
    return own, listed, free


def routing(own: Mapping[str, str], given_tags: Sequence[str], named: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What may choose a service: the fields, the tags ``name:value``, and as ``team`` the first that is to respond."""
    team = next((name for kind, name in named if kind == "team"), "")
    pairs = dict(tag.split(":", 1) for tag in given_tags if ":" in tag)
    return alert.labels({**pairs, **own, **({"team": team} if team else {})})
