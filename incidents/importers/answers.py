"""Raw answers of the old product: asked of its live API, or read from a zip or a folder where they were kept.

The readers only know ``Answers``: they ask for an address without its host (``/v2/teams``), and never see where the
answer comes from. ``Kept`` remembers each answer, so an export that was interrupted goes on where it stopped.

A file may be as hostile as any other door: its members are counted and measured before they are unpacked, and nothing
is ever unpacked to disk.
"""

import json
import lzma
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from escalation.kit.errors import Refused

Answers = Callable[[str], Any]  # an address without its host → the JSON of its answer; raises ``NotThere``

MOST_FILES, MOST_BYTES = 50_000, 512 * 1024 * 1024
DEEPEST = 100  # lists and objects within each other: no product's answer has a tenth of it
SAVED_EVERY = 30.0  # seconds
COMPLETE = "complete.json"  # the last file of an export: says of what it is
# What ``zipfile`` raises for a member: also RuntimeError, if it is locked or packed in a way that is not known here.
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError)


class NotThere(Exception):
    """There is no such answer. ``str()`` says why."""


def from_json(body: bytes) -> Any:
    """What it says. Raises ``ValueError`` if that is nothing, or so deep that whoever goes through it would fall."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [found]
    for _depth in range(DEEPEST):
        level = [one for each in level for one in _within(each)]
        if not level:
            return found
    raise ValueError("it is nested too deeply")


def _within(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in inner if isinstance(one, dict | list))


# --- files ----------------------------------------------------------------------------------------


class Files(Mapping[str, bytes]):
    """The files of a folder or a zip by their path within it, read when asked for."""

    def __init__(self, path: Path):
        self.path = path
        try:
            self._zip = None if path.is_dir() else zipfile.ZipFile(path)
            self._sizes = dict(self._listed())
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as why:
            raise Refused(f"{path} is neither a folder nor a zip that can be read: {why}.") from None
        if len(self._sizes) > MOST_FILES or sum(self._sizes.values()) > MOST_BYTES:
            raise Refused(f"{path} is larger than an export may be: {MOST_FILES} files, {MOST_BYTES >> 20} MiB.")

    def _listed(self) -> Iterator[tuple[str, int]]:
        if self._zip is not None:
            yield from ((info.filename, info.file_size) for info in self._zip.infolist() if not info.is_dir())
            return
        for file in sorted(self.path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(self.path).as_posix(), file.stat().st_size

    def __getitem__(self, name: str) -> bytes:
        size = self._sizes[name]
        try:
            if self._zip is None:
                return (self.path / name).read_bytes()
            with self._zip.open(name) as file:
                return file.read(size)
        except _UNREADABLE as why:
            raise Refused(f"{name} in {self.path} cannot be read: {why}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def json(self, name: str) -> Any:
        try:
            return from_json(self[name])
        except ValueError as why:
            raise Refused(f"{name} in {self.path} is not JSON: {why}.") from None


# --- what was kept --------------------------------------------------------------------------------


def file_name(address: str) -> str:
    return quote(address.lstrip("/"), safe="/=&-_.~@") + ".json"


def from_files(files: Files) -> Answers:
    """The answers of an export that ``Kept`` wrote."""
    names = {unquote(name).removesuffix(".json"): name for name in files}

    def answer(address: str) -> Any:
        name = names.get(address.lstrip("/"))
        if name is None:
            raise NotThere(f"The export has no answer to {address}.")
        found = files.json(name)
        if isinstance(found, dict) and set(found) == {"not there"}:
            raise NotThere(str(found["not there"]))
        return found

    return answer


class Kept:
    """Answers that are remembered, and written into a zip: at the end, however it ended, and now and then before."""

    def __init__(self, ask: Answers, system: str, path: Path):
        self._ask, self.system, self.path = ask, system, path
        self.files: dict[str, bytes] = {}
        self._saved_at = time.monotonic()
        if path.is_dir():
            raise Refused(f"{path} is a folder. Give the name of a zip.")
        if not path.parent.is_dir():
            raise Refused(f"There is no folder {path.parent}.")
        if path.exists():
            self._go_on(Files(path))

    def _go_on(self, files: Files) -> None:
        if COMPLETE in files:
            raise Refused(f"{self.path} holds a whole export already. Choose another name, or read it with --file.")
        self.files = {name: files[name] for name in files}

    def __call__(self, address: str) -> Any:
        name = file_name(address)
        if name not in self.files:
            try:
                found = self._ask(address)
            except NotThere as why:
                found = {"not there": str(why)}
            self.files[name] = json.dumps(found).encode()
            if time.monotonic() - self._saved_at > SAVED_EVERY:
                self.write(whole=False)
        found = self._read(name)
        if isinstance(found, dict) and set(found) == {"not there"}:
            raise NotThere(str(found["not there"]))
        return found

    @property
    def refused(self) -> int:
        return sum(body.startswith(b'{"not there": ') for body in self.files.values())

    def _read(self, name: str) -> Any:
        try:
            return from_json(self.files[name])
        except ValueError as why:
            raise Refused(f"{name} in {self.path} is not JSON: {why}.") from None

    def write(self, *, whole: bool) -> None:
        """Beside it first: what was there is replaced as a whole. For its owner only, since it may hold keys."""
        self._saved_at = time.monotonic()
        files = {**self.files, **({COMPLETE: json.dumps({"system": self.system}).encode()} if whole else {})}
        draft = self.path.with_name(self.path.name + ".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as out:
            for name, body in files.items():
                out.writestr(name, body)
        draft.replace(self.path)


def made_by(files: Files) -> str:
    """Of which system this is an export of ours; empty if it is none, or not whole."""
    if COMPLETE not in files:
        return ""
    said = files.json(COMPLETE)
    return str(said.get("system", "")) if isinstance(said, dict) else ""
