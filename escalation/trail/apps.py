from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class TrailConfig(AppConfig):
    name = "escalation.trail"
    label = "trail"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from . import triggers

        pre_migrate.connect(_step_aside, sender=self, dispatch_uid="trail.triggers")
        post_migrate.connect(_protect_the_record, sender=self, dispatch_uid="trail.triggers")
        checks.register(triggers.check, checks.Tags.database)


def _step_aside(*, using: str, **kwargs: Any) -> None:
    from . import triggers

    triggers.step_aside(connections[using])


def _protect_the_record(*, using: str, **kwargs: Any) -> None:
    from . import triggers

    triggers.install(connections[using])
