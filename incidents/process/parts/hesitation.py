"""How often the signs said to escalate and nobody did, of the team's incidents that were resolved: as measures say."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Summary
from incidents.models.access import sees_all

from ..part import Look, Part, Period, Standing, compared, short

WEEKS = 12  # in the picture
Days = dict[date, tuple[int, int]]  # warned, hesitated


def part(look: Look) -> Part:
    title, period = _("Hesitation"), look.period
    days = _days(look)
    url = _address(look, period) if look.compares else ""
    warned, hesitated = _sum(days, period)
    if not days:
        said = _("No incident of this team was resolved in twelve weeks.")
        return short("hesitation", title, Standing.NONE, said, url, _("Measures"))
    if not any(some for some, _n in days.values()):
        said = _("The signs said of no incident that was resolved in twelve weeks: escalate now.")
        return short("hesitation", title, Standing.GOOD, said, url, _("Measures"))
    _warned, was = _sum(days, period.before)
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
        drawn=_drawn(days, period.until),
        url=url,
        link=_("Measures"),
    )


def _days(look: Look) -> Days:
    first = look.period.until - timedelta(days=7 * WEEKS - 1)
    rows = Summary.objects.filter(team=look.team, resolved_on__range=(first, look.period.until))
    rows = rows if sees_all(look.reader) else rows.visible_to(look.reader)
    counted = rows.order_by().values_list("resolved_on")
    counted = counted.annotate(
        warned=Count("pk", filter=Q(warned_s__isnull=False)), hesitated=Count("pk", filter=Q(hesitated=True))
    )
    return {on: (warned, hesitated) for on, warned, hesitated in counted}


def _sum(days: Days, period: Period) -> tuple[int, int]:
    found: Counter[str] = Counter()
    for on, (warned, hesitated) in days.items():
        if on in period:
            found.update(warned=warned, hesitated=hesitated)
    return found["warned"], found["hesitated"]


def _standing(warned: int, hesitated: int) -> Standing:
    if hesitated >= 2 and 2 * hesitated >= warned:
        return Standing.ACT
    return Standing.LOOK if hesitated else Standing.GOOD


def _sentence(warned: int, hesitated: int, here: str) -> str:
    said = {"n": hesitated, "warned": warned, "when": here}
    if hesitated:
        words = ngettext(
            "The one time that the signs said to escalate %(when)s, nobody did: read it together.",
            "%(n)d of %(warned)d times that the signs said to escalate %(when)s, nobody did: read them together.",
            warned,
        )
        return words % said
    if warned:
        return _("Whenever the signs said to escalate %(when)s, somebody answered.") % said
    return _("The signs did not say to escalate %(when)s.") % said


def _address(look: Look, period: Period) -> str:
    said = {"since": period.since, "until": period.until, "team": look.team, "only": "hesitated"}
    return f"{reverse('measured')}?{urlencode(said)}"


def _drawn(days: Days, until: date) -> dict[str, Any]:
    """A column for each week, the last one ends with the period; a hundred high."""
    weeks = [Period(until - timedelta(days=7 * n + 6), until - timedelta(days=7 * n)) for n in range(WEEKS)][::-1]
    sums = [_sum(days, week) for week in weeks]
    most = max(warned for warned, _n in sums)
    columns = [
        {"x": 20 * at + 3, "first": week.since, "warned": warned, "hesitated": hesitated}
        | {"all": _part(warned, most), "part": _part(hesitated, most)}
        for at, (week, (warned, hesitated)) in enumerate(zip(weeks, sums, strict=True))
    ]
    return {"columns": columns, "width": 20 * WEEKS, "first": weeks[0].since, "last": until, "most": most}


def _part(n: int, most: int) -> dict[str, int]:
    height = round(100 * n / most) if most else 0
    return {"y": 100 - height, "height": height}
