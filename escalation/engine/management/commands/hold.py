"""``manage.py hold``: says that the database is an older copy, where no host can know it."""

from typing import Any

from django.core.management.base import BaseCommand

from escalation.engine import standstill
from escalation.trail.terminal import operator


class Command(BaseCommand):
    help = (
        "Stops all calls, because the database was put back from an older copy. Hosts that have seen it before "
        "notice by themselves; on a new machine say so before `manage.py up`. `manage.py resume` goes on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if standstill.hold(seen_at=None, actor=operator()):
            self.stdout.write("Nobody is called until `manage.py resume`.")
        elif standstill.held():
            self.stdout.write("It is held already. `manage.py resume` goes on.")
        else:
            self.stdout.write("There is nothing to hold: this installation is not set up yet.")
