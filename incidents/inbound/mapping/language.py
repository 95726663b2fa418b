"""A mapping's text read into lines, or what is wrong with it and where. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from . import words
from .texts import Condition, Reader, Text, Wrong, path, read_conditions, read_text
from .values import Path

LENGTH = 16_384  # characters of a whole mapping
LINES = 200
REWRITES = 20  # lines that say "parse" or "only": each copies a part of the message

FIRST_THAT_FITS = ("key", "title", "severity", "action", "time", "by")
ALL_THAT_FIT = ("body", "link", "label")
NAMED = ("link", "label")

_IF = re.compile(r"\sif\s+(?=\{)")
_BARE_IF = re.compile(r"\sif\s+[\w.\[\]-]+\s+(is|has|starts|ends)\s", re.IGNORECASE)
_QUOTED = re.compile(r'\s*"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line; ``line`` counts from 1."""

    line: int
    said: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.said}"


class Unreadable(Exception):
    """``problems`` says what, line by line."""

    def __init__(self, problems: list[Problem]):
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: Text
    conditions: tuple[Condition, ...] = ()
    name: str = ""


@dataclass
class Mapping:
    """What a text says, in its order. Not changed once it is read: it is kept for all messages."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    parsed: list[Path] = field(default_factory=list)
    each: Path | None = None
    only: dict[Path, frozenset[str]] = field(default_factory=dict)

    def of(self, name: str) -> list[Line]:
        return self.lines.get(name, [])


@lru_cache(maxsize=256)
def read(text: str) -> Mapping:
    """Raises ``Unreadable`` with every line that is wrong."""
    if len(text) > LENGTH:
        raise Unreadable([Problem(1, f"The mapping is longer than {LENGTH:,} characters.")])
    lines = text.splitlines()
    if len(lines) > LINES:
        raise Unreadable([Problem(LINES + 1, f"A mapping has at most {LINES} lines.")])
    mapping, problems = Mapping(), []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                _read_line(mapping, number, line)
            except Wrong as error:
                problems.append(Problem(number, str(error)))
    if not problems and not mapping.of("title"):
        problems.append(Problem(max(len(lines), 1), 'A mapping needs a line for "title", such as: title = {message}'))
    if len(mapping.parsed) + len(mapping.only) > REWRITES:
        problems.append(Problem(len(lines), f'A mapping says "parse" and "only" at most {REWRITES} times.'))
    if problems:
        raise Unreadable(problems)
    return mapping


def _read_line(mapping: Mapping, number: int, line: str) -> None:
    before, equals, rest = line.partition("=")
    word, _space, name = before.strip().partition(" ")
    name = name.strip()
    if word in _DIRECT and not equals:
        return _DIRECT[word](mapping, name)
    if not equals or "{" in before:
        raise Wrong('A line reads "field = text", such as: title = {message}')
    if word == "only":
        return _only(mapping, name, rest)
    if word not in (*FIRST_THAT_FITS, *ALL_THAT_FIT):
        known = ", ".join([*FIRST_THAT_FITS, *ALL_THAT_FIT, *_DIRECT, "only"])
        raise Wrong(f'"{word[:40]}" is not known. A line begins with {known}, or with # for a remark.')
    if bool(name) != (word in NAMED):
        told = f"a name: {word} Dashboard = …" if word in NAMED else f'"=" right after it: {word} = …'
        raise Wrong(f'"{word}" needs {told}')
    typed, conditions = _split(rest)
    text = read_text(typed)
    if not text.parts:
        raise Wrong(f'What "{word}" is to be is missing.')
    _check_word(word, text)
    return mapping.lines.setdefault(word, []).append(Line(number, text, conditions, name))


def _split(rest: str) -> tuple[str, tuple[Condition, ...]]:
    """The text, and what stands behind the first `` if {`` that is not within a quoted text."""
    quoted = _QUOTED.match(rest)
    after = quoted.end() if quoted else 0
    found = _IF.search(rest, after)
    if found is None and _BARE_IF.search(rest, after):
        raise Wrong('After "if" a field stands in braces: if {state} is down. Put a text that says "if" in quotes.')
    return (rest[: found.start()], read_conditions(rest[found.end() :])) if found else (rest, ())


def _check_word(name: str, text: Text) -> None:
    if not text.is_plain:
        return
    word = "".join(str(part) for part in text.parts).strip()
    if name == "severity" and words.severity(word) is None:
        raise Wrong(f'"{word[:40]}" is no severity. Write critical, error, warning or info, or SEV1 to SEV5.')
    if name == "action" and word.casefold() != words.IGNORE and words.action(word) is None:
        raise Wrong(f'"{word[:40]}" is no action. Write trigger, resolve, acknowledge, note or ignore.')


# --- directives ------------------------------------------------------------------------------------


def _whole_path(typed: str) -> Path:
    reader = Reader(typed.strip().removeprefix("{").removesuffix("}").strip())
    found = path(reader)
    if not reader.done:
        raise Wrong(f'"{reader.rest()}" is too much after the field\'s name.')
    return found


def _parse(mapping: Mapping, rest: str) -> None:
    mapping.parsed.append(_whole_path(rest))


def _each(mapping: Mapping, rest: str) -> None:
    if mapping.each is not None:
        raise Wrong('"each" may stand there once.')
    mapping.each = _whole_path(rest)


def _only(mapping: Mapping, where: str, names: str) -> None:
    kept = frozenset(name.strip() for name in names.split(",") if name.strip())
    if not where or not kept:
        raise Wrong('It reads "only monitor = id, name, url": of that object nothing else is kept.')
    mapping.only[_whole_path(where)] = kept


_DIRECT: dict[str, Callable[[Mapping, str], None]] = {"parse": _parse, "each": _each}
