"""Whether something says what was written with an entry: pure. By this, copies are found that go with a text.

A copy may be whole, cut, quoted in a sentence, or a part of a text of several parts. What is short is anybody's word:
it goes where it stands by itself, or as what somebody said.
"""

from collections.abc import Collection, Iterator
from typing import Any

_SHORT = 8  # characters: what is shorter is a word of anybody's
_PART = 20  # and of a part of a text: "Tried: nothing yet" is in many briefs
CUT = 200  # no copy is cut shorter, where it stands in a sentence
_KEPT = ("ref", "link", "service")  # of a message: how the incident is called, not what was written on it


def without(message: Any, words: str, *, called: Collection[str] = ()) -> Any:
    """A message's facts without what holds, or is a part of, ``words``. ``called``: the incident's titles, which stay
    on record; what others are called was written by somebody."""
    if isinstance(message, dict):
        kept = {name for name in message if name in _KEPT or (name == "title" and message[name] in called)}
        return {name: said if name in kept else without(said, words, called=called) for name, said in message.items()}
    if isinstance(message, list):
        return [without(value, words, called=called) for value in message]
    return "" if isinstance(message, str) and is_of(message, words) else message


def lines_without(text: str, words: str, *, called: Collection[str] = (), instead: str = "") -> str:
    """A text that people may have edited, with ``instead`` where lines held ``words`` or a line of them. What the
    title says too stays."""
    kept: list[str] = []
    for line in text.split("\n"):
        said = _flat(line).removeprefix("- ")
        after = said.partition(": ")[2]  # as a draft puts it behind "How it was resolved:"
        gone = bool(said) and (is_of(said, words) or (bool(after) and after in _parts(words)))
        gone = gone and not any(said in title for title in called)
        if not gone:
            kept.append(line)
        elif kept[-1:] != [instead]:  # once for lines that stood together
            kept.append(instead)
    return "\n".join(kept)


def is_of(said: str, words: str) -> bool:
    """Whether it is a copy of ``words``, or of a part of them, or has such a one in it."""
    copy, whole = _flat(said).rstrip("…"), _flat(words)
    if copy in {whole, *_parts(words)} or copy.endswith(f": {whole}"):
        return True
    return (len(copy) >= _SHORT and copy in whole) or _has(copy, words)


def is_quoted(words: str, said: str) -> bool:
    """Whether another text of the record has them in it."""
    other = _flat(said)
    return bool(other) and (other == _flat(words) or _has(other, words))


def _has(said: str, words: str) -> bool:
    """In a sentence, as far as any copy has it."""
    least = [(_flat(words), _SHORT), *((part, _PART) for part in _parts(words))]
    return any(len(part) >= enough and part[:CUT] in said for part, enough in least)


def _parts(words: str) -> Iterator[str]:
    """What was typed in fields of its own and is one text on record: a hypothesis and an action, a brief's answers, a
    runbook's step and what was said of it; and what a copy makes of two of them."""
    blocks = words.replace("\r\n", "\n").strip().split("\n\n")
    if len(blocks) == 2:
        yield ": ".join(map(_flat, blocks))
    for block in blocks:
        lines = block.split("\n")
        yield from map(_flat, [*lines, block] if len(lines) > 1 or len(blocks) > 1 else ())
    yield from (_flat(said) for _label, colon, said in (block.partition(": ") for block in blocks) if colon)


def is_long(words: str) -> bool:
    """Whether it is taken out of sentences, too."""
    return len(_flat(words)) >= _SHORT


def _flat(said: str) -> str:
    return " ".join(said.split())
