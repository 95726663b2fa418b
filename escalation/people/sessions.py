"""Sessions in the database, each read together with the instant at which it was: a page needs both, and on PostgreSQL
every look at the clock is a query of its own.

Whose a session is, since when, from which device and address, stands in columns of its own, so that people see theirs,
and end them: a row that is deleted signs nobody in any more, and a request that is on its way cannot bring it back.
The cookie is a key: a row keeps its hash, so that whoever reads the table is nobody's guest.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone

from escalation.kit import clock
from escalation.kit.addresses import address_of

from .devices import in_words

NOBODYS = timedelta(hours=1)  # whoever is not signed in yet has a step to take: anybody can have such rows made
SEEN_EVERY = timedelta(minutes=5)  # how exactly it is known when a session was used last


class SessionStore(db.SessionStore):
    """Named as Django's: the name is part of what sessions are signed with."""

    read_at: datetime | None = None
    row: Any = None  # as it was read, or was written last
    address = device = ""

    @classmethod
    def get_model_class(cls) -> Any:
        return apps.get_model("people", "Session")

    def exists(self, session_key: str) -> bool:
        return super().exists(kept(session_key))

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(kept(key))

    def _get_session_from_db(self) -> Any:
        living = self.model.objects.filter(session_key=kept(self.session_key or ""), expire_date__gt=timezone.now())
        found = living.annotate(read_at=clock.reading()).first()
        if found is None:
            self._session_key = None
        else:
            self.read_at = found.read_at
        self.row = found
        return found

    def create(self) -> None:
        self.row = None  # whoever signs in begins another
        super().create()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        made.session_key = kept(made.session_key)
        made.person_id = _person_of(data.get(SESSION_KEY))
        if made.person_id is None:
            made.expire_date = min(made.expire_date, timezone.now() + NOBODYS)
        made.began_at = self.row.began_at if self.row is not None else clock.nearly()
        made.seen_at = clock.nearly()
        made.address, made.device = self.address, self.device
        self.row = made
        return made

    # Django has a twin of each for whoever awaits: the same, in a thread.

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        return await sync_to_async(self.create_model_instance)(data)

    def was_seen(self) -> None:
        """Note that it is in use, if that is not known yet. Only what the request has read already."""
        row, now = self.row, self.read_at
        if row is None or now is None or (row.person_id and now - row.seen_at < SEEN_EVERY):
            return
        person = _person_of(self.get(SESSION_KEY))  # not yet, in a row from before there was the column
        if person is not None:
            seen = {"person": person, "seen_at": now, "address": self.address, "device": self.device}
            self.model.objects.filter(pk=row.pk).update(**seen)


def kept(session_key: str) -> str:
    """What its row keeps of a session's key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


def row_of(request: HttpRequest) -> str:
    """The primary key of the session that a request comes with; of none if it has none."""
    return kept(request.session.session_key or "")


def _person_of(said: Any) -> int | None:
    return int(said) if str(said).isdecimal() else None


class SeenMiddleware:
    """Tells the session who comes with it."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        session: Any = request.session
        session.address = address_of(request)[:45]
        session.device = in_words(request.META.get("HTTP_USER_AGENT", ""))[:80]
        response = self.get_response(request)
        if getattr(session, "session_key", None):
            session.was_seen()
        return response


def instant_of(request: HttpRequest) -> datetime:
    """The one instant of a request: that at which its session was read."""
    return getattr(getattr(request, "session", None), "read_at", None) or clock.now()
