"""``manage.py signin_reset``: the way back in for whoever has lost what they sign in with."""

from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from escalation.kit import clock
from escalation.people.models import User
from escalation.signin.factors import verbs
from escalation.trail.terminal import operator


class Command(BaseCommand):
    help = (
        "Takes away somebody's authenticator app, passkeys and recovery codes, and prints a link by which they choose "
        "a new password. For the last admin, who has nobody to ask. It is on record, and they are told by mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email=options["email"].strip().casefold(), is_active=True).first()
        if person is None:
            raise CommandError("Nobody with this address may sign in here. Nothing was changed.")
        by, now = operator(), clock.now()
        taken = verbs.take_away(person, by=by, now=now)
        if not taken:
            verbs.link_made(person, by=by, now=now)
        person.refresh_from_db()
        which = {
            "uidb64": urlsafe_base64_encode(force_bytes(person.pk)),
            "token": default_token_generator.make_token(person),
        }
        self.stdout.write(f"{person.name} {'has no second step any more' if taken else 'had no second step'}.")
        if settings.OPENID_ONLY:
            self.stdout.write(
                "Passwords open nothing while BATON_OIDC_ONLY is set: take it out, and start Baton again."
            )
        self.stdout.write("A new password is chosen here; the link opens once, and not for long:")
        self.stdout.write(settings.ADDRESS + reverse("password_reset_confirm", kwargs=which))
