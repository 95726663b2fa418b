from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "escalation.notify"
    label = "notify"
