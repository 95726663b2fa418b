"""Where this host has written anchors, kept beside its key: a disk that is not mounted looks like one that is new.

Without this a log would begin anew, in silence, on the disk beneath. Only places that are named are remembered: the one
that is not lies beside this very file.
"""

import os
from pathlib import Path

from django.conf import settings

from . import keys


class Gone(OSError):
    """A log that was written to is not there."""


def file() -> Path:
    return keys.file().with_name("anchor.places")


def expect(folder: Path) -> None:
    """Raises ``Gone`` if anchors were written there and nothing is left of it."""
    if not folder.is_dir() and knows(folder):
        raise Gone(
            f"{folder} is not there, though anchors were written to it. Is its disk mounted? "
            "If it is gone for good, make that folder: another log begins there."
        )


def remember(folder: Path) -> None:
    """Anchors are written there."""
    if settings.ANCHOR_DIRS and not knows(folder):
        handle = os.open(file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(f"{folder}\n")


def knows(folder: Path) -> bool:
    """Whether anchors were ever written there."""
    try:
        return str(folder) in file().read_text().splitlines()
    except FileNotFoundError:
        return False
