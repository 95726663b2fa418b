from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "escalation.oncall"
    label = "oncall"
    verbose_name = "On call"
