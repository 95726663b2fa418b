"""The file that a copy is kept in: a zip with ``manifest.json``, which has the digest of each other member.

It is written beside its place, is nobody else's (0600), and takes the place in one step once it was read again. Knows
no database.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from escalation.kit.privately import privately

FORMAT = "baton-copy-1"
MANIFEST = "manifest.json"
_PIECE = 1 << 20
_THERE = "{} is there already; nothing was overwritten."
_FACTS = {"kind": str, "version": str, "database": str, "taken_at": str, "migrations": list, "members": dict}
# A RuntimeError is what the library says of an encrypted part, and of one that leads too deep.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)


class Unfit(Exception):
    """Why a copy cannot be taken, read or put back: one sentence for the person at the terminal."""


class Writer:
    """Takes members one after the other; each is digested on its way in."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zipped = zipped
        self.members: dict[str, dict[str, Any]] = {}

    @contextmanager
    def member(self, name: str, *, compress: bool = True) -> Iterator["Sink"]:
        about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same rows are the same bytes, whenever
        about.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        about.external_attr = 0o600 << 16
        with self._zipped.open(about, "w", force_zip64=True) as opened:
            sink = Sink(opened)
            yield sink
        self.members[name] = {"bytes": sink.bytes, "sha256": sink.digest.hexdigest()}

    def add(self, name: str, source: Path, *, compress: bool = True) -> None:
        with self.member(name, compress=compress) as sink, source.open("rb") as opened:
            while piece := opened.read(_PIECE):
                sink.write(piece)

    def finish(self, facts: dict[str, Any]) -> None:
        said = {"format": FORMAT, **facts, "members": self.members}
        with self._zipped.open(MANIFEST, "w") as opened:
            opened.write(json.dumps(said, indent=1).encode())


class Sink:
    def __init__(self, opened: IO[bytes]) -> None:
        self._opened, self.digest, self.bytes = opened, hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        self._opened.write(piece)
        self.digest.update(piece)
        self.bytes += len(piece)


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """The place is taken at the end, and only by a file that is whole and as it was written."""
    if file.exists():
        raise Unfit(_THERE.format(file))
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        with open(draft, "x+b", opener=privately) as raw:
            with zipfile.ZipFile(raw, "w", compresslevel=3) as zipped:
                writer = Writer(zipped)
                yield writer
            raw.flush()
            os.fsync(raw.fileno())
        Archive(draft).check()
        _take_place(draft, file)
        keep_folder(file.parent)
    except OSError as error:
        raise Unfit(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _take_place(draft: Path, file: Path) -> None:
    """Another copy may have taken it meanwhile: of two that begin in the same second, the second to end is refused."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise Unfit(_THERE.format(file)) from None
    except OSError:  # not every file system can
        draft.replace(file)


def keep_folder(folder: Path) -> None:
    """That a file has its name is on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _members(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Raises TypeError, or KeyError, where a manifest is none: whoever reads on need not ask again."""
    if not all(isinstance(facts[name], kind) for name, kind in _FACTS.items()):
        raise TypeError
    if not all(isinstance(one["sha256"], str) for one in facts["members"].values()):
        raise TypeError
    if not all(isinstance(one, str) for one in facts["migrations"]):
        raise TypeError
    return facts["members"]


class Archive:
    """A file as it is found. Raises ``Unfit`` if it is none of ours, or not whole."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._zipped = zipfile.ZipFile(file)
            self.facts: dict[str, Any] = json.loads(self._zipped.read(MANIFEST))
            known = self.facts["format"] == FORMAT
            self.members: dict[str, dict[str, Any]] = _members(self.facts) if known else {}
        except FileNotFoundError:
            raise Unfit(f"There is no file {file}.") from None
        except OSError as error:
            raise Unfit(f"{file} cannot be read: {error.strerror or error}.") from error
        except (*_BROKEN, ValueError, TypeError, AttributeError):
            raise Unfit(f"{file} is no copy that Baton made, or not whole.") from None
        if not known:
            raise Unfit(f"{file} was made by a newer Baton; this one cannot read it.")

    def check(self) -> None:
        """Every member is there and is what the manifest says."""
        if {*self._zipped.namelist()} != {MANIFEST, *self.members}:
            raise Unfit(f"{self.file} is damaged: it has other parts than it says.")
        for name, said in self.members.items():
            digest = hashlib.sha256()
            for piece in self._pieces(name):
                digest.update(piece)
            if digest.hexdigest() != said["sha256"]:
                raise Unfit(f"{self.file} is damaged: {name} is not what was written.")

    def take_out(self, name: str, target: Path) -> None:
        """The member as a file that is nobody else's, and on disk."""
        with open(target, "wb", opener=privately) as opened:
            for piece in self._pieces(name):
                opened.write(piece)
            opened.flush()
            os.fsync(opened.fileno())

    def lines(self, name: str) -> Iterator[bytes]:
        with self._zipped.open(name) as opened:
            yield from opened

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zipped.open(name) as opened:
                while piece := opened.read(_PIECE):
                    yield piece
        except _BROKEN:
            raise Unfit(f"{self.file} is damaged: {name} cannot be read.") from None
