"""Invitations: an admin says who is to come in, and the link makes the account. It works once, and for some days."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.people.models import Membership, User
from escalation.trail.writing import Actor, record_configuration, take_turn

if TYPE_CHECKING:
    from .models import Invitation

DAYS = 7


def new_key() -> str:
    return secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def ends(now: datetime) -> datetime:
    return now + timedelta(days=DAYS)


def link(key: str) -> str:
    return settings.ADDRESS + reverse("invitation", args=[key])


@transaction.atomic
def take(invitation: "Invitation", *, name: str, password: str, time_zone: str, now: datetime) -> User:
    """The account, and its place in the team. ``Refused`` if the link has ended, or there is such an account."""
    take_turn()
    open_ones = type(invitation).objects.open(now).filter(pk=invitation.pk)
    if not open_ones.update(taken_at=now):  # two at once: one
        raise Refused(_("This invitation has been used, withdrawn, or is too old."))
    try:
        with transaction.atomic():
            person: User = User.objects.create_user(invitation.email, name, password, time_zone=time_zone)
    except IntegrityError as error:  # made by an admin or the provider's word, just now
        raise Refused(_("There is an account with this address already. Sign in with it.")) from error
    if invitation.team is not None and invitation.team.archived_at is None:
        Membership.objects.create(team=invitation.team, user=person, role=invitation.role)
    type(invitation).objects.filter(pk=invitation.pk).update(person=person)
    data: dict[str, Any] = {"what": "user", "id": person.pk, "name": person.name, "email": person.email}
    record_configuration(Actor.person(person), "invitation_taken", data, now=now)
    return person


def withdraw(invitation: "Invitation", *, by: User, now: datetime) -> bool:
    """Its link opens nothing from now on. Whether it did until now."""
    with transaction.atomic():
        take_turn()
        withdrawn = bool(type(invitation).objects.unused(now).filter(pk=invitation.pk).update(withdrawn_at=now))
        if withdrawn:
            data = {"what": "invitation", "id": invitation.pk, "name": invitation.email}
            record_configuration(Actor.person(by), "invitation_withdrawn", data, now=now)
    return withdrawn


def send(invitation: "Invitation", key: str) -> bool:
    """By mail; whether a mail server took it. Where none does, the link can be copied."""
    told = {"invitation": invitation, "link": link(key), "days": DAYS}
    subject = render_to_string("signin/invitation_subject.txt", told).strip()
    try:
        send_mail(subject, render_to_string("signin/invitation.txt", told), None, [invitation.email])
    except (OSError, ValueError):  # smtplib's errors are OSErrors
        return False
    return True
