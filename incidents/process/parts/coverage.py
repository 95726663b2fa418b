"""Whether somebody is on call by the team's schedules in the next four weeks.

The gaps are those of readiness, and so is whether one hurts: a desk that closes at night and says at its step what
happens then is no alarm each week.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.oncall.spans import Span, common, union
from escalation.policies.readiness import saying
from escalation.policies.readiness.checks import Finding, Kind
from escalation.policies.readiness.facts import Rota
from escalation.policies.readiness.spellwords import when

from ..part import AHEAD, Line, Look, Part, Standing, cut, short

SOON = timedelta(days=7)
DRAWN = 3  # schedules in the picture
NAME = 40  # characters of a schedule's, within a sentence
Holes = list[tuple[Rota, list[Span]]]


def part(look: Look) -> Part:
    title = _("Coverage")
    rotas = sorted(look.report.facts.rotas.values(), key=lambda one: (one.name.casefold(), one.id))
    url = reverse("schedule", args=[rotas[0].id]) if len(rotas) == 1 else reverse("oncall")
    if not rotas:
        return short("coverage", title, Standing.NONE, _("This team has no schedule."), url, _("Who is on call"))
    whole = [(one, [gap for gap in one.gaps if gap.end > look.now and gap.start < look.now + AHEAD]) for one in rotas]
    holes = _soonest_first((rota, gaps) for rota, gaps in whole if gaps)
    gaps = [gap for _rota, some in holes for gap in some]
    hurting = _hurting(look, holes)
    told = (hurting or holes or whole)[0][0]
    soon = sum(gap.start < look.now + SOON for gap in gaps)
    return Part(
        "coverage",
        title,
        _standing(look, holes, hurting),
        _sentence(look, holes, hurting, len(rotas)),
        number=len(gaps),
        unit=ngettext("gap in the next four weeks", "gaps in the next four weeks", len(gaps)),
        change=_soon(soon) if gaps else "",
        picture="process/strip.html",
        drawn=_picture(look, [*holes, *((rota, some) for rota, some in whole if not some)], hurting),
        url=url,
        link=rotas[0].name if len(rotas) == 1 else _("Who is on call"),
        **cut([_line(rota, some, look.now) for rota, some in holes if rota is not told]),
    )


def _soon(n: int) -> str:
    if not n:
        return _("None of them begins in the next seven days.")
    words = ngettext("%(n)d of them begins in the next seven days.", "%(n)d of them begin in the next seven days.", n)
    return words % {"n": n}


def _hurting(look: Look, holes: Holes) -> Holes:
    """Those in which a call may be lost, the soonest first."""
    red = [one for one in look.report.findings if one.red and one.gaps]
    spans = {
        rota.id: [gap for one in red if rota in saying.schedules(one, look.report) for gap in one.gaps]
        for rota, _gaps in holes
    }
    found = [(rota, [gap for gap in gaps if common([gap], union(spans[rota.id]))]) for rota, gaps in holes]
    return _soonest_first((rota, gaps) for rota, gaps in found if gaps)


def _soonest_first(holes: Iterable[tuple[Rota, list[Span]]]) -> Holes:
    return sorted(holes, key=lambda one: one[1][0].start)


def _standing(look: Look, holes: Holes, hurting: Holes) -> Standing:
    if hurting and hurting[0][1][0].start < look.now + SOON:
        return Standing.ACT
    return Standing.LOOK if holes else Standing.GOOD


def _sentence(look: Look, holes: Holes, hurting: Holes, schedules: int) -> str:
    if not holes:
        return ngettext(
            "Somebody is on call at every hour of the next four weeks, by %(n)d schedule.",
            "Somebody is on call at every hour of the next four weeks, by %(n)d schedules.",
            schedules,
        ) % {"n": schedules}
    rota, gaps = (hurting or holes)[0]
    said = {"schedule": Truncator(rota.name).chars(NAME), "when": _when(rota, gaps, look.now, 2)}
    if not hurting:
        return _("%(schedule)s has nobody %(when)s. A call then goes on all the same.") % said
    return _("Find somebody for %(schedule)s, or say at the step what happens then: it has nobody %(when)s.") % said


def _line(rota: Rota, gaps: Sequence[Span], now: datetime) -> Line:
    return Line(rota.name, _when(rota, gaps, now, 1), reverse("schedule", args=[rota.id]))


def _when(rota: Rota, gaps: Sequence[Span], now: datetime, most: int) -> str:
    return when(Finding(Kind.SCHEDULE_GAPS, False, rota, gaps=tuple(gaps), zone=rota.zone), now, most)


def _picture(look: Look, rows: Holes, hurting: Holes) -> dict[str, Any]:
    """Those with gaps come first: what is not drawn is counted."""
    bad = {rota.id: gaps for rota, gaps in hurting}
    drawn = [_drawn(rota, gaps, look.now, bad.get(rota.id, [])) for rota, gaps in rows[:DRAWN]]
    return {"rows": drawn, "more": len(rows[DRAWN:])}


def _drawn(rota: Rota, gaps: Sequence[Span], now: datetime, bad: Sequence[Span]) -> dict[str, Any]:
    """A row of a thousand; what is there at all can be seen."""
    found = []
    for gap in gaps:
        begin, end = (max(0, min(1000, round(1000 * ((at - now) / AHEAD)))) for at in gap)
        found.append({"x": min(begin, 994), "width": max(6, end - begin), "bad": gap in bad})
    return {"name": rota.name, "gaps": found, "n": len(gaps)}
