"""Who is meant by ``@``: plain text in, ids out."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_AT = re.compile(r"(?<![\w@.])@(?=\w)")
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
    their address. The longest of the names wins, whatever their case; of two with the same name both are meant."""
    by_name: dict[str, list[int]] = {}
    for person in people:
        for name in {_plain(person.name), _plain(person.email.partition("@")[0])} - {""}:
            by_name.setdefault(name, []).append(person.id)
    by_length = sorted(by_name, key=len, reverse=True)
    meant: dict[int, None] = {}
    for at in _AT.finditer(text):
        rest = _plain(text[at.end() : at.end() + 2 * _NAME])
        longest = next((one for one in by_length if _begins_with(rest, one)), "")
        meant |= dict.fromkeys(by_name.get(longest, []))
    return list(meant)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _begins_with(rest: str, name: str) -> bool:
    return rest.startswith(name) and not re.match(r"\w", rest[len(name) :])
