"""Whether the next call would find somebody: what the page of readiness says of this team, as it was looked at last."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.policies.readiness import saying
from escalation.policies.readiness.gathering import Report
from escalation.policies.readiness.saying import Group, Reader

from ..part import Line, Look, Part, Standing, cut, short

NAMES = 2


def part(look: Look) -> Part:
    title, report = _("Readiness"), look.report
    address = f"{reverse('readiness')}?team={look.team}" if look.leads else ""
    if not any(report.checked) and not report.findings:
        return short("readiness", title, Standing.NONE, _("Nobody of this team can be called yet."), address, title)
    groups = saying.groups(_without_gaps(report), Reader(look.reader, frozenset([look.team] if look.leads else [])))
    red, amber = report.red, len(report.findings) - report.red
    return Part(
        "readiness",
        title,
        Standing.ACT if red else Standing.LOOK if amber else Standing.GOOD,
        _sentence(report, groups, look.leads),
        number=red or amber,
        unit=(
            ngettext("thing to mend, or a call may find nobody", "things to mend, or a call may find nobody", red)
            if red
            else ngettext("thing to see to", "things to see to", amber)
        ),
        change=_("And %(n)d to see to.") % {"n": amber} if red and amber else "",
        url=address,
        link=title,
        **cut([Line(group.title, _who(group, look.leads)) for group in groups[1:]]),
    )


def _without_gaps(report: Report) -> Report:
    """Gaps are told by the coverage."""
    return Report(report.facts, tuple(one for one in report.findings if not one.gaps))


def _sentence(report: Report, groups: Sequence[Group], leads: bool) -> str:
    if groups:
        first = groups[0]
        said = {"what": first.title, "who": _who(first, leads), "advice": first.advice}
        return _("%(what)s: %(who)s. %(advice)s") % said
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
