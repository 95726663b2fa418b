"""Sessions in the database, each read together with the instant at which it was: a page needs both, and on PostgreSQL
every look at the clock is a query of its own."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone

from escalation.kit import clock


class SessionStore(db.SessionStore):
    """Named as Django's: the name is part of what sessions are signed with."""

    read_at: datetime | None = None

    def _get_session_from_db(self) -> Any:
        living = self.model.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now())
        found = living.annotate(read_at=clock.reading()).first()
        if found is None:
            self._session_key = None
        else:
            self.read_at = found.read_at
        return found


def instant_of(request: HttpRequest) -> datetime:
    """The one instant of a request: that at which its session was read."""
    return getattr(getattr(request, "session", None), "read_at", None) or clock.now()
