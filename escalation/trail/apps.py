from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "escalation.trail"
    label = "trail"
    verbose_name = "Audit trail"
