"""What this host has seen of the database, kept outside of it: ``BATON_HOME/.baton/<installation>/mark``.

A database that was put back from an older copy cannot know it. So each host remembers the newest
entry it has seen; if that entry is missing, or is another one, the database is older than the host.
An installation is known by the hash of its very first entry, so another database in the same home,
or a new and empty one, has a mark of its own and is no copy.
"""

import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

_NAME = "mark"


@dataclass(frozen=True)
class Mark:
    """``entry`` (its id and hash) was the newest at ``at``, by the database's clock."""

    entry: int
    hash: str
    at: datetime


def folder(installation: str) -> Path:
    """Where this host keeps what it remembers of an installation (the hash of its first entry)."""
    return Path(settings.HOME, ".baton", installation[:16])


def read(installation: str) -> Mark | None:
    """The mark, or None if there is none that can be read: this host has seen nothing yet."""
    try:
        kept = json.loads(Path(folder(installation), _NAME).read_bytes())
        return Mark(int(kept["entry"]), str(kept["hash"]), instant(kept["at"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.error("the mark of what this host has seen cannot be read: %s", error)
        return None


def instant(text: str) -> datetime:
    """Of one instant: without its zone it cannot be compared with any other."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return found


def write(installation: str, mark: Mark) -> None:
    """Replace the mark as a whole: whoever is killed meanwhile leaves the old one. Never raises."""
    try:
        home = own_folder(installation)
        draft = home / f"{_NAME}.{os.getpid()}"
        line = json.dumps({"entry": mark.entry, "hash": mark.hash, "at": mark.at.isoformat()})
        append(draft, line, flags=os.O_TRUNC)
        draft.replace(home / _NAME)
    except OSError as error:  # calling people is worth more than knowing of copies
        log.error("the mark of what this host has seen cannot be kept: %s", error)


def own_folder(installation: str) -> Path:
    home = folder(installation)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def append(file: Path, text: str, *, flags: int = os.O_APPEND) -> None:
    """Write ``text`` in one piece and wait until it is on disk; the file is nobody else's."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    try:
        os.write(handle, text.encode())
        with suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)
