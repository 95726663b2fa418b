from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "escalation.engine"
    label = "engine"
    verbose_name = "Escalation engine"

    def ready(self):
        from datetime import timedelta

        from . import deliver, registry

        registry.watch("outbox", deliver.next_due, "escalation.engine.tasks.send", patience=timedelta(seconds=0.5))
