from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "escalation.oncall"
    label = "oncall"
    verbose_name = "On call"

    def ready(self):
        from datetime import timedelta

        from escalation.engine import registry

        from . import unanswered
        from .calendars import fetching

        registry.watch(
            "calendars", fetching.next_due, fetching.TASK, patience=timedelta(0), chore=True, every=fetching.LOOK
        )
        registry.watch(
            "swaps", unanswered.next_due, unanswered.TASK, patience=timedelta(0), chore=True, every=unanswered.LOOK
        )
