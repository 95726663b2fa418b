"""Whether the next call would find somebody: what the page of readiness says of this team, as it was looked at last."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.policies.readiness import saying
from escalation.policies.readiness.checks import Finding
from escalation.policies.readiness.gathering import Report
from escalation.policies.readiness.saying import Group, Reader

from ..part import AHEAD, Line, Look, Part, Standing, cut, short

NAMES = 2


def part(look: Look) -> Part:
    title, report = _("Readiness"), look.report
    address = f"{reverse('readiness')}?team={look.team}" if look.leads else ""
    if not any(report.checked) and not report.findings:
        return short("readiness", title, Standing.NONE, _("Nobody of this team can be called yet."), address, title)
    groups = saying.groups(_told_here(look), Reader(look.reader, frozenset([look.team] if look.leads else [])))
    first = groups[0] if groups and (groups[0].red or not report.red) else None
    red, amber = report.red, len(report.findings) - report.red
    return Part(
        "readiness",
        title,
        Standing.ACT if red else Standing.LOOK if amber else Standing.GOOD,
        _sentence(report, first, look.leads),
        number=red or amber,
        unit=(
            ngettext("thing to mend, or a call may find nobody", "things to mend, or a call may find nobody", red)
            if red
            else ngettext("thing to see to", "things to see to", amber)
        ),
        change=_("And %(n)d to see to.") % {"n": amber} if red and amber else "",
        url=address,
        link=title,
        **cut([Line(group.title, _who(group, look.leads)) for group in groups if group is not first]),
    )


def _told_here(look: Look) -> Report:
    """Without the gaps that the coverage tells."""
    report = look.report
    return Report(report.facts, tuple(one for one in report.findings if not _is_coverage(one, look)))


def _is_coverage(one: Finding, look: Look) -> bool:
    soon = any(gap.start < look.now + AHEAD for gap in one.gaps)
    mine = look.report.facts.rotas
    return one.kind in saying.FILLED and soon and any(rota.id in mine for rota in saying.schedules(one, look.report))


def _sentence(report: Report, first: Group | None, leads: bool) -> str:
    if first:
        said = {"what": first.title, "n": len(first.lines), "advice": first.advice}
        if not leads:
            return _("%(what)s (%(n)d). %(advice)s") % said
        return _("%(what)s. %(advice)s It is about %(who)s.") % {**said, "who": _who(first, leads)}
    if report.findings:
        return _("It is about times at which nobody is on call: see the coverage.")
    return _("The next call finds somebody. Looked at: %(checked)s.") % {"checked": saying.checked(report)}


def _who(group: Group, leads: bool) -> str:
    """Names for those who answer for them, and else how many."""
    lines = group.lines
    if not leads:
        return str(len(lines))
    said = ", ".join(line.name for line in lines[:NAMES])
    more = len(lines[NAMES:])
    return said if not more else _("%(names)s and %(n)d more") % {"names": said, "n": more}
