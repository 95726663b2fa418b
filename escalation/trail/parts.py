"""A text of several parts, such as a brief: one text for the record, in which each part can still be found.

It is kept as a person would write it, ``Label: words``, with an empty line between the parts; the entry's data keep
only which parts there are. So whoever takes the text away lawfully has taken all of it, and the labels are never
parsed: the parts are told apart by the empty lines, of which a part itself has none.
"""

import re
from collections.abc import Mapping, Sequence

QUESTION = "question"  # the part that a short message has room for
_GAP = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def joined(parts: Mapping[str, str], labels: Mapping[str, str]) -> tuple[str, list[str]]:
    """One text, and the names of the parts in it. Empty ones are left out."""
    known = {name: _GAP.sub("\n", parts[name].replace("\r\n", "\n").strip()) for name in labels if name in parts}
    some = {name: said for name, said in known.items() if said}
    return "\n\n".join(f"{labels[name]}: {said}" for name, said in some.items()), list(some)


def parted(text: str, names: object) -> dict[str, str]:
    """The parts by name. None if the text is not (or, put in place of another, no longer) made of them."""
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        return {}
    blocks = text.replace("\r\n", "\n").split("\n\n")
    if len(blocks) != len(names) or not all(": " in block for block in blocks):
        return {}
    return {str(name): block.partition(": ")[2] for name, block in zip(names, blocks, strict=True)}
