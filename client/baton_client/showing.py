"""Answers as lines of text. What others wrote is shown, never obeyed: signs that steer a terminal are taken out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .commands import Operation
from .errors import BatonError, Problem

COLUMNS = {  # of lists whose rows have more than fits on a line
    "incidents": ("ref", "severity", "status", "baton.holder", "service", "title"),
    "cues": ("due", "incident", "title", "why"),
    "oncall": ("schedule", "person", "until", "next", "next_at"),
}
NAMES = ("ref", "name", "title")  # by which a thing in a thing is called
MOST = 7  # columns
WIDE = 60  # letters of one
_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def show(answer: Any, operation: Operation, *, as_json: bool) -> None:
    if isinstance(answer, bytes):
        sys.stdout.buffer.write(answer)
        sys.stdout.flush()
    elif as_json:
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        _print(_STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    else:
        _print("".join(f"{line}\n" for line in lines(answer, operation)))


def _print(text: str) -> None:
    sys.stdout.write(text.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
    sys.stdout.flush()


def refusal(error: BatonError) -> Iterator[str]:
    """Why not, and at which field."""
    yield f"baton: {plain(str(error))}"
    if isinstance(error, Problem):
        for where, said in error.fields.items():
            name = where.partition(".")[2]  # without “body”, which nobody typed
            yield f"  {plain(name)}: {plain(' '.join(said))}" if name else f"  {plain(' '.join(said))}"


def plain(text: str) -> str:
    return _STEERS.sub("", text)


def lines(answer: Any, operation: Operation) -> Iterator[str]:
    if answer is None:
        yield "Done."
    elif isinstance(answer, Mapping) and isinstance(answer.get("items"), list):
        yield from table(answer["items"], operation.noun)
        if answer.get("more") or answer.get("next"):
            yield "There are more: --all shows them."
    elif isinstance(answer, Mapping) and operation.noun == "incidents" and operation.verb != "show" and "ref" in answer:
        found = (_at(answer, name) for name in COLUMNS["incidents"])
        yield " · ".join(cell(one) for one in found if one is not None)
    elif isinstance(answer, Mapping):
        yield from facts(answer)
    else:
        yield cell(answer)


def table(rows: list[Any], noun: str) -> Iterator[str]:
    if not rows:
        yield "None."
        return
    if not isinstance(rows[0], Mapping):
        yield from (cell(row) for row in rows)
        return
    wanted = [name for name in COLUMNS.get(noun, ()) if name.partition(".")[0] in rows[0]]
    names = wanted or [name for name, value in rows[0].items() if not isinstance(value, list)][:MOST]
    heads = [name.rpartition(".")[2].replace("_", " ") for name in names]
    whole = [heads, *([_cut(cell(_at(row, name))) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in whole) for n in range(len(names))]
    for line in whole:
        yield "  ".join(one.ljust(width) for one, width in zip(line, widths, strict=True)).rstrip()


def _at(row: Mapping[str, Any], name: str) -> Any:
    """``baton.holder``: the holder of its baton, if it has one."""
    first, _dot, rest = name.partition(".")
    found = row.get(first)
    return _at(found, rest) if rest and isinstance(found, Mapping) else None if rest else found


def facts(answer: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    space = "  " * depth
    width = max((len(name) for name in answer), default=0)
    for name, value in answer.items():
        head = f"{space}{name.replace('_', ' '):<{width}}"
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f"{space}{name.replace('_', ' ')}:"
            yield from (f"{space}  {line}" for line in table(value, name))
        elif value not in (None, [], {}, ""):
            text = plain(value) if isinstance(value, str) else cell(value)
            first, *rest = text.split("\n")
            yield f"{head}  {first}"
            yield from (f"{space}{'':<{width}}  {line}" for line in rest)


def cell(value: Any) -> str:
    """On one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        name = next((value[one] for one in NAMES if value.get(one)), None)
        return cell(name) if name is not None else ", ".join(_pairs(value))
    if isinstance(value, list):
        return ", ".join(cell(one) for one in value)
    return " ".join(plain(str(value)).split())


def _pairs(value: Mapping[str, Any]) -> Iterable[str]:
    return (f"{name} {cell(one)}" for name, one in value.items() if one not in (None, [], {}, ""))


def _cut(text: str) -> str:
    return text if len(text) <= WIDE else f"{text[: WIDE - 1]}…"
