"""The minute's anchor over the record, and what is said where it cannot be written.

Calling people is worth more than an anchor: whatever goes wrong here is told (the log, the audit, ``/healthz``,
a banner) and stops nothing. One host has the turn in each minute; the log of another catches up at its own.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar, cast

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.trail.anchors import making

from . import beats
from .models import Beat
from .registry import Notice

log = logging.getLogger(__name__)

BEAT, TURN = "anchor", "anchor turn"
# Asked once in each round of audits, which take now longer and now shorter; no round is to go without.
EVERY = timedelta(seconds=settings.AUDIT_SECONDS) / 2
LATELY = timedelta(minutes=30)  # within it each host has had a turn to say that it works again
PATIENCE = 4.0  # seconds for a disk
_trying: dict[Path, Thread] = {}
T = TypeVar("T")
OLD = timedelta(minutes=5)  # so long without an anchor, while audits go on, is a fault


def take_turn() -> bool | None:
    """Write the minute's anchor in every place; None if it is not this host's turn, else whether all have it."""
    now = clock.now()
    if not beats.mine(TURN, now=now, every=EVERY) or not making.installation():
        return None
    failed = _write(now)
    last = Beat.objects.filter(name=BEAT, host=settings.HOST_NAME).first()
    since = (last.detail.get("failing_since") if last else None) or now.isoformat()
    detail = {"failed": failed, "failing_since": since} if failed else {}
    beats.beat(BEAT, now=now, detail=detail)
    return not failed


def _write(now: datetime) -> list[str]:
    """The places that have no anchor of now, each with the reason."""
    failed = []
    for place in making.places():
        try:
            making.add(making.log_of(place), now=now, do=partial(_patiently, place))
        except Exception as error:  # whatever it is, the other places get theirs
            log.error("the record's anchor cannot be written to %s: %s", place, error)
            failed.append(f"{place}: {error}")
    return failed


def _patiently(place: Path, job: Callable[[], T]) -> T:
    """Do what touches the disk of a place, for so long: a file system that is gone may never answer.

    Who waits for it then is a thread of its own, one for each place and no more.
    """
    stuck = _trying.get(place)
    if stuck is not None and stuck.is_alive():
        raise TimeoutError("the last try has had no answer yet")
    done: Queue[tuple[T | None, Exception | None]] = Queue()
    _trying[place] = Thread(target=_into, args=(done, job), daemon=True)
    _trying[place].start()
    try:
        found, error = done.get(timeout=PATIENCE)
    except Empty:
        raise TimeoutError(f"no answer for {PATIENCE:g} seconds") from None
    _trying[place].join(PATIENCE)  # it has answered, and ends now
    if error is not None:
        raise error
    return cast("T", found)


def _into(done: "Queue[tuple[T | None, Exception | None]]", job: Callable[[], T]) -> None:
    try:
        done.put((job(), None))
    except Exception as error:
        done.put((None, error))


def trouble(now: datetime) -> tuple[datetime, str] | None:
    """Since when the record lacks its anchors in some place, and why. None: all is well, or none was ever to be."""
    said = list(beats.until(now).filter(name=BEAT).order_by("-at"))
    for one in said:
        if one.detail.get("failed") and now - one.at < LATELY:
            since = parse_datetime(str(one.detail.get("failing_since"))) or one.at
            return since, f"{one.host}: {'; '.join(one.detail['failed'])}"
    audit = beats.latest("audit", now=now) if said else None
    if audit is not None and audit.at - said[0].at > OLD:
        return said[0].at, "none was written although audits go on"
    return None


def notices(now: datetime) -> Iterator[Notice]:
    found = trouble(now)
    if found is not None:
        text = _("The record has no anchors outside of the database since {since}. An admin must look into the log.")
        yield Notice("unanchored", text, found[0])
