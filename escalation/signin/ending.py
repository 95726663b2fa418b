"""Ending sessions: where somebody is signed in, and that they are no more. In the transaction of what it is for."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from escalation.people.models import Session, User
from escalation.trail.writing import Actor, record_configuration, take_turn


def sessions_of(person: User, now: datetime) -> list[Session]:
    """Where the person is signed in, seen last first."""
    living = Session.objects.filter(person=person, expire_date__gt=now)
    return list(living.defer("session_data").order_by("-seen_at", "session_key"))


@transaction.atomic
def end(person: User, sessions: Iterable[Session], *, by: Actor, now: datetime) -> int:
    """From now on they open no page; an open live page hears it within seconds. Returns how many it were."""
    take_turn()
    rows = Session.objects.filter(person=person, pk__in=[one.pk for one in sessions])
    where = sorted(set(rows.values_list("device", flat=True)))
    ended: int = rows.delete()[0]
    if ended:
        data = {"what": "user", "id": person.pk, "name": person.name, "sessions": ended, "devices": where}
        record_configuration(by, "sessions_ended", data, now=now)
    return ended


def end_all(person: User, *, by: Actor, now: datetime, but: str | None = None) -> int:
    """``but``: the key of the session that goes on."""
    return end(person, Session.objects.filter(person=person).exclude(pk=but or ""), by=by, now=now)
