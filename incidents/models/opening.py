"""Opening incidents, one or many at once, and hearing of them again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db import transaction

from escalation.engine import moves
from escalation.engine.work import Work
from escalation.kit import clock
from escalation.kit.text import clean, one_line
from escalation.people.models import User
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE, Actor

from . import search
from .access import Access, grant
from .catalogue import Level, Service, severity_table
from .doors import Source
from .numbering import next_numbers
from .role_filling import fill
from .severity import Judged, judge
from .targets import Targets
from .verb import Verb, climbs, owner_of, policy_of

if TYPE_CHECKING:
    from .incident import Incident


DRILL = "Drill: "  # begins the title of each, so that whatever names an incident says it


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is known of an incident when it is opened."""

    title: str
    symptom: str = ""
    service: Service | None = None
    people_affected: int = 0
    impact: int = Level.MEDIUM
    urgency: int = Level.MEDIUM
    reported_severity: int | None = None
    previous: "Incident | None" = None
    restricted: bool = False
    call_anyway: bool = False  # although its service is in maintenance
    drill: bool = False
    number: int | None = None  # taken before, with ``next_numbers``; None: the next one


class Opening(Verb):
    @classmethod
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
        call_anyway: bool = False,
    ) -> "Incident":
        """Open an incident, grant sight of it, and call the first step, in one transaction.

        What follows a restricted incident is restricted too.
        """
        report = Report(
            title=title,
            symptom=symptom,
            service=service,
            people_affected=people_affected,
            impact=impact,
            urgency=urgency,
            reported_severity=reported_severity,
            previous=previous,
            restricted=restricted,
            call_anyway=call_anyway,
        )
        return cls.open_many([report], by=by, source=source)[0]

    @classmethod
    def open_drill(cls, *, title: str, symptom: str, service: Service, severity: int, by: User | None) -> "Incident":
        """Open a practice incident, as severe as it was planned; ``by``: None, if it was due."""
        report = Report(
            title=DRILL + title,
            symptom=symptom,
            service=service,
            impact=Level.LOW,
            urgency=Level.LOW,
            reported_severity=severity,
            drill=True,
        )
        return cls.open_many([report], by=by)[0]

    @classmethod
    @transaction.atomic
    def open_many(
        cls,
        reports: Sequence[Report],
        *,
        by: User | None = None,
        source: Source | None = None,
        there: Callable[[list["Incident"]], None] | None = None,
    ) -> list["Incident"]:
        """Open them all with the same few statements, in the order of ``reports``.

        ``there`` is told of their rows before anybody is called: what rules go by may hang on them.
        """
        actor = Actor.person(by) if by else Actor.source(source.pk, source.name) if source else ENGINE
        assert actor is not ENGINE or all(one.drill for one in reports), "it is opened by somebody or by a source"
        now, table = clock.now(), severity_table()
        numbers = _numbers(reports)
        trails = Trail.objects.bulk_create([Trail(subject=f"INC-{number}") for number in numbers])
        owners = _each_service(reports, owner_of)
        judged = [_judged(table, report) for report in reports]
        incidents: list[Incident] = [
            cls(  # type: ignore[call-arg,misc]
                number=number,
                trail=trail,
                title=one_line(report.title, limit=1024),
                symptom=clean(report.symptom, limit=65536),
                service=report.service,
                owner=owners[_pk(report.service)],
                source=source,
                previous=report.previous,
                restricted=report.restricted or bool(report.previous and report.previous.restricted),
                call_anyway=report.call_anyway,
                drill=report.drill,
                people_affected=report.people_affected,
                impact=report.impact,
                urgency=report.urgency,
                reported_severity=report.reported_severity,
                severity=verdict.severity,
                opened_at=now,
                opened_by=by,
            )
            for report, verdict, number, trail in zip(reports, judged, numbers, trails, strict=True)
        ]
        cls.objects.bulk_create(incidents)  # type: ignore[attr-defined]
        if there is not None:
            there(incidents)
        Access.objects.bulk_create([row for incident in incidents for row in _first_access(incident, by)])
        search.opened(incidents)
        work = Work(now=now, actor=actor, heads={trail.pk: trail for trail in trails})
        policies, targets = _each_service(reports, policy_of), Targets(now)
        starts = []
        for incident, verdict in zip(incidents, judged, strict=True):
            policy = policies[incident.service_id]
            promised = {} if incident.drill else targets.on_record(incident.service_id, incident.severity)
            data = {**_opened(incident, verdict), **climbs(policy), **promised}
            work.entry(incident.trail_id, "opened", data, text=incident.symptom)
            starts.append(moves.Start(incident.trail, policy, incident._brief(), incident.severity))
        for incident, runs in zip(incidents, moves.begin_all(work, starts), strict=True):
            incident._runs = runs
        fill(work, incidents, opened=True)
        work.write()
        return incidents

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
        if "severity" in data:
            fill(work, [incident])
        work.write()

    @classmethod
    @transaction.atomic
    def hear_many(cls, news: Sequence[tuple["Incident", dict, int | None]], *, source: Source) -> None:
        """The same of many incidents: (incident, summary, severity), where no severity means that it stays."""
        quiet = [(incident, summary) for incident, summary, severity in news if severity is None]
        if quiet:
            actor = Actor.source(source.pk, source.name)
            work = Work.lock([incident.trail_id for incident, _summary in quiet], actor=actor)
            for incident, summary in quiet:
                work.entry(incident.trail_id, "alert", summary)
            work.write()
        for incident, summary, severity in news:
            if severity is not None:
                incident.hear(source=source, summary=summary, severity=severity)


def _numbers(reports: Sequence[Report]) -> list[int]:
    fresh = iter(next_numbers(sum(report.number is None for report in reports)))
    return [next(fresh) if report.number is None else report.number for report in reports]


def _pk(service: Service | None) -> int | None:
    return service.pk if service else None


def _each_service(reports, ask) -> dict:
    """What ``ask`` says of each service among the reports, asked once each; None is one of them."""
    return {pk: ask(service) for pk, service in {_pk(report.service): report.service for report in reports}.items()}


def _judged(table, report: Report) -> Judged:
    return judge(
        table,
        impact=report.impact,
        urgency=report.urgency,
        people=report.people_affected,
        reported=report.reported_severity,
        override=report.reported_severity if report.drill else None,  # it is held as it was planned
    )


def _first_access(incident: "Incident", by: User | None) -> list[Access]:
    team = [incident.service.team_id] if incident.service else []
    return grant(incident.pk, teams=[incident.owner_id, *team], people=[by.pk] if by else [])


def _opened(incident: "Incident", judged: Judged) -> dict:
    told = {name: True for name in ("call_anyway", "drill") if getattr(incident, name)}
    return told | {
        "title": incident.title,
        "service": incident.service.name if incident.service else None,
        "owner": incident.owner.name,
        "severity": judged.severity,
        "because": "plan" if incident.drill else judged.because,
        "least": judged.people_from,
        "people_affected": incident.people_affected,
        "previous": incident.previous.ref if incident.previous else None,
    }
