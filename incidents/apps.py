from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"
    verbose_name = "Incidents"

    def ready(self):
        from datetime import timedelta

        from django.db.models.signals import post_delete, post_migrate, post_save

        from escalation.engine import registry
        from escalation.engine.audit import findings
        from escalation.policies import replaying, trying
        from escalation.trail import writing
        from escalation.trail.models import EntryText

        from . import cueing, knowing, summing, tryingrules
        from .answers import buttons
        from .counting import days
        from .counting.auditing import days_as_packed
        from .inbound import forgetting, imap
        from .inbound import registry as doors
        from .inbound.intake import oldest_waiting
        from .models import (
            IncidentNumber,
            audit,
            chasing,
            chat_telling,
            drill_clock,
            heartbeats,
            informing,
            promising,
            quieting,
            redacting,
            review_asks,
            reviews,
            role_filling,
            role_shifts,
            search,
            status_page,
            storm,
            webhook_telling,
        )
        from .models.effects import close, grant_called
        from .models.ending import CLOSE
        from .models.maintenance import LOOK
        from .webhooks import keeping, sending
        from .whatif.shown import played

        doors.announce()
        cueing.register(_cues)
        registry.on_call(grant_called)
        registry.knows(knowing.hears, knowing.of_runs)
        trying.register(tryingrules.tried)
        replaying.register(played)
        registry.notice(storm.notices)
        registry.notice(imap.notices)
        registry.on_timer(CLOSE)(close)
        registry.silence(quieting.silences)
        registry.on_timer(LOOK)(quieting.look)
        registry.on_timer(quieting.SETTLE)(quieting.settle)
        registry.on_timer(heartbeats.TIMER)(heartbeats.look)
        registry.on_entries(promising.follow)
        registry.on_timer(promising.TIMER)(promising.speak)
        registry.on_entries(role_shifts.follow)
        registry.on_entries(review_asks.follow)
        registry.on_entries(summing.follow)
        registry.on_timer(role_filling.TIMER)(role_shifts.look)
        registry.watch(
            "receipts", oldest_waiting, "incidents.inbound.tasks.process_waiting", patience=timedelta(seconds=0.5)
        )
        registry.watch(
            "old receipts",
            forgetting.next_due,
            "incidents.inbound.tasks.forget",
            patience=timedelta(0),
            chore=True,
            every=forgetting.EVERY,
        )
        registry.watch(
            "buttons", buttons.next_due, "incidents.answers.tasks.take_buttons_away", patience=timedelta(0), chore=True
        )
        registry.watch(
            "actions",
            chasing.next_due,
            chasing.TASK,
            patience=timedelta(0),
            chore=True,
            every=chasing.LOOK,
        )
        registry.watch(
            "drills",
            drill_clock.next_due,
            drill_clock.TASK,
            patience=timedelta(0),
            chore=True,
            every=drill_clock.EVERY,
        )
        registry.on_entries(webhook_telling.follow)
        registry.on_entries(chat_telling.follow)
        registry.watch(
            "webhooks", sending.next_due, "incidents.webhooks.tasks.send", patience=timedelta(0), chore=True, every=1.0
        )
        registry.watch(
            "webhook log",
            keeping.next_due,
            "incidents.webhooks.tasks.tidy",
            patience=timedelta(0),
            chore=True,
            every=60.0,
        )
        registry.numbers(IncidentNumber, apart=100_000)  # more than any copy is behind; still easy to read out
        registry.watch(
            "days of measures",
            days.next_due,
            "incidents.insight.tasks.keep_days",
            patience=timedelta(0),
            chore=True,
            every=60.0,
        )
        findings.add(*audit.CHECKS, days_as_packed)
        writing.on_texts(search.heard)
        informing.shows.append(status_page.would_show)
        redacting.forgets.append(reviews.forget)
        for signal in (post_delete, post_save):
            signal.connect(search.changed, sender=EntryText, dispatch_uid="incidents.search")
        post_migrate.connect(_keep_words_found, sender=self, dispatch_uid="incidents.search")


def _keep_words_found(*, using, **kwargs):
    from django.db import connections

    from .models import search_tables

    search_tables.install(connections[using])


def _cues(person, now, most):
    from .desk.cues.collecting import first_cues

    return first_cues(person, now, most)
