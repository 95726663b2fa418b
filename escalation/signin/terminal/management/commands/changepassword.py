"""Django's ``changepassword``, by our verb: on record, told by mail, and the end of all sessions."""

from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.kit import clock
from escalation.people.models import User
from escalation.signin import passwords
from escalation.trail.terminal import operator

TRIES = 3


class Command(BaseCommand):
    help = (
        "Asks for a new password for an account, twice, and sets it. All its sessions end, it is on record, and its "
        "owner is told by mail. A link by which they choose one themselves: manage.py signin_reset."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email=options["email"].strip().casefold()).first()
        if person is None:
            raise CommandError("There is no account with this address. Nothing was changed.")
        self.stdout.write(f"A new password for {person.name}:")
        passwords.choose(person, self._typed(person), by=operator(), now=clock.now())
        self.stdout.write("Set. The account is signed out everywhere, and its owner is told by mail.")
        if not person.is_active:
            self.stdout.write("It is deactivated, and stays so.")

    def _typed(self, person: User) -> str:
        for _try in range(TRIES):
            password = getpass("Password: ")
            if getpass("Password (again): ") != password:
                self.stderr.write("These two are not the same.")
                continue
            try:
                validate_password(password, person)
            except ValidationError as why:
                self.stderr.write("\n".join(why.messages))
            else:
                return password
        raise CommandError("Nothing was changed.")
