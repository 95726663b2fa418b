"""What in a text says who and where: people, their addresses and handles, machines, numbers of records. Pure.

It finds, and says what each is; others choose the words that take its place. A text is looked at as people write:
whatever the case, with or without accents, in either order, with what is put behind a name (*Ana's*, *Anas*).

Decided: rather one too many than one too few, for everything that is found is shown to somebody who may put it back.
Only what is a word like any other (``_PLAIN``) counts as a name just beside the rest of that name, or nothing could be
written where somebody is called Will. One name of somebody who had no part in it counts when it begins with a capital;
in what everybody is about to read (``telltale``) in small letters too, unless it is a word besides (``_WORDS_TOO``).

What a place looks like by its form (a machine: *ana.ruiz*, a record: *Ana-42*) hides no name: what overlaps is one.

What nobody knows cannot be found: a nickname, a customer, a password. So somebody reads each text as well.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    EMAIL = "email"
    HANDLE = "handle"
    LINK = "link"
    MACHINE = "machine"
    RECORD = "record"  # of this desk or another: INC-42
    NUMBER = "number"
    SERVICE = "service"


@dataclass(frozen=True)
class Person:
    """``took_part``: they are on the record, so any of their names means them. ``handles``: as others call them."""

    key: int
    name: str
    email: str = ""
    took_part: bool = False
    handles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    begin: int
    end: int
    was: str
    kind: Kind
    person: int | None = None  # the key of who it is, if it is known


_PLAIN_WORDS = (
    "a an and am all as at be bill bot but by can call case desk do duty for front from go grace grant had has he her"
    " hope if in is it joy king law long lord man manager mark may me my new next night no not of office old on one or"
    " our out page price rich rose she shop so super support sun system team test the they to up us user van von was"
    " we will with you young admin account service server operator ops"
    " da das de del della den der des di dos du el la le st ten ter zu"  # what stands between two names
)
_PLAIN = frozenset(_PLAIN_WORDS.split())
_TOO = (  # names that count with a capital, and mean something else without
    "alert april archer art august baker banks bar base berry best black blue book box bridge brook brooks brown"
    " bull bush butler carter chance chase church close cloud cook cross data dawn day days dean east english"
    " faith fast fear field fields fine fish fisher fleet flower ford forest fox frank free french frost gold good"
    " grand gray green grey guy hand hands hard head high hill holder holiday hunt hunter job jobs june junior"
    " keen key lake lane last lead less light line list little low mail major means meter miles mill miller moon"
    " moor more most nice north noble pace park parks part pay payment payments peace peak pike pool poor post"
    " potter power pride prince read reader reed rest rice ring river rock root rule sage sands say see senior"
    " sharp short silver singer small smart smith snow south speed spring star steel step still stone story strong"
    " summer swift temple town trace wade waters way weaver web week wells west white wise wolf wood woods work"
    " worth"
)
_WORDS_TOO = frozenset(_TOO.split())
_SO = "as does goes has his its less plus sees this thus was yes"  # the s at their end is not somebody's
_ENDS_SO = frozenset(_SO.split())
_SHORT = 3  # letters; what has fewer counts with a capital only, as long as somebody reads it afterwards
_NOT_WORD = r"(?<![\w@])"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.LINK, re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://\S+|\bwww\.\S+", re.I)),
    (Kind.EMAIL, re.compile(r"[^\s@<>()\[\]\",;:]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    (Kind.HANDLE, re.compile(r"(?<![\w@.])@\w[\w.-]{0,60}")),
    (Kind.MACHINE, re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d{1,5})?\b")),
    (Kind.MACHINE, re.compile(r"\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:.]{1,40}", re.I)),
    (Kind.MACHINE, re.compile(_NOT_WORD + r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,24}\b(?!\w)", re.I)),
    (Kind.RECORD, re.compile(_NOT_WORD + r"(?<!-)[A-Za-z]{2,10}-\d{1,12}\b|(?<!\w)#\d{1,12}\b")),
    (Kind.MACHINE, re.compile(_NOT_WORD + r"(?=[\w-]{0,60}\d)[a-z]\w{0,30}(?:-\w{1,30}){1,8}\b", re.I)),
    (Kind.NUMBER, re.compile(r"(?<![\w.])\+?\d(?:[ ()/-]{0,2}\d){5,24}\b")),
)
_GAP = re.compile(r"[\s,._'\-]{1,2}")
_WORD = re.compile(r"[^\W_]+")


class Names:
    """Who is known, made ready to be looked for. ``services``: words that say which service it is."""

    def __init__(self, people: Iterable[Person], services: Iterable[str] = ()) -> None:
        self._people = {one.key: one for one in people}
        self._by_email = {folded(one.email)[0]: one.key for one in self._people.values() if one.email}
        self._by_word: dict[str, set[int]] = {}
        self._by_handle: dict[str, int] = {}
        self._unspaced: dict[str, int] = {}  # of scripts that put no space between words
        for one in self._people.values():
            self._know(one)
        words = sorted({folded(one)[0] for one in services} - {""}, key=len, reverse=True)
        self._services = [re.compile(rf"(?<!\w){re.escape(one)}(?!\w)") for one in words]

    def _know(self, one: Person) -> None:
        plain = folded(one.name)[0]
        words = _WORD.findall(plain)
        run_together = ["".join(_WORD.findall(part)) for part in plain.split()]  # obrien
        for word in dict.fromkeys([*words, *run_together]):
            if _caseless(word) and len(word) > 1:
                self._unspaced[word] = one.key
            self._by_word.setdefault(word, set()).add(one.key)
        local = folded(one.email.partition("@")[0])[0]
        whole = ("".join(words), "".join(reversed(words)))  # anaruiz
        for handle in (*whole, local, *(folded(it)[0].lstrip("@") for it in one.handles)):
            # "support" is no handle that means somebody: one that has something of their name is.
            if handle not in words and len(handle) > _SHORT and any(word[:_SHORT] in handle for word in words):
                self._by_handle[handle] = one.key

    def found(self, text: str, *, any_case: bool = False) -> list[Hit]:
        """All that says who or where, in the order of the text, each place once. ``any_case``: one name in small
        letters too, of whoever it is."""
        plain, places = folded(text)
        called = self._called(text, plain, places, any_case=any_case)
        return _joined(text, _united(text, [*self._written(text), *called, *self._served(text, plain, places)]))

    # --- what is seen by its form -----------------------------------------------------------------

    def _written(self, text: str) -> Iterator[Hit]:
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(text):
                was, person = match.group().rstrip(".,;:!?)"), None
                if kind is Kind.EMAIL:
                    person = self._by_email.get(folded(was)[0])
                elif kind is Kind.HANDLE:
                    person = self._of_handle(folded(was[1:])[0])
                yield Hit(match.start(), match.start() + len(was), was, kind, person)

    def _of_handle(self, handle: str) -> int | None:
        if handle in self._by_handle:
            return self._by_handle[handle]
        return next(iter(self._by_word.get(_WORD.findall(handle)[0], ())), None) if _WORD.search(handle) else None

    # --- what is known ----------------------------------------------------------------------------

    def _called(self, text: str, plain: str, places: list[int], *, any_case: bool) -> Iterator[Hit]:
        words = list(_WORD.finditer(plain))
        at = 0
        while at < len(words):
            end, person = self._name_at(text, plain, places, words, at, any_case)
            if person is None:
                at += 1
                continue
            yield self._hit(text, places, words[at].start(), words[end - 1].end(), person)
            at = end
        for word, person in self._unspaced.items():
            for match in re.finditer(re.escape(word), plain):
                yield self._hit(text, places, match.start(), match.end(), person)

    def _name_at(
        self, text: str, plain: str, places: list[int], words: list[re.Match[str]], at: int, any_case: bool
    ) -> tuple[int, int | None]:
        """Where the name that begins at this word ends, and whose it is."""
        word = words[at].group()
        if word in self._by_handle:
            return at + 1, self._by_handle[word]
        bare, whose = self._whose(word)
        if not whose:
            return at + 1, None
        end, said = at + 1, {bare}
        while end < len(words) and _GAP.fullmatch(plain[words[end - 1].end() : words[end].start()]):
            more, also = self._whose(words[end].group())
            if not (whose & also) or more in said:
                break
            whose, end = whose & also, end + 1
            said.add(more)
        first = text[places[words[at].start()]]
        if said <= _PLAIN and not (len(said) > 1 and first.isupper()):
            return at + 1, None
        if len(said) == 1 and not self._counts_alone(bare, whose, first, any_case):
            return at + 1, None
        return end, min(whose, key=lambda key: (not self._people[key].took_part, key))

    def _whose(self, word: str) -> tuple[str, set[int]]:
        """Also with the s of what is somebody's."""
        for bare in (word, word if word in _ENDS_SO else word.removesuffix("s")):
            if bare in self._by_word:
                return bare, self._by_word[bare]
        return word, set()

    def _counts_alone(self, word: str, whose: set[int], first: str, any_case: bool) -> bool:
        if len(word) < 2 or first.isupper() or _caseless(word):
            return len(word) > 1
        took_part = any(self._people[key].took_part for key in whose)
        if any_case:
            return took_part or (len(word) >= _SHORT and word not in _WORDS_TOO)
        return took_part and len(word) >= _SHORT

    def _served(self, text: str, plain: str, places: list[int]) -> Iterator[Hit]:
        for pattern in self._services:
            for match in pattern.finditer(plain):
                begin, end = places[match.start()], places[match.end() - 1] + 1
                yield Hit(begin, end, text[begin:end], Kind.SERVICE)

    def _hit(self, text: str, places: list[int], begin: int, end: int, person: int) -> Hit:
        first, last = places[begin], places[end - 1] + 1
        while last < len(text) and unicodedata.combining(text[last]):  # an accent of its own belongs to its letter
            last += 1
        return Hit(first, last, text[first:last], Kind.PERSON, person)


