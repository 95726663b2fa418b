from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "escalation.people"
    label = "people"
    verbose_name = "People, teams and tiers"
