from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "escalation.engine"
    label = "engine"
    verbose_name = "Escalation engine"

    def ready(self):
        from datetime import timedelta

        from . import deliver, registry, standstill

        registry.watch("outbox", deliver.next_wanted, "escalation.engine.tasks.send", patience=timedelta(seconds=0.5))
        registry.notice(standstill.notices)
