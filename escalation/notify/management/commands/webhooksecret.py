"""``manage.py webhooksecret https://…``: the key that one receiver of webhooks checks signatures with."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.notify.webhook import Webhook, keys_of, shown


class Command(BaseCommand):
    help = "Shows the key with which messages to this address are signed; the newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="https://…")

    def handle(self, *args: Any, **options: Any) -> None:
        webhook = Webhook()
        if why := webhook.ready():
            raise CommandError(why)
        try:
            address = webhook.clean(options["address"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        for key in keys_of(address):
            self.stdout.write(shown(key))
