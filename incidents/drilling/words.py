"""What came of a drill, in one sentence, and how it ended."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from escalation.kit.words import names, spelt
from incidents.models import DrillRun

from .report import Report

_ORDINALS = {
    1: gettext_lazy("on the first call"),
    2: gettext_lazy("on the second call"),
    3: gettext_lazy("on the third call"),
}
NAMED = 4


def outcome(run: DrillRun, report: Report | None) -> str:
    """``Answered after 4 min by Mei Tan, on the second call.``"""
    if run.why_not:
        return _("Not held: %(why)s.") % {"why": run.get_why_not_display()}
    if report is None:
        return _("Nothing is known of it.")
    if report.answered_at is not None:
        said = {"time": rounded(report.answered_s or 0), "who": report.answered_by, "call": _which(report)}
        return _("Answered after %(time)s by %(who)s, %(call)s.") % said
    made = ngettext("%(n)d call was made", "%(n)d calls were made", report.calls) % {"n": report.calls}
    if not report.calls:
        made = _("nobody was called")
    if report.last_resort:
        made = _("%(made)s, the last of them to the last resort") % {"made": made}
    if not report.ended:
        return _("Goes on: %(made)s, and nobody has answered yet.") % {"made": made}
    time = rounded(report.lasted_s or 0)
    if report.ended == "stopped":
        return _("Ended by hand after %(time)s, before anybody answered: %(made)s.") % {"time": time, "made": made}
    if report.cut_short:
        said = {"time": time, "made": made, "real": report.real}
        return _("Cut short after %(time)s, as %(real)s was open: %(made)s.") % said
    return _("Nobody answered in %(time)s: %(made)s.") % {"time": time, "made": made}


def ended(report: Report) -> str:
    """How it ended; empty while it goes on."""
    words = {
        "resolved": _("Resolved by %(who)s.") % {"who": report.resolver},
        "limit": _("It ended by itself, at the limit of its plan."),
        "stopped": _("It was ended by hand."),
        "severe": _("It ended by itself: %(real)s was open.") % {"real": report.real},
    }
    return words.get(report.ended, "")


def reached(report: Report) -> str:
    """How far up the path it went."""
    if not report.tiers:
        return _("No step was reached.")
    said = " → ".join(report.tiers)
    return _("%(tiers)s, then the last resort") % {"tiers": said} if report.last_resort else said


def silent(report: Report) -> str:
    """Who was called and did not answer."""
    return names(report.silent, NAMED)


def rounded(seconds: int) -> str:
    """As somebody would say it: ``40 s``, ``4 min``, ``1 h 5 min``."""
    return spelt(seconds if seconds < 60 else timedelta(minutes=round(seconds / 60)))


def _which(report: Report) -> str:
    number = report.on_call
    if not number:
        return _("before anybody was called")
    if report.uncalled:
        return _("without being called")
    return str(_ORDINALS.get(number) or _("on call %(n)d") % {"n": number})