def _united(text: str, hits: list[Hit]) -> list[Hit]:
    """What overlaps as one: what came first says what it is, and whoever is found in it is meant."""
    found: list[Hit] = []
    rank = 0
    for order, hit in sorted(enumerate(hits), key=lambda one: one[1].begin):
        last = found[-1] if found else None
        if last is None or hit.begin >= last.end:
            found.append(hit)
            rank = order
            continue
        end = max(last.end, hit.end)
        kind, rank = (hit.kind, order) if order < rank else (last.kind, rank)
        person = hit.person if last.person is None else last.person
        found[-1] = Hit(last.begin, end, text[last.begin : end], kind, person)
    return found


def _joined(text: str, hits: list[Hit]) -> list[Hit]:
    """One of what belongs together: *@Ana Ruiz* is one person, however many places that is."""
    found: list[Hit] = []
    for hit in hits:
        last = found[-1] if found else None
        same = last is not None and last.person is not None and last.person == hit.person
        if last is not None and same and _GAP.fullmatch(text[last.end : hit.begin]):
            found[-1] = replace(last, end=hit.end, was=text[last.begin : hit.end])
        else:
            found.append(hit)
    return found


def hidden(text: str, names: Names, instead: Callable[[Hit], str]) -> tuple[str, list[tuple[str, str]]]:
    """The text with other words in each place, and which stand for which."""
    parts, done, end = [], [], 0
    for hit in names.found(text):
        words = _fitting(text[: hit.begin], hit.was, instead(hit))
        done.append((hit.was, words))
        parts += [text[end : hit.begin], words]
        end = hit.end
    return "".join([*parts, text[end:]]), done


