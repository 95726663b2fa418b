"""One at a time on a host: for work that may not take more than one of the workers there.

Held by a lock on a file, which dies with its holder. It keeps order and proves nothing: what must not be done twice
says so in its own rows.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # this system has no such locks, and runs one worker at a time
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Whether it is ours until the end; nobody is waited for."""
    if fcntl is None:
        yield True
        return
    with closing(file.open("w")) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
