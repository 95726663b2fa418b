"""Careful ways into JSON that others wrote: nothing is where it should be until it is seen to be. Pure."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from escalation.kit.text import clean
from escalation.kit.zones import time_zones


class Odd(ValueError):
    """Something is not as documented. ``str()`` says what."""


def at(value: Any, *names: str) -> Any:
    """What is below these names; None if anything on the way is missing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def rows(value: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of a list; of anything else none."""
    found = at(value, *names) if names else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(value: Any, *names: str) -> str:
    found = at(value, *names) if names else value
    if isinstance(found, str):  # without what no database takes
        return found.replace("\x00", "").encode("utf-8", "replace").decode().strip()
    return str(found) if isinstance(found, int) else ""


def needed(value: Any, *names: str) -> str:
    found = text(value, *names)
    if not found:
        raise Odd(f"It has no {'.'.join(names)}.")
    return found


def number(value: Any, *names: str, default: int | None = None, most: int = 1_000_000) -> int:
    found = at(value, *names) if names else value
    if found is None and default is not None:
        return default
    if isinstance(found, str) and found.strip().isdigit():
        found = int(found.strip()[:9])
    if isinstance(found, float) and found == found // 1:
        found = int(found)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise Odd(f"Its {'.'.join(names) or 'number'} is no number that can be meant: {str(found)[:40]}.")
    return found


def cleaned(value: Any) -> Any:
    """All of it, without what no database takes: control characters and halves of surrogate pairs."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {clean(name): cleaned(one) for name, one in value.items()}
    return value


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None if nobody knows it."""
    return ZoneInfo(name) if name in time_zones() else None


def instant(value: Any) -> datetime:
    """An ISO time with its offset, or milliseconds since 1970; in UTC."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        return _iso(str(value).strip())
    except (ValueError, OverflowError, OSError):
        raise Odd(f"“{str(value)[:40]}” is no time.") from None


@lru_cache(maxsize=10_000)
def _iso(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
