"""Texts with places in them, and the conditions under which a line counts. Pure.

    {path}                        what is there
    {path or other.path or "-"}   the first of them that is not empty
    {path | before "|" | line}    made fit on the way: lower, upper, url, line, hash, cut 80, before "x", after "x"
    if {path} is 1, "No Data"     is, is not, has, has not, starts with, ends with, is given, is missing; and joins them

A text *fits* if every place in it has something. Comparing ignores case; ``has`` looks for whole
words, so that "unacknowledged" does not have "acknowledged". There are no patterns: what they
would cost cannot be told before.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .values import TEXT, Budget, Path, as_text, find

PLACES = 20  # in one text
SPECIAL = ("@item", "@header", "@query")

_NAME = re.compile(r"[\w@$][\w@$-]*")
_NUMBER = re.compile(r"\d{1,6}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BARE = re.compile(r'[^\s,"{}]+')


class Wrong(Exception):
    """The line cannot be understood; ``str()`` says why, for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, in turn, and what to do with what is found there."""

    choices: tuple[Path | str, ...]  # a str is a text of its own
    ways: tuple[tuple[str, Any], ...] = ()

    def text(self, root: Mapping[str, Any], budget: Budget) -> str:
        for choice in self.choices:
            budget.spend(len(choice))
            found = choice if isinstance(choice, str) else as_text(find(root, choice), budget)
            if found or isinstance(choice, str):
                for name, argument in self.ways:
                    found = WAYS[name].go(found, argument)[:TEXT]
                    budget.spend(len(found))
                return found
        return ""

    @property
    def may_be_empty(self) -> bool:
        return isinstance(self.choices[-1], str)


@dataclass(frozen=True, slots=True)
class Text:
    parts: tuple[str | Place, ...]

    @property
    def is_plain(self) -> bool:
        return all(isinstance(part, str) for part in self.parts)

    def render(self, root: Mapping[str, Any], budget: Budget) -> str | None:
        """None if it does not fit."""
        said = []
        for part in self.parts:
            text = part if isinstance(part, str) else part.text(root, budget)
            budget.spend(len(text))
            if not text and isinstance(part, Place) and not part.may_be_empty:
                return None
            said.append(text)
        return "".join(said).strip()


@dataclass(frozen=True, slots=True)
class Condition:
    place: Place
    test: str
    values: tuple[str, ...] = ()

    def holds(self, root: Mapping[str, Any], budget: Budget) -> bool:
        text = self.place.text(root, budget).casefold()
        budget.spend(len(text) * len(self.values))
        return TESTS[self.test](text, self.values)


# --- what can be done on the way -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    go: Callable[[str, Any], str]
    takes: type | None = None  # int, str or nothing


WAYS = {
    "lower": Way(lambda text, _: text.lower()),
    "upper": Way(lambda text, _: text.upper()),
    "url": Way(lambda text, _: quote(text.encode("utf-8", "replace"), safe="")),
    "line": Way(lambda text, _: text.replace("\\n", "\n").strip().partition("\n")[0].strip()),
    "hash": Way(lambda text, _: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()),
    "cut": Way(lambda text, most: text if len(text) <= most else text[: max(most - 1, 0)] + "…", int),
    "before": Way(lambda text, mark: text.partition(mark)[0].strip(), str),
    "after": Way(lambda text, mark: text.rpartition(mark)[2].strip(), str),
}


def _has_words(text: str, words: str) -> bool:
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.find(words, start + 1)
    return False


TESTS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "is": lambda text, values: text in values,
    "is not": lambda text, values: text not in values,
    "has": lambda text, values: any(_has_words(text, value) for value in values),
    "has not": lambda text, values: not any(_has_words(text, value) for value in values),
    "starts with": lambda text, values: text.startswith(values),
    "ends with": lambda text, values: text.endswith(values),
    "is given": lambda text, _: bool(text),
    "is missing": lambda text, _: not text,
}


# --- reading them ----------------------------------------------------------------------------------


class Reader:
    """What was typed, read from left to right."""

    def __init__(self, typed: str):
        self.typed, self.at = typed, 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.typed, self.at)
        self.at = found.end() if found else self.at
        return found

    def mark(self, mark: str) -> bool:
        there = self.typed.startswith(mark, self.at)
        self.at += len(mark) * there
        return there

    def spaces(self) -> None:
        while self.typed[self.at : self.at + 1].isspace():
            self.at += 1

    def word(self, words: str) -> bool:
        """The words, however many spaces are between them, and nothing that goes on with them."""
        pattern = r"\s+".join(re.escape(word) for word in words.split())
        return self.take(re.compile(rf"{pattern}(?![\w-])", re.IGNORECASE)) is not None

    def quoted(self) -> str | None:
        found = self.take(_QUOTED)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else None

    def rest(self) -> str:
        rest = self.typed[self.at :].strip()
        return rest if len(rest) <= 40 else rest[:39] + "…"

    @property
    def done(self) -> bool:
        return not self.typed[self.at :].strip()


def read_text(typed: str) -> Text:
    """``typed`` may stand in quotes, to say "if" or to begin with a space."""
    reader = Reader(typed.strip())
    quoted = reader.quoted()
    typed = quoted if quoted is not None and reader.done else typed.strip()
    parts: list[str | Place] = []
    reader, plain = Reader(typed), ""
    while reader.at < len(typed):
        if reader.mark("{{") or reader.mark("}}"):
            plain += typed[reader.at - 1]
        elif reader.mark("{"):
            parts += [plain, place(reader)] if plain else [place(reader)]
            plain = ""
        elif reader.mark("}"):
            raise Wrong('There is a "}" without a "{" before it. Write }} for one that is meant as text.')
        else:
            plain += typed[reader.at]
            reader.at += 1
    parts += [plain] if plain else []
    if len(parts) > 2 * PLACES:
        raise Wrong(f"More than {PLACES} places in one text.")
    return Text(tuple(parts))


def place(reader: Reader) -> Place:
    """After the opening brace, up to the closing one."""
    choices: list[Path | str] = []
    while True:
        reader.spaces()
        quoted = reader.quoted()
        choices.append(path(reader) if quoted is None else quoted)
        reader.spaces()
        if not reader.word("or"):
            break
    ways = []
    while reader.mark("|"):
        ways.append(_way(reader))
    if not reader.mark("}"):
        if reader.done:
            raise Wrong('A "}" is missing.')
        raise Wrong(f'"{reader.rest()}" is not understood within {{…}}: there "or", "|" or "}}" is expected.')
    return Place(tuple(choices), tuple(ways))


def path(reader: Reader) -> Path:
    steps: list[str | int] = []
    special = reader.typed.startswith("@", reader.at)
    while True:
        if reader.mark("["):
            steps.append(_bracket(reader))
        elif name := reader.take(_NAME):
            steps.append(name[0])
        else:
            raise Wrong(f'A field\'s name is expected where "{reader.rest() or "the line ends"}" stands.')
        if reader.typed.startswith("[", reader.at):
            continue
        if not reader.mark("."):
            break
    if special and steps[0] not in SPECIAL:
        raise Wrong(f'"{steps[0]}" is not known; there are {", ".join(SPECIAL)}. A field of that name: ["{steps[0]}"].')
    return tuple(steps)


def _bracket(reader: Reader) -> str | int:
    quoted = reader.quoted()
    number = reader.take(_NUMBER) if quoted is None else None
    if (quoted is None and number is None) or not reader.mark("]"):
        raise Wrong('In brackets stands a number, such as [0], or a name in quotes, such as ["a name"].')
    return quoted if quoted is not None else int(number[0])  # type: ignore[index]


def _way(reader: Reader) -> tuple[str, Any]:
    reader.spaces()
    name = reader.take(_NAME)
    way = WAYS.get(name[0]) if name else None
    if name is None or way is None:
        said = name[0] if name else reader.rest()
        raise Wrong(f'After "|" stands {", ".join(WAYS)}; "{said}" is none of them.')
    reader.spaces()
    argument: Any = None
    if way.takes is int:
        number = reader.take(_NUMBER)
        argument = int(number[0]) if number else None
    elif way.takes is str:
        argument = reader.quoted()
    if way.takes and not argument:
        raise Wrong(f'"{name[0]}" needs ' + ("a number, such as 80." if way.takes is int else "a text in quotes."))
    reader.spaces()
    return name[0], argument


def read_conditions(typed: str) -> tuple[Condition, ...]:
    """What stands after ``if``; all of them must hold."""
    reader, found = Reader(typed), []
    while True:
        reader.spaces()
        if not reader.mark("{"):
            raise Wrong(f'After "if" stands a field in braces, such as {{state}}; "{reader.rest()}" is none.')
        found.append(_condition(reader, place(reader)))
        reader.spaces()
        if not reader.word("and"):
            break
    if not reader.done:
        raise Wrong(f'"{reader.rest()}" is too much. Values with spaces stand in quotes, several with commas between.')
    return tuple(found)


def _condition(reader: Reader, subject: Place) -> Condition:
    reader.spaces()
    test = next((test for test in sorted(TESTS, key=len, reverse=True) if reader.word(test)), None)
    if test is None:
        raise Wrong(f'After the field stands {", ".join(TESTS)}; "{reader.rest()}" is none of them.')
    if test in ("is given", "is missing"):
        return Condition(subject, test)
    values = []
    while True:
        reader.spaces()
        value = reader.quoted()
        if value is None and (bare := reader.take(_BARE)):
            value = bare[0]
        if value is None or (value == "" and test not in ("is", "is not")):
            raise Wrong(f'After "{test}" a value is missing.')
        values.append(value.casefold())
        reader.spaces()
        if not reader.mark(","):
            break
    return Condition(subject, test, tuple(values))
