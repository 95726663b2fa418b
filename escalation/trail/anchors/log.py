"""A log of anchors: one file a month, ``<place>/<installation>/<host>/2026-11.anchors``, a line an anchor.

A line is appended in one piece and waited for. Whoever was killed meanwhile leaves a piece without an end of line;
the next one begins on a line of its own, and readers pass over the piece, because the numbers go on without it.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from . import form, remembered
from .form import Signed

ENDING = ".anchors"
_STEP = 64 * 1024
T = TypeVar("T")


class Do(Protocol):
    """How to do what touches a disk, and no more than that: whoever bounds it is to wait for no computing."""

    def __call__(self, job: Callable[[], T]) -> T: ...


def at_once(job: Callable[[], T]) -> T:
    return job()


class End(NamedTuple):
    """Where the next line will begin. Whoever finds it elsewhere later knows that somebody wrote meanwhile."""

    month: str = ""
    size: int = 0


@dataclass(frozen=True)
class Line:
    """One line of a file: an anchor, or None if it is none. ``ended``: it has its end of line."""

    file: Path
    number: int
    signed: Signed | None
    ended: bool

    @property
    def where(self) -> str:
        return f"{self.file.name}, line {self.number}"


class Log:
    def __init__(self, place: Path, installation: str, host: str) -> None:
        self.beside = place / installation[:16]  # the logs of all hosts
        self.host = host

    @cached_property
    def folder(self) -> Path:
        """Named as its host; a name that is none of a folder is written with its digest, so that no other has it too.
        A log that was begun without goes on where it is. Whoever asks first waits for the disk."""
        plain = re.sub(r"[^\w.-]", "_", self.host).strip(".") or "host"
        if plain == self.host:
            return self.beside / plain
        own = self.beside / f"{plain}-{hashlib.sha256(self.host.encode()).hexdigest()[:12]}"
        begun = own.is_dir() or remembered.knows(own)
        return self.beside / plain if not begun and self._wrote_in(self.beside / plain) else own

    def _wrote_in(self, folder: Path) -> bool:
        if not folder.is_dir():
            return remembered.knows(folder)
        last = _last(_files(folder))
        return last is not None and last.anchor.host == self.host

    @contextmanager
    def mine(self) -> Iterator[bool]:
        """Whether nobody else writes to it now; nobody will until the end of the block."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def file(self, month: str) -> Path:
        return self.folder / f"{month}{ENDING}"

    def files(self) -> list[Path]:
        return _files(self.folder)

    def end(self) -> End:
        files = self.files()
        return End(files[-1].stem, files[-1].stat().st_size) if files else End()

    def append(self, line: str, month: str) -> None:
        """On disk when this returns; OSError if it is not."""
        file = self.file(month)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size and os.pread(handle, 1, size - 1) != b"\n"
            _write(handle, (("\n" if torn else "") + line + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def last(self, do: Do = at_once) -> Signed | None:
        return _last(do(self.files), do)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))


def _last(files: Sequence[Path], do: Do = at_once) -> Signed | None:
    for file in reversed(files):
        for found in backwards(file, do):
            return found
    return None


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def backwards(file: Path, do: Do = at_once) -> Iterator[Signed]:
    """The anchors of a file, the last one first; what is none is left out. Reads no more than is asked for."""
    lines = _lines_backwards(file)
    while (line := do(partial(next, lines, None))) is not None:
        if (found := parsed(line)) is not None:
            yield found


def _lines_backwards(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        at, rest = opened.seek(0, os.SEEK_END), b""
        while at:
            step = min(at, max(_STEP, len(rest)))
            at -= step
            opened.seek(at)
            first, *lines = (opened.read(step) + rest).split(b"\n")
            yield from reversed(lines)
            rest = first
        yield rest


def read(file: Path) -> Iterator[Line]:
    """Every line of a file, in its order."""
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if line.strip():
                yield Line(file, number, parsed(line), line.endswith(b"\n"))


def parsed(line: bytes) -> Signed | None:
    """The anchor that ``line`` is, written as Baton writes it; None for anything else."""
    try:
        found = form.read(json.loads(line))
        return found if found.line.encode() == line.rstrip(b"\r\n") else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ArithmeticError):
        return None


def found_in(path: Path) -> dict[str, list[Path]]:
    """All files of anchors at ``path``, a file or a folder of folders: by log, in the order of their months."""
    files = [path] if path.is_file() else sorted(path.rglob(f"*{ENDING}"))
    logs: dict[str, list[Path]] = {}
    for file in files:
        logs.setdefault(str(file.parent), []).append(file)
    return logs
