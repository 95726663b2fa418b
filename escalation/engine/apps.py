from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "escalation.engine"
    label = "engine"
    verbose_name = "Escalation engine"

    def ready(self):
        from datetime import timedelta

        from django.conf import settings
        from django.core import checks

        from escalation.notify import outbox
        from escalation.oncall import telling

        from . import anchoring, aside, breakers, deliver, limits, notices, personal, registry, standstill
        from .audit import auditing

        outbox.use(personal.queue)
        checks.register(limits.check)
        registry.watch("outbox", deliver.next_wanted, "escalation.engine.tasks.send", patience=timedelta(seconds=0.5))
        registry.watch("audit", auditing.next_turn, "escalation.engine.tasks.audit", patience=timedelta(0), chore=True)
        telling.teller(aside.tell)
        telling.reader(aside.unsaid)
        registry.notice(standstill.notices)
        registry.notice(notices.running)
        registry.notice(breakers.notices)
        registry.notice(anchoring.notices)
        if settings.DEADMAN_URL:
            from . import deadman

            registry.watch(
                "deadman", deadman.next_due, deadman.TASK, patience=timedelta(0), chore=True, every=deadman.LOOK
            )
