"""What somebody writes to answer a call: a word, the number of the call, and why. Pure.

Case and punctuation do not matter, and the number may stand before or after the word: ``47 ACK``, ``ack 47!``,
``No, 47: on a train``. A word that needs no reason stands alone: ``Yes, I am on holiday until Monday`` is what a
machine writes, and answers nothing.
"""

import re
import unicodedata
from dataclasses import dataclass

PRESS, NO, UP, HELP = "press", "decline", "escalate", "help"
_WORDS = {
    **dict.fromkeys(("ack", "acknowledge", "yes", "accept"), PRESS),
    **dict.fromkeys(("no", "decline"), NO),
    "escalate": UP,
    "help": HELP,
}
_REASONS = ("expertise", "authority", "access", "impact", "time", "capacity")
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_CODE = re.compile(r"[1-9][0-9]{1,3}")
_COPIED = "reply"  # the first word of what a message says to write


@dataclass(frozen=True)
class Said:
    """``word`` is empty if it cannot be understood."""

    word: str = ""
    code: int | None = None
    why: str = ""

    @property
    def reason(self) -> str:
        """The first of the reasons for going up that is named in it."""
        named = [word.casefold() for word in _TOKEN.findall(self.why)]
        return next((word for word in named if word in _REASONS), "")


def read(text: str) -> Said:
    text = unicodedata.normalize("NFKC", text)
    word, code, rest = "", None, 0
    for token in _TOKEN.finditer(text):
        said = token[0].casefold()
        if said == _COPIED and not word and code is None:
            continue
        if code is None and _CODE.fullmatch(said):
            code = int(said)
        elif not word and said in _WORDS:
            word = _WORDS[said]
        else:
            break
        rest = token.end()
    why = re.sub(r"^[\W_]+", "", text[rest:]).strip()
    if word == PRESS and why:
        word = ""
    return Said(word, code, why if word in (NO, UP) else "")
