"""Write the bundle of one trail. The format is told at the head of ``verify.py``."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from .. import chain
from ..anchors import form, keys, log, making
from ..models import Entry, Trail

VERIFIER = Path(__file__).with_name("verify.py")
_README = """\
This is the record of {subject} as Baton kept it, exported at {at} for {by}.

To verify it, with Python 3.11 or later and nothing else:

    python3 verify.py

It says in words what it found. Ask the installation, in another way than this bundle came, for its public key, and let
it be the only one that is trusted:

    python3 verify.py --key HEX

If Baton runs there on several hosts, each has a key of its own: say --key once for each.

entries.jsonl   what happened, an entry a line, as it was sealed; what people wrote stands beside it with its salt
anchors.jsonl   what was said of this record, and signed, while it was being written
files/          what was attached and is still there; the number is that of the file in the entries
manifest.json   the hash of each file of this bundle, signed
verify.py       reads all of this; what it checks, and how, is told at its head

It proves that the record is as it was when the last of its anchors was signed. It does not prove that what people
wrote is true, nor who sat at the keyboard.
"""


@dataclass(frozen=True)
class File:
    """An attachment that is still there: its number in the entries, its name, and what is in it."""

    id: int
    name: str
    body: bytes


@dataclass
class _Bundle:
    """A ZIP that knows the hash of everything in it."""

    zip: zipfile.ZipFile
    at: datetime
    digests: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        info = zipfile.ZipInfo(name, self.at.astimezone(UTC).timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        self.zip.writestr(info, data)
        self.digests[name] = hashlib.sha256(data).hexdigest()


def write(out: IO[bytes], trail: Trail, files: Callable[[], Iterable[File]], *, by: str, now: datetime) -> None:
    """Into ``out``, which has to be at its beginning. OSError, ValueError: this host's key cannot be read.

    Entries and texts come from one statement, and ``files`` reads those of the same moment. Anchors are read before:
    none of them has seen more.
    """
    key = keys.current()
    anchors = _anchors(trail)
    rows, there = _of_one_moment(trail, files)
    with zipfile.ZipFile(out, "w") as archive:
        bundle = _Bundle(archive, now)
        bundle.add("README.txt", _README.format(subject=trail.subject, at=chain.instant(now), by=by).encode())
        bundle.add("verify.py", VERIFIER.read_bytes())
        bundle.add("entries.jsonl", _lines(row.said for row in rows))
        bundle.add("anchors.jsonl", _lines(anchors))
        for file in there:
            bundle.add(f"files/{file.id}-{file.name}", file.body)
        manifest = {
            "at": chain.instant(now),
            "by": by,
            "entries": len(rows),
            "files": sorted([name, digest] for name, digest in bundle.digests.items()),
            "head": rows[-1].hash if rows else chain.GENESIS,
            "key": keys.public(key),
            "subject": trail.subject,
            "trail": trail.pk,
            "v": 1,
        }
        signed = key.sign(f"baton-bundle-1\n{chain.plain(manifest)}".encode()).hex()
        bundle.add("manifest.json", _lines([{"manifest": manifest, "signature": signed}]))


def _of_one_moment(trail: Trail, files: Callable[[], Iterable[File]]) -> tuple[list["_Row"], list[File]]:
    """A file comes and goes with an entry. Nobody who writes is kept waiting: if somebody did, both are read anew."""
    while True:
        rows, there = list(_entries(trail)), list(files())
        if Entry.objects.filter(trail=trail).count() == len(rows):
            return rows, there


@dataclass(frozen=True)
class _Row:
    hash: str
    said: dict[str, Any]


def _entries(trail: Trail) -> Iterator[_Row]:
    columns = ("canonical", "hash", "said__salt", "said__text")
    for canonical, seal, salt, text in Entry.objects.filter(trail=trail).order_by("seq").values_list(*columns):
        yield _Row(seal, {"canonical": canonical, "hash": seal, "salt": salt, "text": text})


def _anchors(trail: Trail) -> list[dict[str, Any]]:
    """All that have seen this trail, or one of its name, and those that let another key follow; of every place.

    Also those that contradict it: the stranger is to judge that.
    """
    found: list[dict[str, Any]] = []
    for place in making.places():
        for files in log.found_in(making.log_of(place).beside).values():
            found += _of_log(files, trail)
    return sorted(found, key=lambda one: (one["anchor"]["at"], one["anchor"]["n"]))


def _of_log(files: list[Path], trail: Trail) -> Iterator[dict[str, Any]]:
    """A line is only read as an anchor where its bytes say that it may be one of ours: logs are long."""
    mine, named = f"[{trail.pk},".encode(), f",{chain.plain(trail.subject)},".encode()
    follows = b'"next_key":"",'
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                if mine not in line and named not in line and follows in line:
                    continue
                signed = log.parsed(line)
                if signed is not None and signed.is_signed:
                    yield from _shown(signed, trail)


def _shown(signed: form.Signed, trail: Trail) -> Iterator[dict[str, Any]]:
    anchor = {"anchor": asdict(signed.anchor) | {"v": form.VERSION}, "signature": signed.signature}
    spoken = [at for at, head in enumerate(signed.heads) if head.trail == trail.pk or head.subject == trail.subject]
    for place in spoken:
        if (path := signed.proof(place)) is not None:
            yield anchor | {"leaf": list(signed.heads[place]), "proof": path}
    if signed.anchor.next_key and not spoken and signed.is_whole:
        yield anchor | {"leaf": None, "proof": []}


def _lines(values: Iterable[dict[str, Any]]) -> bytes:
    return "".join(f"{chain.plain(value)}\n" for value in values).encode()
