"""Which part of the client's code goes into which file: pure, a description in, texts out, by their path.

A noun has a file of ``_api`` and one of ``_operations``. What would be too long for one sitting is parted as the server
parts it, and the noun's class is made of its parts. A type stands in the file that alone needs it; else with the
others of its noun, or, if several nouns need it, in ``shared``. Those that no method names are in ``apart``: of bodies
and queries the methods take the fields one by one.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from client_writing import WIDTH, Description, Operation, entry, method, shape

HEAD = '''"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations
'''
CLIENT = "Client"  # for people it is ``Baton``, which is the name of a schema too
LONG = 400  # lines; a noun with more is parted
SHARED, APART = "shared", "apart"
OTHERS = {  # by where it comes from: what the code may name
    "collections.abc": ("Iterator",),
    "typing": ("Any", "Literal", "NotRequired", "TypeAlias", "TypedDict"),
    ".._noun": ("Noun", "there"),
    "..transport": ("UNSET", "File", "Unset", "part", "said"),
}


@dataclass(frozen=True)
class Piece:
    """A noun, or a part of one: a file each."""

    name: str
    noun: str
    operations: Sequence[Operation]
    parts: Sequence[str] = ()  # of which it is made

    @property
    def called(self) -> str:
        return f"{''.join(word.title() for word in self.name.split('_'))}Noun"


@dataclass(frozen=True)
class Package:
    """Everything that is written, and where each name of it is found."""

    description: Description
    pieces: Sequence[Piece]
    places: Mapping[str, str] = field(default_factory=dict)  # the file of each type

    @property
    def nouns(self) -> list[Piece]:
        return [one for one in self.pieces if one.name == one.noun]

    @property
    def named(self) -> dict[str, str]:
        """Types and nouns, with the file of each."""
        return {**self.places, **{one.called: one.name for one in self.pieces}}


def files(document: Mapping[str, Any]) -> dict[str, str]:
    """The whole text of each file, by its path within the package."""
    description = Description(document)
    if CLIENT in description.schemas:
        raise ValueError(f"a schema is called {CLIENT}, as the client is")
    pieces = _pieces(description)
    package = Package(description, pieces, _places(description, pieces))
    found = {f"_api/{one.name}.py": _noun(package, one) for one in pieces}
    for name in set(package.places.values()) - {one.name for one in pieces}:
        found[f"_api/{name}.py"] = _module(package, name, _shapes(package, name))
    found |= {f"_operations/{one.name}.py": _table(package, one) for one in pieces if one.operations}
    found["_api/__init__.py"] = _client(package, document.get("info", {}).get("title", "Baton"))
    found["_operations/__init__.py"] = _tables(package)
    return found


# --- what goes where ------------------------------------------------------------------------------


def _pieces(description: Description) -> list[Piece]:
    operations, found = description.operations(), list[Piece]()
    for noun in dict.fromkeys(one.noun for one in operations):
        mine = [one for one in operations if one.noun == noun]
        is_long = sum(1 for one in mine for _line in method(description, one)) > LONG
        parts = sorted({one.part for one in mine} - {noun}) if is_long else []
        found += [Piece(part, noun, [one for one in mine if one.part == part]) for part in parts]
        found.append(Piece(noun, noun, [one for one in mine if one.part not in parts], parts))
    return found


def _places(description: Description, pieces: Sequence[Piece]) -> dict[str, str]:
    """The file of each type."""
    needs = [(one, _needed(description, one.operations)) for one in pieces]
    found = {}
    for schema in description.schemas:
        users = [one for one, needed in needs if schema in needed]
        found[schema] = _place(users)
    return found


def _place(users: Sequence[Piece]) -> str:
    nouns = {one.noun for one in users}
    if not users:
        return APART
    if len(users) == 1:
        return users[0].name
    return f"{nouns.pop()}_shapes" if len(nouns) == 1 else SHARED


def _needed(description: Description, operations: Iterable[Operation]) -> set[str]:
    """The types that the methods name, and those that these are made of."""
    text = "\n".join(line for one in operations for line in method(description, one))
    ahead, found = _names_in(text, description.schemas), set[str]()
    while ahead:
        name = ahead.pop()
        found.add(name)
        ahead |= _names_in(shape(description, name), description.schemas) - found
    return found


def _names_in(text: str, names: Collection[str]) -> set[str]:
    """Which of them the code names; what is said about it does not count."""
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    return set(re.findall(r"\w+", code)) & set(names)


# --- types, nouns, and the client -----------------------------------------------------------------


def _shapes(package: Package, name: str) -> list[str]:
    mine = (schema for schema, place in package.places.items() if place == name)
    return [line for schema in mine for line in ("", "", shape(package.description, schema))]


def _noun(package: Package, piece: Piece) -> str:
    parts = [one.called for one in package.pieces if one.name in piece.parts]
    lines = [*_shapes(package, piece.name), "", "", f"class {piece.called}({', '.join(parts or ['Noun'])}):"]
    lines += [line for one in piece.operations for line in method(package.description, one)] or ["    pass"]
    return _module(package, piece.name, lines)


def _client(package: Package, title: str) -> str:
    nouns = package.nouns
    names = sorted([CLIENT, *package.places])
    lines = ["", *_wrapped("__all__ = [", (f'"{name}"' for name in names), "]"), "", ""]
    lines += [f"class {CLIENT}:", f'    """{title}, as one person\'s token sees it."""', ""]
    lines += ["    def __init__(self, url: str, token: str, *, timeout: float = 30.0, tries: int = 4) -> None:"]
    lines += ["        transport = Transport(url, token, timeout=timeout, tries=tries)"]
    lines += [f"        self.{one.noun} = {one.called}(transport)" for one in nouns]
    imports = [
        "from ..transport import Transport",
        *_from_siblings(package, "", {*package.places, *(one.called for one in nouns)}),
    ]
    return _tidy([HEAD, *imports, *lines])


