from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "escalation.policies"
    label = "policies"
    verbose_name = "Escalation policies"
