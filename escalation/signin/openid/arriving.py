"""Whose account somebody gets who comes by the provider's word."""

from datetime import datetime

from django.db import IntegrityError, transaction

from escalation.kit.text import one_line
from escalation.people.models import Membership, Team, User
from escalation.signin.models import ProvidedIdentity
from escalation.trail.writing import ENGINE, Actor, record_configuration, take_turn

from .words import NotBelieved, Somebody, Trust


def account_of(who: Somebody, trust: Trust, *, now: datetime) -> User | None:
    """The account of this address, made if the environment says so; None if there is none, or it has ended.
    ``NotBelieved`` if it is that of another of the provider's people, who had the address before.
    """
    person = User.objects.filter(email=who.email).first()
    _compare(person, who, trust)
    if person is None and trust.creates:
        person = _made(who, trust, now)
    if person is None or not person.is_active:
        return None
    _bind(person, who, trust, now)
    return person


def _compare(person: User | None, who: Somebody, trust: Trust) -> None:
    known = ProvidedIdentity.objects.filter(issuer=trust.issuer)
    another = known.filter(subject=who.subject).exclude(person=person) if person else known.filter(subject=who.subject)
    if another.exists():
        raise NotBelieved("It says the address of one account of somebody who came as another before (sub).")
    if person is not None and known.filter(person=person).exclude(subject=who.subject).exists():
        raise NotBelieved("Another of its people has come with this address before (sub). An admin can release it.")


def _bind(person: User, who: Somebody, trust: Trust, now: datetime) -> None:
    """From the first arrival on the account is this one's. Of two at once who are not the same, one has come first."""
    try:
        with transaction.atomic():
            _row, made = ProvidedIdentity.objects.get_or_create(
                person=person, issuer=trust.issuer, subject=who.subject, defaults={"since": now}
            )
            if made:
                data = {"what": "user", "id": person.pk, "name": person.name}
                record_configuration(ENGINE, "openid_bound", data, now=now)
    except IntegrityError as error:
        raise NotBelieved("Another of its people has come with this address just now (sub).") from error


@transaction.atomic
def release(person: User, *, by: Actor, now: datetime) -> bool:
    """Whoever comes next with the person's address is taken for them. Whether anybody had come before."""
    take_turn()
    released = bool(ProvidedIdentity.objects.filter(person=person).delete()[0])
    if released:
        data = {"what": "user", "id": person.pk, "name": person.name}
        record_configuration(by, "openid_released", data, now=now)
    return released


def _made(who: Somebody, trust: Trust, now: datetime) -> User | None:
    try:
        with transaction.atomic():
            take_turn()
            name = one_line(who.name or who.email.partition("@")[0], limit=120)
            person = User.objects.create_user(who.email, name)  # without a password
            data = {"what": "user", "id": person.pk, "name": name, "after": {"email": who.email}}
            team = Team.objects.in_use().filter(name=trust.team).first() if trust.team else None
            if team is not None:
                Membership.objects.create(team=team, user=person)
                data["after"] |= {"team": team.name}
            record_configuration(ENGINE, "openid_person", data, now=now)
            return person
    except IntegrityError:  # made by another request, just now
        return User.objects.filter(email=who.email).first()
