from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"
    verbose_name = "Incidents"

    def ready(self):
        from escalation.engine import registry

        from .models.access import grant_called
        from .models.ending import CLOSE, close

        registry.on_call(grant_called)
        registry.on_timer(CLOSE)(close)
