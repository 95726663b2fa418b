"""The times of a finding in words, on its schedule's wall."""

from collections.abc import Iterable
from datetime import datetime, time

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .checks import Finding
from .holes import AHEAD
from .spells import Spell, spells

MOST_SPELLS = 3


def when(one: Finding, now: datetime, most: int = MOST_SPELLS) -> str:
    """The times of a finding on its schedule's wall, the next ones first."""
    found = spells(one.gaps, one.zone, now, now + AHEAD)
    said = [_spell(spell) for spell in found[:most]]
    more = len(found) - most
    if more > 0:
        said.append(ngettext("%d more time", "%d more times", more) % more)
    zone = "" if one.zone == "UTC" else f" ({one.zone})"
    return "; ".join(said) + zone


def _spell(spell: Spell) -> str:
    start, end = spell.start, spell.end
    if spell.under_way:
        if spell.endless:
            return _("from now on, for %d days at least") % AHEAD.days
        return _("now, until %(end)s") % {"end": instant(end)}
    if spell.endless:
        return _("from %(start)s on") % {"start": instant(start)}
    if spell.again:
        return _again(spell)
    if _within_a_day(spell):
        return _("on %(day)s %(from)s–%(until)s") % {"day": date_format(start, "j F"), **_times(spell)}
    return _("from %(start)s until %(end)s") % {"start": instant(start), "end": instant(end)}


def _again(spell: Spell) -> str:
    following = date_format(spell.start, "j F")
    if not _within_a_day(spell):
        days = {"begins": _days(spell.weekdays), "ends": _days([(day + spell.days) % 7 for day in spell.weekdays])}
        said = _("from %(begins)s %(from)s until %(ends)s %(until)s, next %(day)s")
        return said % {**days, **_times(spell), "day": following}
    if len(spell.weekdays) == 7:
        return _("every day %(from)s–%(until)s, next %(day)s") % {**_times(spell), "day": following}
    said = _("on %(days)s %(from)s–%(until)s, next %(day)s")
    return said % {"days": _days(spell.weekdays), **_times(spell), "day": following}


def _within_a_day(spell: Spell) -> bool:
    """Also over a midnight; but a whole day is told with both of its days, unless it is one of the calendar's."""
    return spell.days == 0 or (
        spell.days == 1 and (spell.end.time() < spell.start.time() or spell.end.time() == time.min)
    )


def _times(spell: Spell) -> dict[str, str]:
    until = _("24:00") if spell.days == 1 and spell.end.hour == spell.end.minute == 0 else f"{spell.end:%H:%M}"
    return {"from": f"{spell.start:%H:%M}", "until": until}


def _days(days: Iterable[int]) -> str:
    names = [_("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"), _("Saturdays"), _("Sundays")]
    return get_text_list([names[day] for day in sorted(days)], _("and"))


def instant(at: datetime) -> str:
    return f"{date_format(at, 'j F')} {at:%H:%M}"