# --- the table of operations ----------------------------------------------------------------------


def _table(package: Package, piece: Piece) -> str:
    lines = [HEAD, "from ..commands import Operation, Word", "", "OPERATIONS = ("]
    return _tidy([*lines, *(line for one in piece.operations for line in entry(package.description, one)), ")"])


def _tables(package: Package) -> str:
    names = [one.name for one in package.pieces if one.operations]
    lines = [HEAD, "from ..commands import Operation", *_wrapped("from . import (", names, ")"), ""]
    lines += ["OPERATIONS: tuple[Operation, ...] = tuple(", "    sorted("]
    lines += ["        (", *(f"            *{name}.OPERATIONS," for name in names), "        ),"]
    return _tidy([*lines, "        key=lambda one: (one.noun, one.verb),", "    )", ")"])


# --- text -----------------------------------------------------------------------------------------


def _module(package: Package, name: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    listed = ["", "_list = list  # some nouns have a verb of that name"] if "_list[" in text else []
    return _tidy([HEAD, *_imports(package, name, text), *listed, *lines])


def _imports(package: Package, name: str, text: str) -> Iterator[str]:
    for place, names in OTHERS.items():
        if used := sorted(_names_in(text, names)):
            yield f"from {place} import {', '.join(used)}"
        if place == "typing":
            yield ""
    yield from _from_siblings(package, name, _names_in(text, package.named))


def _from_siblings(package: Package, name: str, used: set[str]) -> Iterator[str]:
    places = {one: package.named[one] for one in sorted(used & package.named.keys())}
    for place in sorted(set(places.values()) - {name}):
        yield from _wrapped(f"from .{place} import (", (one for one, at in places.items() if at == place), ")")


def _wrapped(before: str, names: Iterable[str], after: str) -> list[str]:
    """On one line if it fits, without the brackets that an import has no need of then."""
    said = ", ".join(names)
    line = f"{before}{said}{after}"
    if len(line) <= WIDTH:
        return [line.replace(" import (", " import ").removesuffix(")") if " import (" in line else line]
    lines = textwrap.wrap(said + ",", WIDTH - 4)
    return [before, *(f"    {one}" for one in lines), after]


def _tidy(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
