"""``manage.py rebuild_summaries``: make what measures are made of anew, from the record."""

from django.core.management.base import BaseCommand

from incidents import summing
from incidents.counting import days
from incidents.models import Incident


class Command(BaseCommand):
    help = "Make the summaries of all incidents that are over anew from the record. People and the engine work on."

    def handle(self, *args, **options):
        days.throw_away()
        self.stdout.write(f"{summing.refresh(Incident.objects.all())} incidents are measured.")
