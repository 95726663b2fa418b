"""Times as they are said on the pages of who is on call: no longer than they need to be."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

register = template.Library()
NEAR = timedelta(days=6)


@register.filter
def moment(at: datetime, now: datetime) -> str:
    """17:00 today, Fri 17:00 in the coming days, else with its date; on the clock that is active."""
    there, here = timezone.localtime(at), timezone.localtime(now.replace())  # a page's "now" is lazy; a copy is not
    if there.date() == here.date():
        return date_format(there, "H:i")
    days = (there.date() - here.date()).days
    if 0 < days <= NEAR.days:
        return date_format(there, "D H:i")
    return date_format(there, "D j M H:i" if there.year == here.year else "D j M Y H:i")


@register.filter
def upto(end: datetime, start: datetime) -> str:
    """The end of a span: without its day if that is the day it began."""
    there, first = timezone.localtime(end), timezone.localtime(start)
    if there.date() == first.date():
        return date_format(there, "H:i")
    return date_format(there, "D H:i" if (there.date() - first.date()).days <= NEAR.days else "D j M H:i")


@register.filter
def first_names(people) -> str:
    """Jo, or Jo and Lena: short enough for a bar."""
    return get_text_list([person.get_short_name() for person in people], _("and"))
