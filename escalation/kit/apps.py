from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "escalation.kit"
    label = "kit"
