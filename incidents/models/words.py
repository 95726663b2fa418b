"""Words to search by: plain text in, the same words out on every database.

Everything is folded here and not in the database, so that SQLite and PostgreSQL find the same incidents: case and
accents do not count, a word is a run of letters and digits, and what is written without spaces (Chinese, Japanese) is
taken sign by sign. Quotes, dashes and brackets only separate: nobody can write in the database's own language.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST = 64  # signs of a word that count
MOST = 12  # words of a search that count
ROOM = 400_000  # bytes of words kept for one incident; PostgreSQL takes 1 MB

_ALONE = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+")
_REFERENCE = re.compile(r"\binc-(\d{1,15})(?!\w)")
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def folded(text: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFKD", apart)  # folding some letters makes new accents
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_PLAIN)


def words_of(text: str) -> list[str]:
    """Each word once, in its order."""
    return list(dict.fromkeys(word[:LONGEST] for word in _WORD.findall(folded(text))))


def numbered(number: int | str) -> str:
    """The mark of a reference. No word that somebody types has such a sign in it."""
    return f"§inc{int(number)}"


def of_service(pk: int) -> str:
    """The mark of a service: its name is looked up when somebody searches, so that a new name counts at once."""
    return f"§svc{pk}"


def kept(before: Iterable[str], more: Iterable[str]) -> list[str]:
    """Both together, each once, as long as there is room."""
    found, room = [], ROOM
    for word in dict.fromkeys([*before, *more]):
        room -= len(word.encode()) + 1
        if room < 0:
            break
        found.append(word)
    return found


# --- what somebody asks for -------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A word, or the beginning of one (``open``)."""

    word: str
    open: bool = False


@dataclass(frozen=True)
class Wish:
    """One word of a search: one of these groups of terms must be there as a whole, or it is about such a service."""

    said: str
    ways: tuple[tuple[Term, ...], ...]
    services: tuple[int, ...] = ()

    @property
    def marks(self) -> list[tuple[Term]]:
        """The services, as the words of an incident have them."""
        return [(Term(of_service(pk)),) for pk in self.services]


def wishes(text: str, services: Mapping[int, str]) -> list[Wish]:
    """What each word of a search may stand for: a word that begins so, a reference, or a service's name."""
    text = folded(text[:1000])
    found = [
        Wish(f"inc-{number}", ((Term(numbered(number)),), (Term("inc"), Term(str(int(number))))))
        for number in dict.fromkeys(_REFERENCE.findall(text))
    ]
    names = {pk: words_of(name) for pk, name in services.items()}
    for word in words_of(_REFERENCE.sub(" ", text)):
        ways = [(Term(word, open=True),)]
        if word.isdecimal() and len(word) < 16:
            ways.append((Term(numbered(word)),))
        about = [pk for pk, name in names.items() if any(one.startswith(word) for one in name)]
        found.append(Wish(word, tuple(ways), tuple(about)))
    return found[:MOST]
