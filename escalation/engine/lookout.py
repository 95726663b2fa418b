"""Is this still the database we knew? Asked before anything fires or leaves, and once a second besides.

Each process of a cluster remembers the newest entry it has seen and looks for it before each
batch, in the same statement that asks whether everything is held: one look by primary key. The
supervisor does the same and keeps the host's ``mark``, from which processes that begin learn.

Whoever has a new connection compares it with the host's journal as well: the server behind it may be one that
took over without the last moments, in which nobody had looked yet.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from escalation.kit import clock
from escalation.trail.models import Entry

from . import journal, mark, standstill
from .mark import Mark
from .models import Delivery, SentBefore

log = logging.getLogger(__name__)

AT_LEAST_EVERY = timedelta(seconds=30)  # the mark is written so often although nothing happens

_LOOK = """
    SELECT (SELECT held_at IS NOT NULL FROM policies_installation WHERE id = 1),
           (SELECT hash FROM trail_entry WHERE id = %s),
           id, hash
    FROM trail_entry ORDER BY id DESC LIMIT 1
"""


_opened = 0  # connections of this process


@receiver(connection_created)
def _count(**_: object) -> None:
    global _opened
    _opened += 1


@dataclass(frozen=True)
class View:
    """The database as it is now: held or not, whether the entry we knew is there, and the newest."""

    held: bool
    known: bool
    newest: Mark


def view(seen: Mark | None) -> View | None:
    """None: there is no entry at all, so nobody to call."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [seen.entry if seen else None])
        row = cursor.fetchone()
    if row is None:
        return None
    held, found, entry, seal = row
    return View(bool(held), seen is None or found == seen.hash, Mark(entry, seal, now))


def first_entry() -> str:
    """The hash that an installation is known by; empty if nothing was recorded yet."""
    return Entry.objects.order_by("id").values_list("hash", flat=True).first() or ""


class Lookout:
    """What one process has seen. ``keeps``: it keeps the host's mark (the supervisor alone does)."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.keeps = keeps
        self.installation = ""
        self._seen: Mark | None = None
        self._kept: Mark | None = None
        self._compared = -1  # how many connections there had been when the journal was last compared

    def stopped(self) -> bool:
        """Whether nothing may fire or leave. Notices an older copy and stops everything."""
        seen = self._remembered()
        now = view(seen)
        if now is None:
            return False
        opened = _opened
        if not now.known or (opened != self._compared and self._sent_more()):
            return self._lost(now)
        self._compared = opened
        self._see(now.newest)
        return now.held

    def _remembered(self) -> Mark | None:
        """The later of what this process and this host have seen."""
        if not self.installation:
            self.installation = first_entry()
        if self.keeps and self._seen is not None:
            return self._seen
        kept = mark.read(self.installation) if self.installation else None
        if kept is not None and (self._seen is None or kept.at > self._seen.at):
            self._seen = kept
        return self._seen

    def _sent_more(self) -> bool:
        """Did this host send, since this was last known to be the database, what it knows nothing of?

        Tries are counted in the database before they are made, so a line of the journal has its row.
        """
        if self._seen is None:
            return False
        lines = list(journal.read(self.installation, since=self._seen.at))
        return bool(lines) and not _counted(lines[-1])

    def _lost(self, now: View) -> bool:
        """The entry we knew is not there: another installation, a copy that was seen to, or an older copy.

        What we knew is forgotten only once it is held: if that fails, the next look finds the same.
        """
        assert self._seen is not None
        installation = first_entry()
        if installation != self.installation:
            log.warning("this is another installation's database than before")
            self.installation, self._kept, self._seen = installation, None, None
            return self.stopped()
        if standstill.hold(seen_at=self._seen.at, entry=self._seen.entry):
            log.critical(
                "the database is older than what this host has seen: nobody is called until `manage.py resume`"
            )
        if self.keeps:
            remember_sent(self.installation)
        again = view(None)
        if again is None:
            return True
        self._see(again.newest)
        return again.held

    def _see(self, newest: Mark) -> None:
        self._seen = newest
        if not self.keeps:
            return
        kept = self._kept
        if kept is None or kept.hash != newest.hash or newest.at - kept.at >= AT_LEAST_EVERY:
            mark.write(self.installation, newest)
            self._kept = newest


def _counted(line: journal.Line) -> bool:
    """Whether the database knows of this try."""
    cause, person, channel, n = line.key.rsplit("/", 3)
    rows = Delivery.objects.filter(cause=cause, person=int(person), channel=channel, n=int(n))
    return rows.filter(attempts__gte=line.attempt).exists()


def remember_sent(installation: str) -> None:
    """Tell the database which of the messages that wait in it have left this host before."""
    left = journal.sent(installation)
    waiting = Delivery.objects.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])
    keys = {one.idempotency_key: one.queued_at for one in waiting.defer("message").iterator()}
    # A key of a time that is lost may come again for something new: only what was queued before it left is meant.
    rows = [SentBefore(key=key, at=left[key]) for key, queued in keys.items() if key in left and left[key] >= queued]
    SentBefore.objects.bulk_create(rows, update_conflicts=True, update_fields=["at"], unique_fields=["key"])


# --- this process's own ---------------------------------------------------------------------

_own = Lookout() if settings.ROLE in ("timers", "general") else None  # a cluster's processes; others fire nothing


def stopped() -> bool:
    """Whether nothing may fire or leave: asked before each batch, by whoever is about to."""
    if _own is None:
        return standstill.held()
    try:
        return _own.stopped()
    except (OSError, ValueError):  # what is kept beside the database must not stop a call
        log.exception("cannot tell whether this is the database we knew")
        return standstill.held()


def installation() -> str:
    """The installation that this process works for, as its host's folder knows it."""
    return (_own.installation if _own is not None else "") or first_entry()
