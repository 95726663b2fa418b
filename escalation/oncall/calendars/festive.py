"""Which days of a calendar are holidays, by name: what is drawn and said beside the shifts."""

from collections import defaultdict
from datetime import date, datetime, timedelta, tzinfo

from django.utils.translation import gettext as _

from ..models import Schedule
from ..wall import shown
from .outside import OutsideDate

MOST = 2  # names of one day
MOST_DAYS = 366  # of one holiday
_INSTANT = timedelta(microseconds=1)


def days(schedule: Schedule, since: datetime, until: datetime, zone: tzinfo) -> dict[date, str]:
    """The days on which the wall of ``zone`` shows a holiday of the schedule, within [since, until). One query."""
    dates = OutsideDate.objects.filter(calendar__schedule=schedule, starts_at__lt=until, ends_at__gt=since)
    found: dict[date, list[str]] = defaultdict(list)
    for start, end, title in dates.order_by("starts_at", "id").values_list("starts_at", "ends_at", "title"):
        first, last = shown(max(start, since), zone).date(), shown(min(end, until) - _INSTANT, zone).date()
        for number in range(min((last - first).days + 1, MOST_DAYS)):
            found[first + timedelta(days=number)].append(title or _("Holiday"))
    return {day: ", ".join(list(dict.fromkeys(titles))[:MOST]) for day, titles in found.items()}
