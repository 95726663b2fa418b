"""How much two incidents look alike, and why.

Only incidents of one service are compared: a title says too little without it. The words of both titles are laid side
by side, as a share of all of them: 1 is the same words, 0 none. A word that has a digit in it (a host, a code) counts
half: it says which one it was rather than what. Words that begin alike and differ by an ending or a slip of the hand
are the same (Jaro-Winkler, by rapidfuzz). A first report that is alike can only add to it: most incidents have none.
The cause, once both have one, moves it by a tenth. The same alert of the same source is the same trouble, whatever it
is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz.distance import JaroWinkler

from incidents.models.words import folded, words_of

ALIKE = 0.7  # two of three words in common are not enough: payments that fail are not payments that are slow
_NEARLY = 0.9  # how alike two words are that count as one
_BEGINNING = 3  # signs that such words share: "connected" is not "disconnected"
_MOST = 60  # words of a text that count
_REPORT = 4  # words that a first report has at least, to say anything
_BY_CAUSE = 0.1
_SILENT = {"unknown", "duplicate"}  # causes that tell nothing
_FILL = frozenset(
    words_of(
        "a an and are as at be by for from has have in is it its of on or since that the this to was were with"
        " again alarm alert critical firing incident problem warning"
    )
)


class Reason(StrEnum):
    """What makes two incidents alike, above all."""

    ALERT = "alert"
    TITLE = "title"
    WORDS = "words"


@dataclass(frozen=True)
class Looks:
    """What is compared of an incident. ``cause`` is empty until one is found."""

    service: int | None
    title: str
    symptom: str = ""
    cause: str = ""

    @cached_property
    def words(self) -> Sequence[str]:
        return _telling(self.title)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What the words of the title begin with. Two titles that share none have no word in common."""
        return frozenset(word[:_BEGINNING] for word in self.words) | {folded(self.title)[:_BEGINNING]}

    @cached_property
    def report(self) -> Sequence[str]:
        return _telling(self.symptom)


@dataclass(frozen=True)
class Likeness:
    """``score``: 0 to 1. ``shared``: the words of the first that the other has too, in their order."""

    score: float
    reason: Reason = Reason.WORDS
    shared: tuple[str, ...] = ()
    by_report: bool = False
    by_cause: bool = False

    @property
    def is_alike(self) -> bool:
        return self.score >= ALIKE


NOT_ALIKE = Likeness(0)


def compare(one: Looks, other: Looks, *, same_alert: bool = False) -> Likeness:
    """``same_alert``: both were opened, or are fed, by one key of one source."""
    if one.service is None or one.service != other.service:
        return NOT_ALIKE
    if same_alert:
        return Likeness(1, Reason.ALERT)
    same = folded(one.title) == folded(other.title)
    titles = 1 if same else _overlap(one.words, other.words)
    both = min(len(one.report), len(other.report)) >= _REPORT
    together = (2 * titles + _overlap(one.report, other.report)) / 3 if both else 0
    score = max(titles, together)
    by_cause = 0
    if one.cause and other.cause and not {one.cause, other.cause} & _SILENT:
        by_cause = 1 if one.cause == other.cause else -1
    return Likeness(
        min(1, max(0, score + by_cause * _BY_CAUSE)) if score else 0,
        Reason.TITLE if same else Reason.WORDS,
        tuple(word for word in one.words if _is_in(word, other.words)),
        by_report=together > titles,
        by_cause=by_cause > 0,
    )


def _telling(text: str) -> list[str]:
    """The words that say something; all, if none does."""
    words = words_of(text[: _MOST * 20])
    return ([word for word in words if word not in _FILL] or words)[:_MOST]


def _overlap(ones: Sequence[str], others: Sequence[str]) -> float:
    """The share of all words, of the one and of the other, that are in both."""
    whole = _weight(ones) + _weight(others)
    both = [word for word in ones if _is_in(word, others)] + [word for word in others if _is_in(word, ones)]
    return _weight(both) / whole if whole else 0


def _weight(words: Sequence[str]) -> float:
    return sum(0.5 if any(sign.isdigit() for sign in word) else 1 for word in words)


def _is_in(word: str, words: Sequence[str]) -> bool:
    return word in words or any(_nearly(word, other) for other in words)


def _nearly(word: str, other: str) -> bool:
    if word[:_BEGINNING] != other[:_BEGINNING] or min(len(word), len(other)) <= _BEGINNING:
        return False
    if not (word.isalpha() and other.isalpha()):
        return False  # db07 is not db08
    return JaroWinkler.similarity(word, other, score_cutoff=_NEARLY) > 0
