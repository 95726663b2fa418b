"""What came of the drills of the team's services the last time, within twelve weeks: whether somebody answered.

For those who plan them, and auditors: whoever is to be surprised does not read when.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import Team
from incidents.drilling.results import LastRun, last_runs
from incidents.drilling.words import rounded

from ..part import Line, Look, Part, Standing, cut, day, short
from ..rows import WEEKS

TITLE = 50


def part(look: Look) -> Part | None:
    if not look.leads:
        return None
    title, url = _("Drills"), reverse("drills")
    found = last_runs(Team.objects.filter(pk=look.team), look.now - timedelta(weeks=WEEKS))
    if not found:
        said = _("No drill of this team was due in twelve weeks: plan one.")
        return short("drills", title, Standing.NONE, said, url, title)
    silent = [one for one in found if _silent(one)]
    missed = [one for one in found if _missed(one)]
    return Part(
        "drills",
        title,
        Standing.ACT if silent else Standing.LOOK if missed else Standing.GOOD,
        _sentence(found, silent, missed),
        number=len(silent),
        unit=ngettext(
            "of %(n)d drill stayed unanswered the last time",
            "of %(n)d drills stayed unanswered the last time",
            len(found),
        )
        % {"n": len(found)},
        url=url,
        link=title,
        **cut([_line(one) for one in sorted(found, key=lambda one: (not _silent(one), not _missed(one)))]),
    )


def _silent(one: LastRun) -> bool:
    """It was held to its end, and nobody had answered."""
    over = one.run.incident is not None and one.run.incident.resolved_at is not None
    return one.answered_after is None and over and not one.cut_short


def _missed(one: LastRun) -> bool:
    """It was not held, or something real or somebody ended it before anybody answered."""
    return bool(one.run.why_not) or one.cut_short


def _sentence(found: Sequence[LastRun], silent: Sequence[LastRun], missed: Sequence[LastRun]) -> str:
    if silent or missed:
        first = (silent or missed)[0]
        said = {"title": _title(first), "day": day(first.when), "outcome": first.outcome}
        return _("“%(title)s” on %(day)s: %(outcome)s") % said
    times = [one.answered_after for one in found if one.answered_after is not None]
    if len(times) < len(found):  # nobody has answered it yet
        return _("A drill goes on.")
    slowest = max(found, key=lambda one: one.answered_after or 0)
    said = {"time": rounded(max(times)), "title": _title(slowest)}
    return _("Somebody answered each of them, at the latest after %(time)s (“%(title)s”).") % said


def _line(one: LastRun) -> Line:
    return Line(
        _title(one),
        _("%(day)s: %(outcome)s") % {"day": day(one.when), "outcome": one.outcome},
        one.run.get_absolute_url(),
    )


def _title(one: LastRun) -> str:
    return Truncator(one.drill.title).chars(TITLE)
