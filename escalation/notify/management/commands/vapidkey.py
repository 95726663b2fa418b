"""``manage.py vapidkey``: the key that browsers know this installation by, made if there is none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from escalation.notify import vapid


class Command(BaseCommand):
    help = "Makes the key for messages to browsers, if there is none, and shows its public half."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if vapid.make():
            self.stdout.write(f"Made {vapid.file()}. Back it up: with another key every browser has to be asked again.")
        public = vapid.public()
        if not public:
            source = "BATON_VAPID_KEY" if vapid.is_set() else vapid.file()
            raise CommandError(f"What stands in {source} is no key. Take it away, and run this again.")
        self.stdout.write(f"Public key: {public}")
