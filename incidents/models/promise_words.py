"""Promises in plain words: what is promised, and in which hours its time counts."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from incidents.promises.cycle import Kind, Term
from incidents.promises.hours import Hours

_WITHIN = {
    Kind.RESPONSE: gettext_lazy("answered within %(span)s"),
    Kind.UPDATE: gettext_lazy("an update every %(span)s"),
    Kind.RESOLVE: gettext_lazy("resolved within %(span)s"),
}
_PUBLISHED = gettext_lazy("an update published every %(span)s")
_DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
_UNPROMISED = {
    Kind.RESPONSE: gettext_lazy("no answer promised"),
    Kind.UPDATE: gettext_lazy("no updates promised"),
    Kind.RESOLVE: gettext_lazy("no resolution promised"),
}
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})[a-z]*", re.IGNORECASE)
_DASH = r"\s*[-–]\s*"


def span_said(minutes: int) -> str:
    """``15 min``, ``60 min``, ``4 h``, ``1 h 30 min``: as people promise it."""
    hours, rest = divmod(minutes, 60)
    if (minutes <= 90 and rest) or minutes <= 60:
        return _("%(n)d min") % {"n": minutes}
    said = _("%(n)d h") % {"n": hours}
    return f"{said} {_('%(n)d min') % {'n': rest}}" if rest else said


def term_said(term: Term) -> str:
    words = _PUBLISHED if term.reminds else _WITHIN[term.kind]
    return str(words) % {"span": span_said(term.minutes)}


def unpromised_said(kind: str) -> str:
    return str(_UNPROMISED[Kind(kind)])


def windows_said(text: str) -> str:
    """The lines as admins write them, with days spelt out: ``Monday to Friday 08:00–18:00``."""
    said = ", ".join(line.strip() for line in text.splitlines() if line.strip())
    said = _DAY.sub(lambda found: str(_DAYS[found[1].lower()]), said)
    said = re.sub(rf"([^\W\d]){_DASH}([^\W\d])", lambda found: found[1] + _(" to ") + found[2], said)
    said = re.sub(rf"(\d){_DASH}(\d)", r"\1–\2", said)
    return re.sub(_DASH, " – ", said) if re.search(r"\d\s*[-–]\s*[^\W\d]", said) else said


def hours_said(hours: Hours | None) -> str:
    if hours is None:
        return _("round the clock")
    place = hours.zone.rpartition("/")[2].replace("_", " ")
    said = f"{windows_said(hours.text)} {place}"
    count = len(hours.holidays)
    if not count:
        return said
    without = ngettext("without %(n)d holiday", "without %(n)d holidays", count) % {"n": count}
    return f"{said} ({without})"


def terms_said(terms: Iterable[Term]) -> str:
    """All of them in half a sentence; those that share their hours say them once."""
    parts = [
        ", ".join([*(term_said(term) for term in some), hours_said(hours)])
        for hours, some in groupby(terms, key=lambda term: term.hours)
    ]
    return "; ".join(parts)


def on_record(promised: Iterable[Mapping[str, Any]]) -> str:
    """The same from what an entry keeps."""
    return terms_said(Term.of(plain) for plain in promised)
