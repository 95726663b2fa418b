"""Text from outside, made safe to store and to hash."""

import re
import unicodedata

# What turns the direction of the text after it: a title must not re-order our words around it.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"}  # controls, marks, spaces, what sits on letters
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a sign by the book, with nothing to see


def is_seen(value: str) -> bool:
    """Whether anything of it can be seen: else it is no name, however long."""
    return any(unicodedata.category(c) not in _UNSEEN and c not in _BLANK for c in value)


def clean(value: str, *, limit: int | None = None) -> str:
    """Drop control characters (NUL included; tab and newline stay), replace lone surrogates.

    PostgreSQL refuses NUL in text and nothing can encode a lone surrogate, so neither may
    reach the database. Longer than ``limit`` code points is cut and ends in an ellipsis.
    """
    value = _CONTROL.sub("", value.encode("utf-8", "replace").decode("utf-8"))
    if limit is not None and len(value) > limit:
        value = value[: limit - 1] + "…"
    return value


def one_line(value: str, *, limit: int) -> str:
    """``clean``, on one line, and turning nothing around it: for titles and names, which stand within sentences."""
    flat = "".join(" " if unicodedata.category(c) in ("Zl", "Zp") else c for c in TURNS.sub("", value))
    return clean(" ".join(flat.split()), limit=limit)
