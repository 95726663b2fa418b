from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"
    verbose_name = "Incidents"

    def ready(self):
        from datetime import timedelta

        from escalation.engine import registry
        from escalation.engine.audit import findings

        from .answers import buttons
        from .inbound.intake import oldest_waiting
        from .models import IncidentNumber, audit, quieting, storm
        from .models.effects import close, grant_called
        from .models.ending import CLOSE
        from .models.maintenance import LOOK

        registry.on_call(grant_called)
        registry.notice(storm.notices)
        registry.on_timer(CLOSE)(close)
        registry.silence(quieting.silences)
        registry.on_timer(LOOK)(quieting.look)
        registry.on_timer(quieting.SETTLE)(quieting.settle)
        registry.watch(
            "receipts", oldest_waiting, "incidents.inbound.tasks.process_waiting", patience=timedelta(seconds=0.5)
        )
        registry.watch(
            "buttons", buttons.next_due, "incidents.answers.tasks.take_buttons_away", patience=timedelta(0), chore=True
        )
        registry.numbers(IncidentNumber, apart=100_000)  # more than any copy is behind; still easy to read out
        findings.add(*audit.CHECKS)
