from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "escalation.engine"
    label = "engine"
    verbose_name = "Escalation engine"
