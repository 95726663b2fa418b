"""Who is meant by ``@``: plain text in, ids out."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_AT = re.compile(r"(?<![\w@.])@(?=\w)")
_END = re.compile(r"(?!\w)(?![.+-]\w)")  # no name goes on: not in a word, nor in a longer name or address
_NAME = 60  # letters that are looked at after the sign


class Known(NamedTuple):
    id: int
    name: str
    email: str


def asks(text: str) -> bool:
    """Whether it can mean anybody at all."""
    return _AT.search(text) is not None


def found(text: str, people: Iterable[Known]) -> list[int]:
    """Whoever is mentioned, in that order, each once: ``@Ana Ruiz``, or ``@ana.ruiz`` by what stands before the @ of
    their address. The longest of the names wins, whatever their case; of two with the same name both are meant.

    A mention lets somebody in for good, so half a name means nobody: ``@ana.kovac`` is not ``@ana``."""
    by_name: dict[str, list[int]] = {}
    for person in people:
        for name in {_plain(person.name), _plain(person.email.partition("@")[0])} - {""}:
            by_name.setdefault(name, []).append(person.id)
    meant: dict[int, None] = {}
    for at in _AT.finditer(text):
        rest = _plain(text[at.end() : at.end() + 2 * _NAME])
        ends = [one.start() for one in _END.finditer(rest)]
        longest = next((rest[:end] for end in reversed(ends) if rest[:end] in by_name), "")
        meant |= dict.fromkeys(by_name.get(longest, []))
    return list(meant)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
