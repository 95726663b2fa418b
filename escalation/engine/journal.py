"""Which messages this host handed to a provider, kept outside of the database, two weeks long.

A line is written *before* a message leaves, and another if it did not get through. So what a copy of
the database believes to be unsent is known to have left, or perhaps to have left, whoever died when.
One file a day in the installation's folder (see ``mark``); a line is ``instant try sign key``.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from . import mark

log = logging.getLogger(__name__)

KEEP = timedelta(days=14)
_LEAVES, _FAILED = "+", "-"
_WHOLE = re.compile(r"(\S+) (\d{1,5}) ([+-]) (\S+/\d+/\w+/\d+)\n")  # what is torn must not look like another key


@dataclass(frozen=True)
class Line:
    """``key``'s ``attempt``-th try: it leaves, or (``failed``) it did not get through."""

    at: datetime
    attempt: int
    failed: bool
    key: str


def leaving(installation: str, tries: Iterable[tuple[str, int]], *, now: datetime) -> None:
    """These (key, attempt) are about to leave."""
    _write(installation, tries, _LEAVES, now)


def failed(installation: str, tries: Iterable[tuple[str, int]], *, now: datetime) -> None:
    """These did not get through."""
    _write(installation, tries, _FAILED, now)


def _write(installation: str, tries: Iterable[tuple[str, int]], sign: str, now: datetime) -> None:
    lines = [f"{now.isoformat()} {attempt} {sign} {key}\n" for key, attempt in tries]
    if not lines:
        return
    try:
        file = mark.own_folder(installation) / f"sent-{now:%Y-%m-%d}"
        if not file.exists():
            _prune(file.parent, now)
        mark.append(file, "".join(lines))
    except OSError as error:  # calling people is worth more than remembering it twice
        log.error("the journal of what was sent cannot be written: %s", error)


def _prune(home: Path, now: datetime) -> None:
    oldest = f"sent-{now - KEEP:%Y-%m-%d}"
    for file in home.glob("sent-*"):
        if file.name < oldest:
            file.unlink(missing_ok=True)


def sent(installation: str) -> dict[str, datetime]:
    """Every key that has left or may have, and when it last did."""
    found: dict[str, datetime] = {}
    for line in read(installation):
        if line.failed:
            found.pop(line.key, None)
        else:
            found[line.key] = line.at
    return found


def read(installation: str, *, since: datetime | None = None) -> Iterator[Line]:
    """The lines in the order they were written, those of ``since`` and later. What is torn is passed over."""
    first = "" if since is None else f"sent-{since.astimezone(UTC):%Y-%m-%d}"
    for file in sorted(mark.folder(installation).glob("sent-*")):
        if file.name < first:
            continue
        try:
            text = file.read_text(errors="replace")
        except OSError as error:
            log.error("the journal of what was sent cannot be read: %s", error)
            continue
        for one in text.splitlines(keepends=True):
            line = _parsed(one)
            if line is not None and (since is None or line.at >= since):
                yield line


def _parsed(line: str) -> Line | None:
    found = _WHOLE.fullmatch(line)
    if found is None:
        return None
    at, attempt, sign, key = found.groups()
    try:
        return Line(mark.instant(at), int(attempt), sign == _FAILED, key)
    except ValueError:
        return None
