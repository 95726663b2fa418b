"""The next anchor: which heads moved since the one before, and signed.

Entries have rising ids, but a transaction may show its own a little later than another that took higher ones. So a
look goes back behind what the anchors of the last five minutes had seen, longer than any transaction is let live, and
leaves out the heads that those anchors state already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db.models import Max, QuerySet

from escalation.kit import failpoint

from .. import chain
from ..models import Entry, Trail
from . import form, keys, remembered
from .form import Anchor, Head, Signed
from .log import Do, End, Log, at_once, backwards

BACK = timedelta(minutes=5)
AT_LEAST = 5  # anchors, whatever the clock says
_OPEN = 1_000  # so many ids may have been taken by transactions that were not over when a file began


def places() -> list[Path]:
    """Where anchors are written: on this host, if nothing else is said."""
    return [Path(one) for one in settings.ANCHOR_DIRS] or [Path(settings.HOME, ".baton", "anchors")]


def installation() -> str:
    """The hash that an installation is known by; empty if nothing was recorded yet."""
    return Entry.objects.order_by("id").values_list("hash", flat=True).first() or ""


def log_of(place: Path) -> Log:
    return Log(place, installation(), settings.HOST_NAME)


def add(log: Log, *, now: datetime, next_key: str = "", do: Do = at_once) -> Signed | None:
    """The next anchor of a log, on disk; None if somebody else is writing it. OSError or ValueError: it is not.
    ``Gone``, an OSError, if the log was here before and is not now.

    ``next_key``: the public half of the key that signs after this one. ``do``: how to do what touches the disk.
    """
    seen = _look(log, now, do)
    stated = _stated(seen.recent)
    failpoint.reach("anchor.stated")
    signed = _signed(seen, stated, now, next_key, do(partial(_key_after, seen.last)))
    return signed if do(partial(_append, log, seen, signed.line)) else None


@dataclass(frozen=True)
class _Seen:
    """What a log is like: its last anchor, and those of the file of now from before which nothing can come."""

    month: str
    end: End
    last: Signed | None
    recent: Sequence[Signed]


def _look(log: Log, now: datetime, do: Do) -> _Seen:
    do(lambda: remembered.expect(log.folder))
    end = do(log.end)
    # Never a month before the last file's: a clock that was ahead once is put back, and the log goes on at its end.
    month = max(f"{now.astimezone(UTC):%Y-%m}", end.month)
    recent = list(_recent(log.file(month), now, do)) if month == end.month else []
    return _Seen(month, end, recent[0] if recent else log.last(do), recent)


@dataclass(frozen=True)
class _Stated:
    """What the database has to say now."""

    installation: str
    newest: int
    heads: Sequence[Head]


def _stated(recent: Sequence[Signed]) -> _Stated:
    # What is there is read after its number: what comes between the two is looked at again.
    newest = Entry.objects.aggregate(last=Max("id"))["last"] or 0
    heads = _moved(recent) if recent else _all()
    return _Stated(installation(), newest if recent else max(0, newest - _OPEN), heads)


def _signed(seen: _Seen, stated: _Stated, now: datetime, next_key: str, key: Ed25519PrivateKey) -> Signed:
    last = seen.last
    anchor = Anchor(
        n=last.anchor.n + 1 if last else 1,
        at=chain.instant(now),
        installation=stated.installation,
        host=settings.HOST_NAME,
        prev=last.anchor.hash if last else chain.GENESIS,
        newest=stated.newest,
        whole=not seen.recent,
        count=len(stated.heads),
        root=form.root(one.leaf for one in stated.heads),
        key=keys.public(key),
        next_key=next_key,
    )
    return form.sign(anchor, stated.heads, key)


def _append(log: Log, seen: _Seen, line: str) -> bool:
    with log.mine() as mine:
        if not mine or log.end() != seen.end:  # somebody else wrote meanwhile
            return False
        log.append(line, seen.month)
        failpoint.reach("anchor.written")
        remembered.remember(log.folder)
        return True


def _key_after(last: Signed | None) -> Ed25519PrivateKey:
    """Whoever was stopped while the key was changed left an anchor that names the coming one."""
    key, coming = keys.current(), keys.coming()
    return coming if coming is not None and names(last, keys.public(coming)) else key


def names(last: Signed | None, key: str) -> bool:
    """Whether ``key`` signs after ``last`` because an anchor has said so."""
    return last is not None and key in (last.anchor.next_key, last.anchor.key)


def _recent(file: Path, now: datetime, do: Do) -> Iterator[Signed]:
    """The anchors of this file from before which nothing can come any more, the last one first; else all of it."""
    before = chain.instant(now - BACK)
    for count, one in enumerate(backwards(file, do), 1):
        yield one
        if count > AT_LEAST and one.anchor.at <= before:
            break


def _moved(recent: Sequence[Signed]) -> list[Head]:
    since = recent[-1].anchor.newest
    stated: dict[int, Head] = {}
    for signed in reversed(recent):
        stated.update((one.trail, one) for one in signed.heads)
    trails = Trail.objects.filter(pk__in=Entry.objects.filter(id__gt=since).order_by().values("trail"))
    return [one for one in _heads(trails) if stated.get(one.trail) != one]


def _all() -> list[Head]:
    return _heads(Trail.objects.filter(length__gt=0))


def _heads(trails: "QuerySet[Trail]") -> list[Head]:
    rows = trails.order_by("pk").values_list("pk", "subject", "length", "head")
    return [Head._make(row) for row in rows.iterator(chunk_size=5000)]
