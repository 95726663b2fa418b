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

from escalation.oncall.spans import Span
from escalation.policies.readiness.checks import Finding, Kind
from escalation.policies.readiness.facts import Policy, Rota, Step
from escalation.policies.readiness.spellwords import when

from ..part import Line, Look, Part, Standing, cut, short

AHEAD, SOON = timedelta(days=28), timedelta(days=7)
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
    holes = sorted(((rota, gaps) for rota, gaps in whole if gaps), key=lambda one: one[1][0].start)
    gaps = [gap for _rota, some in holes for gap in some]
    red = [one for one in look.report.findings if one.red and one.gaps]
    standing, hurting = _judged(look, holes, red)
    soon = sum(gap.start < look.now + SOON for gap in gaps)
    return Part(
        "coverage",
        title,
        standing,
        _sentence(look, holes, hurting, len(rotas)),
        number=len(gaps),
        unit=ngettext("gap in the next four weeks", "gaps in the next four weeks", len(gaps)),
        change=_soon(soon) if gaps else "",
        picture="process/strip.html",
        drawn={"rows": [_drawn(rota, some, look.now, red) for rota, some in whole[:DRAWN]], "more": len(whole[DRAWN:])},
        url=url,
        link=rotas[0].name if len(rotas) == 1 else _("Who is on call"),
        **cut([_line(rota, look.now) for rota, _gaps in holes[1:]]),
    )


def _soon(n: int) -> str:
    if not n:
        return _("None of them begins in the next seven days.")
    words = ngettext("%(n)d of them begins in the next seven days.", "%(n)d of them begin in the next seven days.", n)
    return words % {"n": n}


def _judged(look: Look, holes: Holes, red: Sequence[Finding]) -> tuple[Standing, Rota | None]:
    """And whose gap a call may be lost in, the soonest."""
    hurting = [(gap.start, rota) for rota, gaps in holes for gap in gaps if _hurts(rota, gap, red)]
    if not hurting:
        return (Standing.LOOK if holes else Standing.GOOD), None
    start, rota = min(hurting, key=lambda one: one[0])
    return (Standing.ACT if start < look.now + SOON else Standing.LOOK), rota


def _hurts(rota: Rota, gap: Span, red: Iterable[Finding]) -> bool:
    return any(
        _concerns(one, rota) and any(gap.start < span.end and span.start < gap.end for span in one.gaps) for one in red
    )


def _concerns(one: Finding, rota: Rota) -> bool:
    match one.subject:
        case Rota(id=pk):
            return pk == rota.id
        case Step(rotas=rotas):
            return rota.id in rotas
        case Policy():
            return True
        case _:
            return False


def _sentence(look: Look, holes: Holes, hurting: Rota | None, schedules: int) -> str:
    if not holes:
        return ngettext(
            "Somebody is on call at every hour of the next four weeks, by %(n)d schedule.",
            "Somebody is on call at every hour of the next four weeks, by %(n)d schedules.",
            schedules,
        ) % {"n": schedules}
    rota = hurting or holes[0][0]
    said = {"schedule": Truncator(rota.name).chars(NAME), "when": _when(rota, look.now, 2)}
    if hurting is None:
        return _("%(schedule)s has nobody %(when)s. A call then goes on all the same.") % said
    return _("%(schedule)s has nobody %(when)s: find somebody, or say at the step what happens then.") % said


def _line(rota: Rota, now: datetime) -> Line:
    return Line(rota.name, _when(rota, now, 1), reverse("schedule", args=[rota.id]))


def _when(rota: Rota, now: datetime, most: int) -> str:
    return when(Finding(Kind.SCHEDULE_GAPS, False, rota, gaps=rota.gaps, zone=rota.zone), now, most)


def _drawn(rota: Rota, gaps: Sequence[Span], now: datetime, red: Sequence[Finding]) -> dict[str, Any]:
    """A row of a thousand; what is there at all can be seen."""
    found = []
    for gap in gaps:
        begin, end = (max(0, min(1000, round(1000 * ((at - now) / AHEAD)))) for at in gap)
        found.append({"x": min(begin, 994), "width": max(6, end - begin), "bad": _hurts(rota, gap, red)})
    return {"name": rota.name, "gaps": found, "n": len(gaps)}
