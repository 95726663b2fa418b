"""Opening an incident, and hearing of it again."""

from typing import TYPE_CHECKING, cast

from django.db import transaction

from escalation.engine import moves
from escalation.engine.work import Work
from escalation.kit import clock
from escalation.kit.text import clean, one_line
from escalation.people.models import User
from escalation.trail.models import Trail
from escalation.trail.writing import Actor

from .access import Access, grant
from .catalogue import Level, Service, severity_table
from .doors import Source
from .numbering import next_number
from .severity import judge
from .verb import Verb, owner_of

if TYPE_CHECKING:
    from .incident import Incident


class Opening(Verb):
    @classmethod
    @transaction.atomic
    def open(
        cls,
        *,
        title: str,
        symptom: str = "",
        service: Service | None = None,
        people_affected: int = 0,
        impact: int = Level.MEDIUM,
        urgency: int = Level.MEDIUM,
        reported_severity: int | None = None,
        by: User | None = None,
        source: Source | None = None,
        previous: "Incident | None" = None,
        restricted: bool = False,
    ) -> "Incident":
        """Open an incident, grant sight of it, and call the first step, in one transaction.

        What follows a restricted incident is restricted too.
        """
        now = clock.now()
        restricted = restricted or bool(previous and previous.restricted)
        judged = judge(
            severity_table(), impact=impact, urgency=urgency, people=people_affected, reported=reported_severity
        )
        number = next_number()
        trail = Trail.objects.create(subject=f"INC-{number}")
        actor = Actor.person(by) if by else Actor.source(source.pk, source.name) if source else None
        assert actor is not None, "an incident is opened by somebody or by a source"
        incident = cast(
            "Incident",
            cls.objects.create(  # type: ignore[attr-defined]
                number=number,
                trail=trail,
                title=one_line(title, limit=1024),
                symptom=clean(symptom, limit=65536),
                service=service,
                owner=owner_of(service),
                source=source,
                previous=previous,
                restricted=restricted,
                people_affected=people_affected,
                impact=impact,
                urgency=urgency,
                reported_severity=reported_severity,
                severity=judged.severity,
                opened_at=now,
                opened_by=by,
            ),
        )
        team = [service.team_id] if service else []
        Access.objects.bulk_create(grant(incident.pk, teams=[incident.owner_id, *team], people=[by.pk] if by else []))
        work = Work(now=now, actor=actor, heads={trail.pk: trail})
        data = {
            "title": incident.title,
            "service": service.name if service else None,
            "owner": incident.owner.name,
            "severity": judged.severity,
            "because": judged.because,
            "least": judged.people_from,
            "people_affected": people_affected,
            "previous": previous.ref if previous else None,
            "policy": None,
        }
        policy = incident._policy()
        data["policy"] = policy.name
        work.entry(trail.pk, "opened", data, text=incident.symptom)
        incident._runs = moves.begin(
            work, trail=trail, policy=policy, brief=incident._brief(), severity=incident.severity
        )
        work.write()
        return incident

    @transaction.atomic
    def hear(self, *, source: Source, summary: dict, severity: int | None = None) -> None:
        """Its source speaks again: keep the facts, and let the severity rise but never fall."""
        incident = cast("Incident", self)
        work = self._locked(Actor.source(source.pk, source.name))
        reported = min(filter(None, [incident.reported_severity, severity]), default=None)
        data = dict(summary)
        if reported != incident.reported_severity:
            incident.reported_severity = reported
            incident.save(update_fields=["reported_severity"])
            changed = incident._judge_again(work)
            if changed:
                data["severity"] = changed
        work.entry(incident.trail_id, "alert", data)
        work.write()
