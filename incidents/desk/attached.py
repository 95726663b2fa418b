"""The files beside an incident, as its record tells: no query of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat

from .record import Line

KINDS = ("attached", "detached")
SHOWN = 2 * 1024 * 1024  # bytes; a larger picture is only shown when somebody asks for it


@dataclass(frozen=True)
class File:
    id: int
    name: str
    size: str  # for people
    picture: bool  # small enough to be shown at once
    by: str
    by_id: int | None
    at: datetime


def of_lines(lines: Iterable[Line]) -> list[File]:
    """Those that are still here, in the order in which they came. ``lines``: oldest first."""
    found: dict[int, File] = {}
    for line in lines:
        known = line.data.get("file")
        if line.kind not in KINDS or not isinstance(known, Mapping):
            continue
        if line.kind == "attached":
            found[known["id"]] = _file(line, known)
        else:
            found.pop(known["id"], None)
    return list(found.values())


def _file(line: Line, known: Mapping[str, Any]) -> File:
    name = line.entry.said.text if line.said else str(known["id"])
    small = bool(known["picture"]) and known["size"] <= SHOWN
    entry = line.entry
    return File(known["id"], name, filesizeformat(known["size"]), small, line.actor, entry.actor_id, line.at)
