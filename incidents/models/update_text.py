"""What a template of an update may say: plain text with names in braces, from a closed list. Pure; no Django.

No conditions, no loops, no look-ups: a template is filled in by putting a text in place of each name, once. What is put
there is not read again, so nothing that somebody wrote into a title can ask for more. ``{{`` and ``}}`` stand for one
brace.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

NAMES = ("ref", "title", "service", "severity", "people_affected", "since", "open_for", "next_update")
_BRACE = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


class Problem(NamedTuple):
    """What cannot be filled in: ``{servise}`` in line 2, near to ``service``; or a brace that stands alone."""

    line: int
    found: str
    near: str = ""

    @property
    def alone(self) -> bool:
        return len(self.found) == 1


def problems(text: str) -> list[Problem]:
    """In the order of the text; none: it is as it should be."""
    return [_problem(text, found) for found in _BRACE.finditer(text) if not _is_known(found)]


def fill(text: str, facts: Mapping[str, str]) -> str:
    """With every name replaced. What is not known stays as it was written: whoever sends it sees it."""
    return _BRACE.sub(lambda found: _said(found, facts), text)


def _is_known(found: re.Match[str]) -> bool:
    return found[0] in ("{{", "}}") or found[1] in NAMES


def _said(found: re.Match[str], facts: Mapping[str, str]) -> str:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    return facts[found[1]] if found[1] in NAMES and found[1] in facts else found[0]


def _problem(text: str, found: re.Match[str]) -> Problem:
    near = get_close_matches((found[1] or "").strip().casefold(), NAMES, n=1)
    return Problem(text.count("\n", 0, found.start()) + 1, found[0], near[0] if near else "")
