"""What is said of an import: for people, and for programs. No key, no telephone number."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from escalation.kit.text import one_line

from .comparing import Difference, Who
from .moving import Action, Item
from .records import Level, Note

LONGEST = 400  # characters of a name or a note
_SIGNS = {Action.MAKE: "+", Action.CHANGE: "~", Action.SAME: "=", Action.LEAVE: "✗"}
_LEVELS = {Level.NOTE: "i", Level.CHANGED: "⚠", Level.LEFT: "✗"}


def of(item: Item) -> Iterator[str]:
    half = "  (out of use: something it needs does not come over)" if item.half else ""
    yield f"{_SIGNS[item.action]} {item.kind} {_flat(item.name)}{half}"
    if item.action is Action.CHANGE:
        yield from (f"    {name}: {_short(was)} → {_short(will)}" for name, (was, will) in item.changes.items())
    yield from (f"    {_LEVELS[level]} {_flat(text)}" for level, text in item.notes)


def ending(items: Sequence[Item], notes: Sequence[Note], *, done: bool) -> Iterator[str]:
    for note in notes:
        yield f"{_LEVELS[note.level]} {note.kind} {_flat(note.name)}: {_flat(note.text)}"
    counts = Counter(item.action for item in items)
    unread = {(note.kind, note.id) for note in notes if note.id and note.level is Level.LEFT}
    counts[Action.LEAVE] += len(unread)
    said = ", ".join(f"{counts[action]} {action.value}" for action in Action)
    yield f"{said}." if done else f"Plan: {said}. Nothing was written; --apply does it."


def differing(found: Sequence[Difference], missing: Sequence[str], asked: int) -> Iterator[str]:
    for name in missing:
        yield f"✗ {_flat(name)} is not here."
    for one in found:
        span = f"{one.start:%Y-%m-%d %H:%M} – {one.end:%Y-%m-%d %H:%M} UTC"
        yield f"≠ {_flat(one.schedule)}, {span}: there {_who(one.there)}, here {_who(one.here)}"
    different = f"{len(found)} differences" if found else "no difference"
    lacking = (
        f" in what is here; {len(missing)} {'schedules are' if missing[1:] else 'schedule is'} not" if missing else ""
    )
    yield f"Compared at {asked} instants: {different}{lacking}."


def plain(items: Sequence[Item], notes: Iterable[Note]) -> dict[str, Any]:
    return {
        "items": [
            {
                "kind": item.kind,
                "id": item.id,
                "name": item.name,
                "action": item.action.name.lower(),
                "out_of_use": item.half,
                "changes": {name: {"was": was, "will_be": will} for name, (was, will) in item.changes.items()},
                "notes": [{"level": level.name.lower(), "text": text} for level, text in item.notes],
            }
            for item in items
        ],
        "notes": [
            {"kind": one.kind, "id": one.id, "name": one.name, "level": one.level.name.lower(), "text": one.text}
            for one in notes
        ],
    }


def plain_differences(found: Sequence[Difference], missing: Sequence[str], asked: int) -> dict[str, Any]:
    return {
        "asked": asked,
        "missing": list(missing),
        "differences": [
            {
                "schedule": one.schedule,
                "from": one.start.isoformat(),
                "until": one.end.isoformat(),
                "there": sorted(one.there),
                "here": sorted(one.here),
            }
            for one in found
        ],
    }


def _who(people: Who) -> str:
    return ", ".join(sorted(people)) or "nobody"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return one_line(text, limit=120)


def _flat(words: str) -> str:
    """On one line that turns nothing around it: a name from elsewhere may hold anything."""
    return one_line(words, limit=LONGEST)
