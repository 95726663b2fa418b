"""A new password, by whatever way: on record, told to its owner, and the end of every session the old one opened."""

from datetime import datetime

from django.db import transaction

from escalation.people.models import User
from escalation.trail.writing import Actor, record_configuration, take_turn

from . import ending
from .factors import telling


@transaction.atomic
def choose(person: User, password: str, *, by: Actor, now: datetime) -> None:
    take_turn()
    person.set_password(password)
    person.save(update_fields=["password"])
    was_chosen(person, by=by, now=now)


@transaction.atomic
def was_chosen(person: User, *, by: Actor, now: datetime, but: str | None = None) -> None:
    """What follows from it, where a form of Django's has written it, in the transaction that did.

    ``but``: the key of the session that goes on.
    """
    data = {"what": "user", "id": person.pk, "name": person.name}
    telling.tell_of(record_configuration(by, "config_password", data, now=now))
    ending.end_all(person, by=by, now=now, but=but)
