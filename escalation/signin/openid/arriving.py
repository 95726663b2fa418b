"""Whose account somebody gets who comes by the provider's word."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from escalation.kit.text import one_line
from escalation.people.models import Membership, Team, User
from escalation.trail.writing import ENGINE, record_configuration

from .words import Somebody, Trust


def account_of(who: Somebody, trust: Trust, *, now: datetime) -> User | None:
    """The account of this address, made if the environment says so; None if there is none, or it has ended."""
    person = User.objects.filter(email=who.email).first()
    if person is None and trust.creates:
        person = _made(who, trust, now)
    return person if person is not None and person.is_active else None


def _made(who: Somebody, trust: Trust, now: datetime) -> User | None:
    try:
        validate_email(who.email)
        with transaction.atomic():
            name = one_line(who.name or who.email.partition("@")[0], limit=120)
            person = User.objects.create_user(who.email, name)  # without a password
            data = {"what": "person", "id": person.pk, "name": name, "after": {"email": who.email}}
            team = Team.objects.in_use().filter(name=trust.team).first() if trust.team else None
            if team is not None:
                Membership.objects.create(team=team, user=person)
                data["after"] |= {"team": team.name}
            record_configuration(ENGINE, "openid_person", data, now=now)
            return person
    except IntegrityError:  # made by another request, just now
        return User.objects.filter(email=who.email).first()
    except ValidationError:
        return None
