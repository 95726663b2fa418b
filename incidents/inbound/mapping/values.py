"""A place in what came in, and what is there as text. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

TEXT = 16_384  # code points that are looked at of one value
WORK = 4 * 1024 * 1024  # and of all values of one message together
STEP = 10  # that each look costs, however little is found
LISTED = 100  # elements of a list that is told as text
JSON_TEXT = 2_000  # code points of an object that is told as text, which costs more than to copy them:
JSON_COSTS = 20

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
        self.left -= number + STEP
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


def as_text(value: Any, budget: Budget | None = None) -> str:
    """Plain text, cut to size; empty for what is not there. Lists of plain values are joined, the rest is JSON."""
    budget = budget or Budget()
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value[:LISTED]):
        return ", ".join(text for one in value[:LISTED] if (text := as_text(one, budget)))[:TEXT]
    if isinstance(value, list | dict):
        text = _as_json(value)
        budget.spend(len(text) * JSON_COSTS)
        return text
    text = _plain(value)
    budget.spend(len(text))
    return text


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)[:TEXT].strip()
    return "" if _UNFILLED.fullmatch(text) else text


def _as_json(value: Any) -> str:
    """Piece by piece, because of a large one only the beginning is wanted."""
    parts, room = [], JSON_TEXT if value else 0
    try:
        for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
            if room <= 0:
                break
            parts.append(piece[:room])
            room -= len(piece)
    except RecursionError:
        return ""
    return "".join(parts)
