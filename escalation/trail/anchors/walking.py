"""From the files of one log to its anchors: in order, unbroken, signed by keys that followed one another.

What is wrong with the files themselves is said here; what the anchors state is judged elsewhere.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import chain
from . import log
from .form import Signed
from .log import Line


@dataclass(frozen=True)
class Finding:
    """``kind`` is one of few words; ``seq`` the first bad entry of ``subject``, 0 where it is about a file."""

    kind: str
    subject: str
    seq: int
    what: str


@dataclass
class Walk:
    """Iterate over it once; then ``findings`` and ``notes`` say how it was."""

    files: Sequence[Path]
    trusted: Collection[str] = ()
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    anchors: int = 0
    last: Signed | None = None
    aside: str = ""  # the key of a log that none of the trusted signed; nothing of it stands
    _aside: Line | None = None
    _retired: set[str] = field(default_factory=set)  # keys that have let another follow
    _odd: Line | None = None  # a line that is no anchor, of which it is not known yet whether one is missing

    def __iter__(self) -> Iterator[Signed]:
        """The anchors that can be relied on."""
        for file in self.files:
            for at, line in enumerate(log.read(file)):
                if line.signed is None:
                    self._odd = line
                elif self._stands(line, line.signed, first_of_file=at == 0):
                    self.anchors += 1
                    yield line.signed
        self._end()

    def _stands(self, line: Line, signed: Signed, *, first_of_file: bool) -> bool:
        anchor, last = signed.anchor, self.last
        if not signed.is_signed:
            return self._edited(line, "its signature does not fit")
        if not signed.is_whole:
            return self._edited(line, "the heads in it are not those that were signed")
        if last is not None and anchor.installation != last.anchor.installation:
            return self._fault("other_installation", line, "this anchor is of another installation's record")
        if not self._known(line, signed):
            return False
        self._follows(line, signed, first_of_file)
        self.last, self._odd = signed, None
        if last is None and anchor.n > 1:
            self.notes.append(f"{line.file.name} begins with anchor {anchor.n}; what was before it is not here")
        return True

    def _known(self, line: Line, signed: Signed) -> bool:
        """Whether its key is trusted, or followed from one that is."""
        key, last = signed.anchor.key, self.last
        if last is None:
            if self.trusted and key not in self.trusted:
                self.aside, self._aside = key, line
                return False
        elif not self._may_follow(key, last.anchor.next_key or last.anchor.key, introduced=bool(last.anchor.next_key)):
            return self._fault("wrong_key", line, f"it is signed with a key that nobody introduced: {key}")
        if signed.anchor.next_key:
            self._retired.add(key)
        if key not in self.keys:
            self.keys.append(key)
        return True

    def _may_follow(self, key: str, due: str, *, introduced: bool) -> bool:
        """Whoever lost a key may trust another; one that has let another follow signs nothing any more."""
        return key == due or (key in self.trusted and key not in self._retired and not introduced)

    def _follows(self, line: Line, signed: Signed, first_of_file: bool) -> None:
        anchor, last, odd = signed.anchor, self.last, self._odd
        if last is None:
            begins = anchor.whole and (anchor.n > 1 or anchor.prev == chain.GENESIS)
            if not (begins and first_of_file):
                self._fault("anchor_missing", line, f"the anchors before number {anchor.n} are missing from its file")
            return
        due = last.anchor.n + 1
        if anchor.n == due and anchor.prev == last.anchor.hash:
            if odd is not None:
                self.notes.append(f"{odd.where} is a piece of a line; no anchor is missing")
        elif odd is not None:
            self._edited(odd, "it is no anchor any more")
        elif anchor.n > due:
            gone = f"anchor {due} is" if anchor.n == due + 1 else f"anchors {due} to {anchor.n - 1} are"
            self._fault("anchor_missing", line, f"{gone} missing before it")
        else:
            self._fault("anchor_missing", line, f"anchor {anchor.n} does not follow anchor {last.anchor.n}")

    def _end(self) -> None:
        if self._aside is not None and self.anchors:
            self._fault("wrong_key", self._aside, f"it is signed with another key: {self.aside}")
        odd = self._odd
        if odd is None:
            return
        if odd.ended:
            self._edited(odd, "it is no anchor any more")
        else:
            self.notes.append(f"{odd.where} is torn: whoever wrote it was stopped")

    def _edited(self, line: Line, why: str) -> bool:
        return self._fault("anchor_edited", line, f"this anchor was edited: {why}")

    def _fault(self, kind: str, line: Line, what: str) -> bool:
        self.findings.append(Finding(kind, line.where, 0, what))
        return False
