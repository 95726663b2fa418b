"""How often the signs said to escalate and nobody did, of the team's incidents that were resolved: as measures say."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..part import Look, Part, Standing, short
from ..period import Period, compared
from ..rows import WEEKS, Warned


def part(look: Look) -> Part:
    title, period, rows = _("Hesitation"), look.period, look.rows.warned
    url, link = _address(look, period) if look.compares else "", _("Measures")
    if not rows:
        said = _("The signs said of no incident that was resolved in twelve weeks: escalate now.")
        return short("hesitation", title, Standing.GOOD, said, url, link)
    (warned, hesitated), (_warned, was) = _sums(rows, period), _sums(rows, period.before)
    return Part(
        "hesitation",
        title,
        _standing(warned, hesitated),
        _sentence(warned, hesitated, period.said),
        number=hesitated,
        unit=ngettext(
            "of %(n)d incident of which the signs said: escalate now",
            "of %(n)d incidents of which the signs said: escalate now",
            warned,
        )
        % {"n": warned},
        change=compared(hesitated, was, period.said_before),
        picture="process/weeks.html",
        drawn=_drawn(rows, period.until),
        url=url,
        link=link,
    )


def _sums(rows: Sequence[Warned], period: Period) -> tuple[int, int]:
    """Of how many the signs warned, and how often nobody escalated."""
    found = [row.hesitated for row in rows if row.on in period]
    return len(found), sum(found)


def _standing(warned: int, hesitated: int) -> Standing:
    if hesitated >= 2 and 2 * hesitated >= warned:
        return Standing.ACT
    return Standing.LOOK if hesitated else Standing.GOOD


def _sentence(warned: int, hesitated: int, here: str) -> str:
    said = {"n": hesitated, "warned": warned, "when": here}
    if hesitated and warned == 1:
        return _("The one time that the signs said to escalate %(when)s, nobody did: read it together.") % said
    if hesitated:
        words = ngettext(
            "Of %(warned)d times that the signs said to escalate %(when)s, nobody did once: read it together.",
            "Of %(warned)d times that the signs said to escalate %(when)s, nobody did %(n)d times: read them together.",
            hesitated,
        )
        return words % said
    if warned:
        return _("Whenever the signs said to escalate %(when)s, somebody answered.") % said
    return _("The signs did not say to escalate %(when)s.") % said


def _address(look: Look, period: Period) -> str:
    said = {"since": period.since, "until": period.until, "team": look.team, "only": "hesitated"}
    return f"{reverse('measured')}?{urlencode(said)}"


def _drawn(rows: Sequence[Warned], until: date) -> dict[str, Any]:
    """A column for each week, the last one ends with the period; a hundred high."""
    weeks = [Period.ending(until - timedelta(days=7 * n), 1) for n in reversed(range(WEEKS))]
    sums = [_sums(rows, week) for week in weeks]
    most = max(warned for warned, _n in sums)
    columns = [
        {"x": 20 * at + 3, "first": week.since, "warned": warned, "hesitated": hesitated}
        | {"all": _part(warned, most), "missed": _part(hesitated, most)}
        for at, (week, (warned, hesitated)) in enumerate(zip(weeks, sums, strict=True))
    ]
    return {"columns": columns, "width": 20 * WEEKS, "first": weeks[0].since, "last": until, "most": most}


def _part(n: int, most: int) -> dict[str, int]:
    height = round(100 * n / most) if most else 0
    return {"y": 100 - height, "height": height}