_BEGINS = re.compile(r"(?:^|[.!?:]\s+)$")
_ARTICLE = re.compile(r"(?:^|\W)(?:a|an|the)\s+$", re.I)


def _fitting(before: str, was: str, words: str) -> str:
    """What stands instead, as it is written there: one article is enough, and a sentence begins with a capital."""
    first, _space, rest = words.partition(" ")
    if rest and first in ("a", "an", "the") and _ARTICLE.search(before):
        return rest
    return words[:1].upper() + words[1:] if was[:1].isupper() and _BEGINS.search(before) else words


def telltale(text: str, names: Names, number: int) -> list[str]:
    """What may not be read by everybody, as it stands there: people, their addresses, handles and telephones, links,
    and the incident's number, however it is written. Each once."""
    hits = names.found(text, any_case=True)
    found = [hit.was for hit in hits if hit.person is not None or hit.kind in _TELL or hit.was.startswith("+")]
    found += [match.group() for match in re.finditer(rf"(?<!\w)(?:inc(?:ident)?[\s-]*|#)0*{number}\b", text, re.I)]
    return list(dict.fromkeys(found))


_TELL = {Kind.PERSON, Kind.EMAIL, Kind.HANDLE, Kind.LINK}


def folded(text: str) -> tuple[str, list[int]]:
    """In small letters without accents, and the place that each of them has in the text."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for one in unicodedata.normalize("NFKD", _ALIKE.get(letter, letter)).casefold():
            if not unicodedata.combining(one):
                letters.append(one)
                places.append(place)
    return "".join(letters), places


def _caseless(word: str) -> bool:
    return word.lower() == word.upper() and not word.isdecimal()


# Letters that Unicode does not take apart, and people write as these.
_ALIKE: Mapping[str, str] = {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "’": "'"}
