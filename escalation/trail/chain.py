"""The canonical form of an entry, and the seal over it. Pure: no Django, no database.

Whoever wants to verify a chain without Baton needs only this:

* ``canonical`` is JSON after RFC 8785: ASCII keys in order, no spaces, whole numbers only,
  instants as ``2026-03-29T01:30:00.000000Z``.
* ``seal``   = SHA-256 of ``baton-entry-1``, the previous seal and ``canonical``, joined by newlines.
* ``digest`` = SHA-256 of ``baton-text-1``, the salt and the text, joined by newlines.

All in UTF-8, hashes in lower-case hex; the first entry follows ``GENESIS``. A change of any
rule needs a new ``VERSION``, because what has been sealed stays sealed by the old one.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

VERSION = 1
GENESIS = "0" * 64
COLUMNS = (
    "seq",
    "at",
    "kind",
    "actor_kind",
    "actor_id",
    "actor_name",
    "run",
    "policy_version",
    "cause",
    "data",
    "text_digest",
    "prev",
)
_LARGEST = 2**53 - 1  # beyond it, other languages' JSON readers round

_dump = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def canonical(fields: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> str:
    """The text under the seal. ``fields`` are an entry's columns, with ``trail_id`` and ``data`` as JSON text.

    ``data``: what that JSON text says, from whoever has just written it with ``plain``; else it is read.
    """
    covered: dict[str, Any] = {name: fields[name] for name in COLUMNS if name != "data"}
    covered |= {"at": instant(fields["at"]), "trail": fields["trail_id"], "v": VERSION}
    _refuse_unfit(covered)
    if data is None:
        data = json.loads(fields["data"])
        _refuse_unfit(data)
    return _dump(covered | {"data": data})


def seal(prev: str, canonical: str) -> str:
    return _sha256(f"baton-entry-{VERSION}\n{prev}\n{canonical}")


def digest(salt: str, text: str) -> str:
    """What an entry keeps of a free text. The salt stops guessing a removed text from its digest."""
    return _sha256(f"baton-text-{VERSION}\n{salt}\n{text}")


def plain(value: Any) -> str:
    """``value`` as canonical JSON. Floats and other types raise TypeError, unfit keys and numbers ValueError."""
    _refuse_unfit(value)
    return _dump(value)


def instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_unfit(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise ValueError("a number beyond 2**53 - 1 has to be kept as text")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key has to be text, not {type(key).__name__}")
            if not key.isascii():
                raise ValueError(f"a key has to be ASCII: {key!r}")
            _refuse_unfit(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unfit(inner)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form; use text or whole numbers")
