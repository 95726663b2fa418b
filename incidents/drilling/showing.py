"""Runs as pages show them: each with its sentence, the trend of several, and a report's lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.notify.ways import label_of
from incidents.models import Drill, DrillRun

from .report import Called, Report
from .results import reports
from .words import outcome, rounded


@dataclass(frozen=True)
class Shown:
    run: DrillRun
    report: Report | None
    outcome: str

    @property
    def level(self) -> str:
        """Answered, not answered, not held or going on: ok, bad or neither. Answered by chance is neither, too."""
        if self.report is None or self.report.uncalled or self.report.cut_short:
            return ""
        if self.goes_on and self.report.answered_at is None:
            return ""
        return "ok" if self.report.answered_at is not None else "bad"

    @property
    def state(self) -> str:
        if self.report is None:
            return _("not held")
        if self.report.cut_short:
            return _("cut short")
        if self.report.answered_at is None:
            return _("goes on") if self.goes_on else _("not answered")
        return _("answered")

    @property
    def goes_on(self) -> bool:
        return self.run.incident is not None and self.run.incident.resolved_at is None

    @property
    def answered(self) -> str:
        after = self.report.answered_s if self.report else None
        return "" if after is None else rounded(after)


def of(runs: Sequence[DrillRun]) -> list[Shown]:
    """In their order; of runs with their incidents. One query."""
    told = reports(runs)
    return [Shown(run, told[run.pk], outcome(run, told[run.pk])) for run in runs]


def last_of(drills: Sequence[Drill]) -> dict[int, Shown]:
    """By the drill's number: what came of it the last time. Two queries."""
    latest = DrillRun.objects.filter(drill=OuterRef("drill")).latest_first()
    runs = DrillRun.objects.filter(drill__in=drills, pk=Subquery(latest.values("pk")[:1])).select_related("incident")
    return {one.run.drill_id: one for one in of(list(runs))}


def trend(shown: Sequence[Shown]) -> str:
    """How the latest compares with those before it, in a sentence; empty if there is nothing to compare."""
    over = [one for one in shown if one.report and not one.goes_on and not one.report.cut_short]
    if len(over) < 2:
        return ""
    times = [one.report.answered_s for one in over if one.report and one.report.answered_s is not None]
    kept = ngettext("Answered in %(k)d of %(n)d run", "Answered in %(k)d of %(n)d runs", len(over))
    said = kept % {"k": len(times), "n": len(over)}
    newest = over[0].report.answered_s if over[0].report else None
    before = sorted(times[1:] if newest is not None else times)
    if newest is None or not before:
        return f"{said}."
    usual = before[len(before) // 2]
    words = _("the last one sooner") if newest < usual else _("the last one later")
    if rounded(newest) == rounded(usual):  # as it is said: "sooner" with the same time twice would be nonsense
        words = _("the last one as before")
    return _("%(said)s, %(words)s: after %(time)s; half of those before within %(usual)s.") % {
        "said": said,
        "words": words,
        "time": rounded(newest),
        "usual": rounded(usual),
    }


@dataclass(frozen=True)
class Line:
    """One person, called once."""

    called: Called
    ways: str
    answer: str
    level: str

    @property
    def at(self) -> datetime:
        return self.called.at

    @property
    def purpose(self) -> str:
        """As whom they were called, or what for."""
        words = {"last_resort": _("the last resort"), "offer": _("taking it over"), "woken": _("the end of its hold")}
        return words.get(self.called.kind, self.called.tier)


def lines(report: Report) -> list[Line]:
    return [_line(one, report) for one in report.people]


def _line(one: Called, report: Report) -> Line:
    ways = ", ".join(_way(way.channel, way.arrived) for way in one.ways) or _("nothing had left yet")
    if one.told:
        return Line(one, ways, _("told only"), "")
    if one.answered_s is not None:
        return Line(one, ways, _("answered after %(time)s") % {"time": rounded(one.answered_s)}, "ok")
    if report.answered_at is not None and one.number == report.on_call:
        return Line(one, ways, _("%(name)s answered") % {"name": report.answered_by}, "")
    if not report.had_time_yet(one):
        return Line(one, ways, _("no answer"), "warn")
    return Line(one, ways, _("no answer before it ended") if report.ended else _("no answer yet"), "")


def _way(channel: str, arrived: bool) -> str:
    label = label_of(channel)
    return label if arrived else _("%(channel)s (failed)") % {"channel": label}
