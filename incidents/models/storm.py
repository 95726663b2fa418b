"""Is the flow of alerts a storm? One notice above every page while it is.

A storm begins when so many messages came in, or so many incidents were opened, within a minute as
the settings say, and it ends when both are down to half of that: a flow around the limit must not
make the notice flicker. Each process judges for itself, by reading the newest rows by their ids:
one of each while all is calm, at most ``MOST`` of each in a storm, and not more often than every
few seconds.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import db
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.engine.registry import Notice

from .doors import Receipt, Source
from .incident import Incident

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
KEEP = timedelta(seconds=5)  # between two looks
MOST = 1000  # counted; above it is "more than"


@dataclass
class Storm:
    """What one process knows of it."""

    on: bool = False
    _looked_at: datetime | None = None
    _found: list[Notice] = field(default_factory=list)

    def notices(self, now: datetime) -> list[Notice]:
        """The notice, or nothing. Never raises: without the database there are worse news than this."""
        if self._looked_at is None or not timedelta() <= now - self._looked_at < KEEP:
            try:
                self._found = self._look(now)
            except db.Error as error:
                log.warning("cannot see whether alerts storm: %s", str(error).strip().split("\n", 1)[0])
            self._looked_at = now
        return self._found

    def _look(self, now: datetime) -> list[Notice]:
        calmer = 2 if self.on else 1
        many = _reached(Receipt.objects, "received_at", settings.STORM_MESSAGES // calmer, now)
        if not many and not _reached(Incident.objects.real(), "opened_at", settings.STORM_INCIDENTS // calmer, now):
            self.on = False
            return []
        self.on = True
        few = _with_bundling(_("A storm of alerts: many came in the minute before {since}."))
        return [Notice("storm", _sentence(now), now, moving=True, discreet=few)]


def _reached(rows: Any, when: str, limit: int, now: datetime) -> bool:
    """Whether the newest ``limit`` rows are all of the last minute: one row says so."""
    last = rows.order_by("-id").values_list(when, flat=True)[max(limit, 1) - 1 : max(limit, 1)]
    return any(abs(now - at) < MINUTE for at in last)


def _sentence(now: datetime) -> str:
    """How much, where from and what came of it: for those who may see every incident."""
    came = Receipt.objects.order_by("-id").values_list("source", "received_at")[:MOST]
    sources = Counter(source for source, at in came if abs(now - at) < MINUTE)
    opened = Incident.objects.real().order_by("-id").values_list("opened_at", flat=True)[:MOST]
    incidents = sum(abs(now - at) < MINUTE for at in opened)
    said = _("A storm of alerts: %(messages)s in the minute before {since}%(most)s; %(incidents)s.") % {
        "messages": _counted(sources.total(), lambda n: ngettext("%s message", "%s messages", n)),
        "most": _most(sources),
        "incidents": _counted(incidents, lambda n: ngettext("%s incident opened", "%s incidents opened", n)),
    }
    return _with_bundling(said)


def _with_bundling(said: str) -> str:
    return f"{said} {_('Calls to one person are bundled.')}" if settings.BUNDLE_SECONDS > 0 else said


def _most(sources: "Counter[int]") -> str:
    """Where more than half of it comes from, if it is one source."""
    if not sources:
        return ""
    [(source, count)] = sources.most_common(1)
    if count * 2 <= sources.total():
        return ""
    name = Source.objects.values_list("name", flat=True).get(pk=source)
    return _(", all from %s") % name if count == sources.total() else _(", most from %s") % name


def _counted(number: int, words: Callable[[int], str]) -> str:
    shown = number_format(number, use_l10n=True, force_grouping=True)
    return words(number) % (_("more than %s") % shown if number >= MOST else shown)


notices = Storm().notices
