"""``manage.py reindex``: make the words that search looks through anew, from the incidents and their record."""

from django.core.management.base import BaseCommand

from incidents.models import Incident, search


class Command(BaseCommand):
    help = "Make the words that search looks through anew. People and the engine work on meanwhile."

    def handle(self, *args, **options):
        self.stdout.write(f"{search.refresh(Incident.objects.all())} incidents can be searched.")
