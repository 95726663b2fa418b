"""A mapping and a message in, what it says out. Pure, and always over after a counted amount of work."""

import json
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation.kit.text import clean

from .. import alert
from ..alert import Action
from . import times, words
from .language import FIRST_THAT_FITS, Line, Mapping
from .values import Budget, Path, find

ELEMENTS = 500  # of the list that "each" names


@dataclass
class Said:
    """What one message, or one element of its list, says. ``line``: where in the mapping each field was found."""

    action: Action | None = Action.TRIGGER  # None: to be ignored
    key: str = ""
    title: str = ""
    body: str = ""
    severity: int | None = None
    links: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None
    by: str = ""  # whose name the sender gives
    line: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def apply(
    mapping: Mapping,
    payload: Dict[str, Any],
    *,
    now: datetime,
    headers: Dict[str, str] | None = None,
    query: Dict[str, str] | None = None,
) -> tuple[list[Said], list[str]]:
    """What is said, in its order, and warnings about the whole. Raises ``TooMuchWork``."""
    budget = Budget()
    root = {**_parsed(mapping, payload, budget), "@header": headers or {}, "@query": query or {}, "@item": None}
    if mapping.each is None:
        return [_said(mapping, root, now, budget)], []
    elements = find(root, mapping.each)
    if not isinstance(elements, list):
        return [], ['"each" found no list']
    warnings = []
    if len(elements) > ELEMENTS:
        warnings.append(f"only the first {ELEMENTS} of {len(elements)} elements were heard")
    return [_said(mapping, {**root, "@item": one}, now, budget) for one in elements[:ELEMENTS]], warnings


def without_secrets(mapping: Mapping, payload: Any) -> Any:
    """Of the objects that ``only`` names, just the fields it names. Nothing is changed in place."""
    for path, kept in mapping.only.items():
        payload = _replaced(payload, path, lambda value, kept=kept: _only(value, kept))
    return payload


def _only(value: Any, kept: frozenset[str]) -> Any:
    return {name: one for name, one in value.items() if name in kept} if isinstance(value, dict) else None


def _parsed(mapping: Mapping, payload: Dict[str, Any], budget: Budget) -> Dict[str, Any]:
    """With the JSON that stands in some of its texts."""
    for path in mapping.parsed:
        budget.spend(1)
        payload = _replaced(payload, path, _from_json)
    return payload


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _replaced(value: Any, path: Path, change: Any) -> Any:
    """A copy in which what is at ``path`` has changed; as it is, if there is nothing."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(step, str) and isinstance(value, dict) and value.get(step) is not None:
        return {**value, step: _replaced(value[step], rest, change)}
    if isinstance(step, int) and isinstance(value, list) and step < len(value):
        return [*value[:step], _replaced(value[step], rest, change), *value[step + 1 :]]
    return value


# --- one of them ------------------------------------------------------------------------------------


def _said(mapping: Mapping, root: Dict[str, Any], now: datetime, budget: Budget) -> Said:
    said = Said()
    first = {name: _first(mapping, name, root, said, budget) for name in FIRST_THAT_FITS}
    _act(said, first["action"])
    said.key, said.title = clean(first["key"]).strip(), alert.title(first["title"][: 2 * alert.TITLE_LIMIT])
    said.by = alert.title(first["by"])[:80]
    if first["severity"]:
        said.severity = words.severity(first["severity"])
        if said.severity is None:
            said.warnings.append(f'severity "{alert.title(first["severity"])[:40]}" is not known')
    if first["time"]:
        said.at = times.instant(first["time"], now)
    for line, text in _all(mapping, "link", root, said, budget):
        if address := alert.link(text):
            said.links[line.name] = address
        else:
            said.warnings.append(f'link "{line.name}" is no http or https address')
    said.labels = alert.labels({line.name: text for line, text in _all(mapping, "label", root, said, budget)})
    said.body = alert.body("\n".join(text for _line, text in _all(mapping, "body", root, said, budget)))
    return said


def _act(said: Said, word: str) -> None:
    if word.casefold() == words.IGNORE:
        said.action = None
    elif word:
        action = words.action(word)
        if action is None:
            said.warnings.append(f'action "{alert.title(word)[:40]}" is not known: taken as trigger')
        said.action = action or Action.TRIGGER


def _first(mapping: Mapping, name: str, root: Dict[str, Any], said: Said, budget: Budget) -> str:
    for line in mapping.of(name):
        if text := _fits(line, root, budget):
            said.line[name] = line.number
            return text
    return ""


def _all(mapping: Mapping, name: str, root: Dict[str, Any], said: Said, budget: Budget) -> list[tuple[Line, str]]:
    found = [(line, text) for line in mapping.of(name) if (text := _fits(line, root, budget))]
    if found:
        said.line[name] = found[0][0].number
    return found


def _fits(line: Line, root: Dict[str, Any], budget: Budget) -> str | None:
    budget.spend(1)
    if all(condition.holds(root, budget) for condition in line.conditions):
        return line.text.render(root, budget)
    return None
