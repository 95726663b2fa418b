"""The reports of many runs at once, in a fixed number of queries; and the last result of each drill of some teams."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from escalation.people.models import Team
from incidents.models import Drill, DrillRun, similar

from .report import KINDS, Report, report_of
from .words import outcome


class LastRun(NamedTuple):
    """The last time that a drill of a team's service was due. ``answered_after``: seconds; None: nobody did, or it was
    not held. ``cut_short``: nobody had yet, and something real came in between or somebody ended it."""

    team: Team
    drill: Drill
    when: datetime
    outcome: str
    answered_after: int | None
    run: DrillRun
    cut_short: bool


def reports(runs: Sequence[DrillRun]) -> dict[int, Report | None]:
    """By the run's number; of ``runs`` with their incidents. One query, none if nothing was held."""
    trails = {run.incident.trail_id for run in runs if run.incident is not None}
    told = similar.told_of(trails, KINDS) if trails else {}
    return {run.pk: report_of(told.get(run.incident.trail_id, ())) if run.incident else None for run in runs}


def last_runs(teams: Collection[Team] | QuerySet[Team], since: datetime) -> list[LastRun]:
    """Of each drill of these teams' services, the last run since then; by team and title. Two queries.

    A drill that was not due since then is not among them. Whether its reader may know of them is the caller's question.
    """
    latest = DrillRun.objects.filter(drill=OuterRef("drill"), occurrence__gte=since).latest_first()
    runs = DrillRun.objects.filter(pk=Subquery(latest.values("pk")[:1]), drill__service__team__in=teams)
    runs = runs.select_related("incident", "drill__service__team")
    found = list(runs.order_by("drill__service__team__name", "drill__title", "pk"))
    told = reports(found)
    return [_last(run, told[run.pk]) for run in found]


def _last(run: DrillRun, report: Report | None) -> LastRun:
    after = report.answered_s if report else None
    short = report is not None and report.cut_short
    return LastRun(run.drill.service.team, run.drill, run.occurrence, outcome(run, report), after, run, short)
