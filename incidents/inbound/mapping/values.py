"""A place in what came in, and what is there as text. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TEXT = 16_384  # code points that are looked at of one value
WORK = 8 * 1024 * 1024  # and of all values of one message together

Path = tuple[str | int, ...]

# A macro that its tool did not fill in: {EVENT.ID}, {$ZABBIX.URL}, $HOSTNAME, $HOSTNAME$
_UNFILLED = re.compile(r"\{[$#?]?[A-Z][\w.]*\}|\$[A-Z][A-Z0-9_]*\$?")


class TooMuchWork(Exception):
    """One message asks for more than a mapping may do."""


@dataclass
class Budget:
    """What is left of the work for one message: counted, not timed, so that a message always ends the same way."""

    left: int = WORK

    def spend(self, number: int) -> None:
        self.left -= number + 1
        if self.left < 0:
            raise TooMuchWork


def find(root: Any, path: Path) -> Any:
    """What is there, or None."""
    for step in path:
        if isinstance(step, str):
            root = root.get(step) if isinstance(root, dict) else None
        else:
            root = root[step] if isinstance(root, list) and step < len(root) else None
    return root


def as_text(value: Any) -> str:
    """Plain text, cut to size; empty for what is not there. Lists of plain values are joined, the rest is JSON."""
    if isinstance(value, str):
        value = value[:TEXT].strip()
        return "" if _UNFILLED.fullmatch(value) else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(not isinstance(one, list | dict) for one in value[:TEXT]):
        return _joined(value)
    return _as_json(value) if value else ""


def _joined(values: Sequence[Any]) -> str:
    parts, room = [], TEXT
    for value in values:
        if room <= 0:
            break
        if text := as_text(value):
            parts.append(text)
            room -= len(text) + 2
    return ", ".join(parts)[:TEXT]


def _as_json(value: Any) -> str:
    """Piece by piece, because of a large one only the beginning is wanted."""
    parts, room = [], TEXT
    try:
        for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
            parts.append(piece)
            room -= len(piece)
            if room <= 0:
                break
    except RecursionError:
        return ""
    return "".join(parts)[:TEXT]
