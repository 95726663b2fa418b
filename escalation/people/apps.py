from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "escalation.people"
    label = "people"
    verbose_name = "People, teams and tiers"

    def ready(self):
        from datetime import timedelta

        from escalation.engine import registry

        from . import keeping

        registry.watch(
            "api answers", keeping.next_due, keeping.TASK, patience=timedelta(0), chore=True, every=keeping.LOOK
        )
