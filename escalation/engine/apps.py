from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "escalation.engine"
    label = "engine"
    verbose_name = "Escalation engine"

    def ready(self):
        from datetime import timedelta

        from . import deliver, registry, standstill
        from .audit import auditing

        registry.watch("outbox", deliver.next_wanted, "escalation.engine.tasks.send", patience=timedelta(seconds=0.5))
        registry.watch("audit", auditing.next_turn, "escalation.engine.tasks.audit", patience=timedelta(0))
        registry.notice(standstill.notices)
