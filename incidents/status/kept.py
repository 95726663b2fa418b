"""The page as it was made last, in all its forms, kept for a moment: a crowd costs what one reader does. While the
database is away the last one stays."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import quote_etag

from escalation.kit import clock
from incidents.models import StatusPage

from .feed import as_atom
from .plain import as_json, feed_name, told
from .reading import read

SECONDS = 2
KEY = "status-page"
_last: list["Kept"] = []  # the one that was made last, for when the database is away: it says of when it is


@dataclass(frozen=True)
class Body:
    """One form of the page, to be sent as it is."""

    kind: str
    content: bytes

    @property
    def etag(self) -> str:
        return quote_etag(blake2b(self.content, digest_size=12).hexdigest())


@dataclass(frozen=True)
class Kept:
    """To whom it is shown, and its forms by the names of their addresses: none if it is off."""

    shown: str
    bodies: dict[str, Body]

    @property
    def is_public(self) -> bool:
        return self.shown == StatusPage.Shown.PUBLIC


def latest() -> Kept:
    found: Kept | None = cache.get(KEY)
    if found is None:
        found = _made_or_last()
        cache.set(KEY, found, SECONDS)
    return found


def _made_or_last() -> Kept:
    """Whoever looks while the database is away is most likely to need it."""
    try:
        found = _made(clock.nearly())
    except (InterfaceError, OperationalError):
        if not _last:
            raise
        return _last[0]
    _last[:] = [found]
    return found


def _made(now: datetime) -> Kept:
    page, picture = read(now)
    if page is None:
        return Kept(StatusPage.Shown.OFF, {})
    content, zone = told(page, picture), ZoneInfo(page.zone)
    bodies = {
        "status": Body("text/html; charset=utf-8", _html(content, now, zone)),
        "status-feed": Body("application/atom+xml; charset=utf-8", as_atom(content, feed_name(page), now, zone)),
        "status-json": Body("application/json", as_json(content)),
    }
    return Kept(page.shown, bodies)


def _html(content: dict[str, Any], now: datetime, zone: ZoneInfo) -> bytes:
    with timezone.override(zone):
        return render_to_string("status/page.html", {"page": content, "now": now, "zone": zone.key}).encode()
