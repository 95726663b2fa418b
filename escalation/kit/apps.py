from django.apps import AppConfig
from django.core import checks as django_checks
from django.db.models.signals import post_migrate, pre_migrate


class KitConfig(AppConfig):
    name = "escalation.kit"
    label = "kit"

    def ready(self) -> None:
        from . import checks, migrating, rotation

        django_checks.register(checks.check, deploy=True)
        django_checks.register(rotation.check, django_checks.Tags.database)
        pre_migrate.connect(migrating.lift_limits, dispatch_uid="kit.lift_limits")
        post_migrate.connect(migrating.put_limits_back, dispatch_uid="kit.put_limits_back")
