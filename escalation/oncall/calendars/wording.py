"""Absences and holidays as a page says them, on the viewer's clock."""

from datetime import time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..spans import Span
from .absences import Away, Holiday

_SHOWN = 3  # turns of one absence; the others are counted


def span(one: Span) -> str:
    """Whole days by their first and last, anything else to the minute."""
    start, end = timezone.localtime(one.start), timezone.localtime(one.end)
    if start.time() == end.time() == time():
        first, last = (date_format(day, "D j M") for day in (start, end - timedelta(days=1)))
        return first if first == last else f"{first} – {last}"
    closes = "H:i" if start.date() == end.date() else "D j M H:i"
    return f"{date_format(start, 'D j M H:i')} – {date_format(end, closes)}"


def sentence(one: Away) -> str:
    """Who is away when, and when that person is on call all the same."""
    turns = [span(turn) for turn in one.on_call]
    more = len(turns) - _SHOWN
    if more > 0:
        rest = ngettext("%(n)d more time", "%(n)d more times", more) % {"n": more}
        turns = [*turns[:_SHOWN], rest]
    said = _("%(name)s is away %(away)s, on call %(turns)s")
    return said % {"name": one.person.name, "away": span(one.away), "turns": ", ".join(turns)}


def holiday(one: Holiday) -> dict[str, Any]:
    return {"title": one.title, "span": span(one.span), "people": [person.name for person in one.people]}
